"""slides.csv → which slides, and which features or coordinates of their regions, belong to which patient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.table import RawTable, find_repeated, read_table

FEATURE_SUFFIXES = (".h5", ".hdf5", ".pt")
"""How the names of feature files end. In the column `file`, such a name stands for features without an image."""

COORDINATE_SUFFIXES = (".h5", ".hdf5")
"""How the names of coordinate files end."""


class SlideRow(NamedTuple):
    """One slide. Without an image `file` is the feature file, without features `features` is empty."""

    patient: str
    slide: str  # stem of the listed file
    file: str  # absolute
    features: str  # absolute
    mpp: float  # micrometres a level-0 pixel, as slides.csv states it; NaN where it does not
    coordinates: str = ""  # absolute: where TRIDENT or CLAM found the regions to be cut; empty: our own grid


COLUMNS = list(SlideRow._fields)

PATHS = ("file", "features", "coordinates")
"""The columns of slides.csv that name files."""


@dataclass(frozen=True)
class _Cells:
    """One line of the table, as it stands there."""

    row: int
    patient: str
    file: str
    features: str
    mpp: str
    coordinates: str


def read_slides(folder: Path, file: str, problems: Problems) -> pd.DataFrame:
    """Columns as `SlideRow`, sorted; without slides that are not there.

    A slide whose image is not on this disk goes on with its features; one whose coordinates are not there is left out.
    Slides of normal tissue, by the patient column's barcode, are not used.

    Args:
        file: the table, relative to the folder; its paths are relative to the folder too, or absolute.
    """
    table = read_table(folder / file, file, problems)
    if table is None:
        return _as_frame([])
    if "file" not in table.columns:
        problems.error(file, f"has no column 'file'; it has {enumerate_some(table.columns)}.", row=1)
        return _as_frame([])
    lines = _read_lines(table)
    _check_names(lines, file, problems)
    _check_mixture(lines, file, problems)
    _check_scales(lines, file, problems)
    found = [row for line in lines if (row := _read_row(line, file, folder, problems)) is not None]
    return _as_frame(found)


def has_image(slides: pd.DataFrame) -> pd.Series:
    """(n,) bool: which rows of `read_slides` name a slide image, and not only features."""
    return slides["file"] != slides["features"]


def _as_frame(rows: list[SlideRow]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"mpp": float})
    return frame.sort_values(["patient", "slide"], ignore_index=True)


def _read_lines(table: RawTable) -> list[_Cells]:
    columns = [_column(table, name) for name in ("file", "features", "mpp", "coordinates")]
    return [_Cells(*line) for line in zip(table.rows, table.labels, *columns, strict=True)]


def _column(table: RawTable, name: str) -> list[str]:
    """Stripped text; empty where there is no value, or no such column."""
    if name not in table.columns:
        return [""] * len(table.rows)
    cells = table.cells[table.columns.index(name)]
    return ["" if pd.isna(cell) else str(cell).strip() for cell in cells]


def _check_names(lines: list[_Cells], file: str, problems: Problems) -> None:
    rows = [line.row for line in lines]
    for stem, places in find_repeated([Path(line.file).stem for line in lines], rows).items():
        listed = " and ".join(map(str, places))
        problems.error(file, f"is the slide of rows {listed}: every slide needs a name of its own.",
                       row=places[1], column="file", value=stem)  # fmt: skip
    for column in ("features", "coordinates"):
        for name, places in find_repeated([getattr(line, column) for line in lines], rows).items():
            listed = " and ".join(map(str, places))
            problems.error(file, f"has the {column} of rows {listed}: every slide has a file of its own for them.",
                           row=places[1], column=column, value=name)  # fmt: skip


def _check_mixture(lines: list[_Cells], file: str, problems: Problems) -> None:
    """Features are there for every slide or for none: a model reads one or the other."""
    without = [line for line in lines if line.file and not _name_features(line)]
    count = sum(1 for line in lines if _name_features(line))
    if without and count:
        problems.error(
            file,
            f"has no features, which {count} of {len(lines)} slides have: name its feature file, or take out either "
            "kind.",
            row=without[0].row, column="features", value=without[0].file,
        )  # fmt: skip


def _check_scales(lines: list[_Cells], file: str, problems: Problems) -> None:
    """Coordinates may be there for some slides only, but their regions are seldom as large as ours."""
    without = [line for line in lines if line.file and not line.coordinates]
    if without and len(without) < len(lines):
        problems.warning(
            file,
            f"has no coordinates, which {len(lines) - len(without)} of {len(lines)} slides have: its regions are cut "
            "by the settings, and may be larger or smaller than theirs.",
            row=without[0].row, column="coordinates", value=without[0].file,
        )  # fmt: skip


def _name_features(line: _Cells) -> str:
    return line.features or (line.file if line.file.lower().endswith(FEATURE_SUFFIXES) else "")


def _read_row(line: _Cells, table: str, folder: Path, problems: Problems) -> SlideRow | None:
    if not line.patient or not line.file:
        column = None if line.file else "file"
        problems.error(table, "a slide needs a patient and a file.", row=line.row, column=column)
        return None
    code = parse_barcode(line.patient)
    if not code.is_tumour:
        problems.warning(table, "is no tumour sample: its slide is not used.", row=line.row, value=line.patient)
        return None
    mpp = _read_mpp(line, table, problems)
    paths = _find_files(line, table, folder, problems)
    coordinates = None if paths is None else _find_coordinates(line, table, folder, problems)
    if paths is None or coordinates is None:
        return None
    return SlideRow(code.patient, Path(line.file).stem, *paths, mpp, coordinates)


def _find_files(line: _Cells, table: str, folder: Path, problems: Problems) -> tuple[str, str] | None:
    """The slide's file and its feature file, or None if what a model would read is not there."""
    named = _name_features(line)
    if named and not named.lower().endswith(FEATURE_SUFFIXES):
        problems.error(table, f"is no feature file: its name should end in {', '.join(FEATURE_SUFFIXES)}.",
                       row=line.row, column="features", value=named)  # fmt: skip
        return None
    image, features = (folder / line.file).absolute(), (folder / named).absolute()
    needed, column = (features, "features" if line.features else "file") if named else (image, "file")
    if not needed.is_file():
        problems.warning(
            table, "is not on this disk: the patient goes on without this slide.",
            row=line.row, column=column, value=named or line.file,
        )  # fmt: skip
        return None
    if not image.is_file():
        problems.warning(
            table, "is not on this disk: the slide's features are used, and there is no picture to look at.",
            row=line.row, column="file", value=line.file,
        )  # fmt: skip
        return str(features), str(features)
    return str(image), str(features) if named else ""


def _find_coordinates(line: _Cells, table: str, folder: Path, problems: Problems) -> str | None:
    """The slide's coordinate file, empty if none is named, or None if it is not there or cannot be used."""
    if not line.coordinates:
        return ""
    if doubt := _doubt_coordinates(line):
        problems.error(table, doubt, row=line.row, column="coordinates", value=line.coordinates)
        return None
    path = (folder / line.coordinates).absolute()
    if not path.is_file():
        problems.warning(
            table, "is not on this disk: the patient goes on without this slide.",
            row=line.row, column="coordinates", value=line.coordinates,
        )  # fmt: skip
        return None
    return str(path)


def _doubt_coordinates(line: _Cells) -> str:
    """What forbids this coordinate file, by its name and its row; empty if nothing does."""
    if _name_features(line):
        return "is named beside features, which lie where they were extracted: leave one of the two columns empty."
    if not line.coordinates.lower().endswith(COORDINATE_SUFFIXES):
        return f"is no coordinate file: its name should end in {', '.join(COORDINATE_SUFFIXES)}."
    return ""


def _read_mpp(line: _Cells, table: str, problems: Problems) -> float:
    """NaN where nothing is stated, or nothing that can be."""
    if not line.mpp:
        return math.nan
    try:
        value = float(line.mpp)
    except ValueError:
        value = math.nan
    if 0 < value < math.inf:
        return value
    problems.error(
        table, "is no positive number of micrometres a pixel: correct it, or leave it empty for what the scanner said.",
        row=line.row, column="mpp", value=line.mpp,
    )  # fmt: skip
    return math.nan
