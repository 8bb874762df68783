"""One table file → labels, column names and cells, with nothing assumed about what they mean."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.wording import agree, count, has_breaks

# Without a suffix, or with its ".by_genes", is how Xena names its tab-separated tables.
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".tab": "\t", "": "\t", ".by_genes": "\t"}
_FORMATS = ".csv, .tsv or .parquet, the first two also with .gz"
MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
"""How a cell without a value is written."""

PATIENT_COLUMNS = ("_PATIENT", "bcr_patient_barcode", "patient", "patient_id", "case_submitter_id")
"""Columns that name the patient where the first column names a sample; Xena's, TCGA's, the GDC's."""

SAMPLE_COLUMNS = ("sample", "sampleID", "submitter_id", "submitter_id.samples")
"""Columns that name the sample."""

SLIDE_COLUMNS = ("slide_id", "slide", "file", "filename")
"""Columns that name the slide in tables such as CLAM's."""

_TEXT = frozenset({*PATIENT_COLUMNS, *SAMPLE_COLUMNS, *SLIDE_COLUMNS, "case_id", "used"})
"""Columns of names, of which a number would lose its leading zeros."""

_PEOPLE = frozenset({"patient", "sample"})
_BREAKS = "holds a line break or a tab, which cannot be in the name of a"
_WRITE_AGAIN = "take it out, in all tables alike."

_QUOTED = re.compile(r'"[^"]*"')
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon"}


class UnreadableTableError(Exception):
    """The file as a whole cannot be read. Caught by `read_table`, which turns it into a problem."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file; n rows below the header, m columns beside the labels."""

    file: str
    rows: list[int]  # (n,) row of each line as a spreadsheet counts: the header is row 1
    labels: list[str]  # (n,) the first column, stripped
    columns: list[str]  # (m,) the header without its first field, stripped
    cells: pd.DataFrame  # (n, m), integer axes; text only in columns that are not all numbers


def read_table(path: Path, file: str, problems: Problems) -> RawTable | None:
    """Read csv, tsv or parquet, compressed by gzip or not; None, with the reason in `problems`, where that fails.

    Args:
        path: where the file lies.
        file: what problems call it.
    """
    try:
        table = _read(path, file)
    except FileNotFoundError:
        problems.error(file, f"there is no such file in {path.parent}.")
        return None
    except (OSError, EOFError, zlib.error) as error:
        problems.error(file, f"cannot be read: {error}. Is it complete?")
        return None
    except UnreadableTableError as error:
        problems.error(file, str(error), row=error.row)
        return None
    return _without_blank_rows(table)


def separator_of(file: str) -> str | None:
    """What stands between the fields of a text file of that name; None if the name is no text table's."""
    return _SEPARATORS.get(_suffix(file))


def is_table_name(file: str) -> bool:
    """Whether the suffix is a table's. Xena's tables without one are named like anything else."""
    suffix = _suffix(file)
    return bool(suffix) and (suffix in _SEPARATORS or suffix == ".parquet")


def _suffix(file: str) -> str:
    # Command-line downloads keep the slash of an address: TCGA.LIHC.sampleMap%2FHiSeqV2.gz has no suffix but .gz.
    return Path(file.lower().rpartition("%2f")[2].removesuffix(".gz")).suffix


def _read(path: Path, file: str) -> RawTable:
    suffix = _suffix(file)
    if suffix != ".parquet" and suffix not in _SEPARATORS:
        raise UnreadableTableError(f"'{suffix}' is no table format that is read here: save it as {_FORMATS}.")
    content = path.read_bytes()
    if not content:
        raise UnreadableTableError("the file is empty.")
    if suffix == ".parquet":
        return _parse_parquet(content, file)
    # By its first bytes, not its name: browsers unpack files and leave the name.
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableTableError(
            f"is not UTF-8 text (byte {error.start}). Save it as 'CSV UTF-8', or name it after its format: {_FORMATS}."
        ) from None
    content = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    return _parse_text(content, file, _SEPARATORS[suffix])


def _parse_parquet(content: bytes, file: str) -> RawTable:
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise UnreadableTableError(f"cannot be read as parquet: {error}") from None
    if has_row_numbers(frame) and len(frame.columns):
        frame = frame.set_index(frame.columns[0])
    if frame.empty:
        raise UnreadableTableError("the file has no rows, or no column beside the first.")
    labels = [id_text(label) for label in frame.index]
    columns = [str(name).strip() for name in frame.columns]
    cells = frame.set_axis(range(len(columns)), axis=1).reset_index(drop=True)
    for place in [place for place, name in enumerate(columns) if name in _TEXT]:
        cells[place] = cells[place].astype(object).map(id_text, na_action="ignore")
    return RawTable(file, list(range(2, len(labels) + 2)), labels, columns, cells)


def id_text(cell: Any) -> str:
    """An id as text, empty where it is missing. Where some are missing, whole numbers are kept as 7.0, and mean 7."""
    if isinstance(cell, float | np.floating) and cell.is_integer():
        return f"{cell:.0f}"
    return "" if pd.isna(cell) else str(cell).strip()


def has_row_numbers(frame: pd.DataFrame) -> bool:
    """Whether the index only counts the rows. Consecutive ids are a range as well, under a name."""
    return isinstance(frame.index, pd.RangeIndex) and frame.index.name is None


def _parse_text(content: bytes, file: str, separator: str) -> RawTable:
    """UTF-8 with line feeds alone. It may be gigabytes: nothing here copies it, or splits it into lines at once."""
    body = io.BytesIO(content)
    header_line = body.readline().decode().rstrip("\n")
    start = body.tell()
    if not header_line.strip():
        raise UnreadableTableError("the first line, which should name the columns, is empty.", row=1)
    _check_separator(header_line, separator)
    try:
        header = next(csv.reader([header_line], delimiter=separator))
    except csv.Error as error:
        raise UnreadableTableError(f"cannot be read: {error}", row=1) from None
    if not any(line.strip() for line in body):
        raise UnreadableTableError("the file has a header and no rows.")
    body.seek(start)
    unnamed = count_fields(body.readline().decode(), separator) == len(header) + 1
    if unnamed:
        header = ["", *header]  # as R's write.table does: no name above the row names
    body.seek(start)
    _check_widths(body, len(header), separator)
    body.seek(start)
    try:
        frame = pd.read_csv(
            body, sep=separator, header=None, names=range(len(header)),
            converters={0: str.strip}, skip_blank_lines=False, low_memory=False, float_precision="round_trip",
            keep_default_na=False, na_values=list(MISSING),
            dtype={place: object for place, name in enumerate(header) if place and name.strip() in _TEXT},
        )  # fmt: skip
    except pd.errors.ParserError as error:
        raise UnreadableTableError(f"cannot be read: {error}") from None
    if not isinstance(frame.index, pd.RangeIndex):  # where pandas puts fields too many
        raise UnreadableTableError(f"has rows with more fields than the {len(header)} of the header.")
    if unnamed and frame.iloc[:, -1].isna().all():  # taken for R's, every column would get its neighbour's values
        raise UnreadableTableError(
            f"has {len(header)} fields where the header has {len(header) - 1}, and the last is empty in every row. If "
            "each line ends in a separator, take it off; if the first column has no name, give it one.",
            row=2,
        )
    columns = [name.strip() for name in header[1:]]
    cells = frame.drop(columns=0).set_axis(range(len(columns)), axis=1)
    return RawTable(file, list(range(2, len(frame) + 2)), frame[0].tolist(), columns, cells)


def count_fields(line: str, separator: str) -> int:
    """How many fields a line has; a separator in quotes is none."""
    return (_QUOTED.sub("", line) if '"' in line else line).count(separator) + 1


def _check_separator(line: str, separator: str) -> None:
    if separator in line:
        return
    others = [name for mark, name in _NAMES.items() if mark != separator and mark in line]
    hint = f"; the first line holds a {others[0]}, is that the separator?" if others else "."
    raise UnreadableTableError(
        f"has one column only. Fields are separated by a comma in .csv and by a tab in .tsv{hint}", row=1
    )


def _check_widths(body: io.BytesIO, width: int, separator: str) -> None:
    """A line that is too short would be filled up with missing values without a word: a torn file, say."""
    start, wrong = body.tell(), []
    for row, line in enumerate(body, start=2):
        if line.count(b'"') % 2:  # a quoted field goes over several lines: lines are not rows
            body.seek(start)
            wrong = _wrong_records(body, width, separator)
            break
        found = count_fields(line.decode(), separator)
        if line != b"\n" and found != width:
            wrong.append((row, found))
    if wrong:
        row, found = wrong[0]
        others = len(wrong) - 1
        more = f" So {agree(others, 'has', 'have')} {count(others, 'more row')}." if others else ""
        raise UnreadableTableError(f"has {count(found, 'field')} where the header has {width}.{more}", row=row)


def _wrong_records(body: io.BytesIO, width: int, separator: str) -> list[tuple[int, int]]:
    """(row, fields) where there are too few or too many. What stands in quotes may go over several lines."""
    lines = (line.decode() for line in body)
    reader, row, wrong = csv.reader(lines, delimiter=separator, strict=True), 1, []
    try:
        for row, record in enumerate(reader, start=2):
            if record and len(record) != width:
                wrong.append((row, len(record)))
    except csv.Error:
        raise UnreadableTableError(
            "a quotation mark opens a field that does not end in one, so that the rows after it would be swallowed. "
            "Write a quotation mark within a text twice, or take it out.",
            row=row + 1,
        ) from None
    return wrong


def _without_blank_rows(table: RawTable) -> RawTable:
    """Rows without a label and without any value are how spreadsheets end a file."""
    labelled = pd.Series(table.labels, dtype=str) != ""
    keep = (labelled | table.cells.notna().any(axis=1)).to_numpy()
    if keep.all():
        return table
    return RawTable(
        table.file,
        [row for row, kept in zip(table.rows, keep, strict=True) if kept],
        [label for label, kept in zip(table.labels, keep, strict=True) if kept],
        table.columns,
        table.cells.loc[keep].reset_index(drop=True),
    )


def find_repeated(names: Sequence[str], places: Sequence[int]) -> dict[str, list[int]]:
    """The names that occur more than once, each with all its places; nameless ones not counted."""
    if len(set(names)) == len(names):
        return {}
    found: dict[str, list[int]] = {}
    for name, place in zip(names, places, strict=True):
        found.setdefault(name, []).append(place)
    return {name: at for name, at in found.items() if name and len(at) > 1}


def check_names(table: RawTable, row: str, column: str, problems: Problems) -> None:
    """Every row and column has a name of its own.

    Args:
        row: what a row is, such as "patient".
        column: what a column is, such as "gene".
    """
    for place, label in zip(table.rows, table.labels, strict=True):
        if not label:
            problems.error(table.file, f"the first field, which names the {row}, is empty.", row=place)
        elif row in _PEOPLE and has_breaks(label):
            problems.error(table.file, f"{_BREAKS} {row}: {_WRITE_AGAIN}", row=place, value=label)
    for name in table.columns if column in _PEOPLE else ():
        if has_breaks(name):
            problems.error(table.file, f"{_BREAKS} {column}: {_WRITE_AGAIN}", row=1, value=name)
    for label, rows in list(find_repeated(table.labels, table.rows).items())[:LISTED]:
        listed = " and ".join(str(place) for place in rows)
        problems.error(table.file, f"is a {row} in rows {listed}: keep one of them.", row=rows[1], value=label)
    places = list(range(2, len(table.columns) + 2))
    nameless = [str(place) for place, name in zip(places, table.columns, strict=True) if not name]
    if nameless:
        problems.error(table.file, f"no name in the header above column {enumerate_some(nameless)}.", row=1)
    for name, columns in list(find_repeated(table.columns, places).items())[:LISTED]:
        listed = " and ".join(str(place) for place in columns)
        problems.error(table.file, f"heads the columns {listed}: give each {column} its own name.", row=1, value=name)
