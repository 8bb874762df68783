"""slides.csv → which slide files belong to which patient."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.table import RawTable, find_repeated, read_table

COLUMNS = ["patient", "slide", "file"]


def read_slides(folder: Path, file: str, problems: Problems) -> pd.DataFrame:
    """Columns patient, slide (stem of the file), file (absolute), sorted; without slides that are not there.

    Slides of normal tissue, by the patient column's barcode, are not used.

    Args:
        file: the table, relative to the folder; its paths are relative to the folder too, or absolute.
    """
    table = read_table(folder / file, file, problems)
    if table is None:
        return pd.DataFrame(columns=COLUMNS)
    if "file" not in table.columns:
        problems.error(file, f"has no column 'file'; it has {enumerate_some(table.columns)}.", row=1)
        return pd.DataFrame(columns=COLUMNS)
    found = [row for row in _read_rows(table, folder, problems) if row is not None]
    return pd.DataFrame(found, columns=COLUMNS).sort_values(["patient", "slide"], ignore_index=True)


def _read_rows(table: RawTable, folder: Path, problems: Problems) -> list[tuple[str, str, str] | None]:
    cells = table.cells[table.columns.index("file")]
    names = ["" if pd.isna(cell) else str(cell).strip() for cell in cells]
    for stem, rows in find_repeated([Path(name).stem for name in names], table.rows).items():
        listed = " and ".join(str(row) for row in rows)
        problems.error(table.file, f"is the slide of rows {listed}: every slide needs a name of its own.",
                       row=rows[1], column="file", value=stem)  # fmt: skip
    lines = zip(table.rows, table.labels, names, strict=True)
    return [_read_row(table.file, row, label, name, folder, problems) for row, label, name in lines]


def _read_row(
    table: str, row: int, label: str, name: str, folder: Path, problems: Problems
) -> tuple[str, str, str] | None:
    if not label or not name:
        problems.error(table, "a slide needs a patient and a file.", row=row, column=None if name else "file")
        return None
    code, path = parse_barcode(label), (folder / name).absolute()
    if not code.is_tumour:
        problems.warning(table, "is no tumour sample: its slide is not used.", row=row, value=label)
        return None
    if not path.is_file():
        problems.warning(
            table, "is not on this disk: the patient goes on without this slide.", row=row, column="file", value=name
        )
        return None
    return code.patient, path.stem, str(path)
