"""Some rows of a table, enough to tell what it is."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pomp.data.readers.table import MISSING, has_row_numbers, id_text, separator_of

ROWS = 200
CELLS = 1_000_000
"""A row of a methylation array holds half a million: of such tables only the first rows are looked at."""

_FEWEST = 5
_LINE = 32_000_000
"""Characters that a line may have. The header of the longest array of methylation has 20 million."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Head:
    """Some hundred rows, the first below the header or spread over the file; fewer of very wide tables."""

    columns: list[str]  # (m,) beside the labels
    labels: list[str]  # (n,) the first column
    first: str  # the name above the labels, possibly empty
    cells: pd.DataFrame  # (n, m) text, "" where there is no value; integer axes

    @cached_property
    def numbers(self) -> np.ndarray:
        """(n, m) float64; NaN where a cell holds none."""
        flat = pd.Series(self.cells.to_numpy(object).ravel())
        return np.asarray(pd.to_numeric(flat, errors="coerce"), dtype=np.float64).reshape(self.cells.shape)

    @property
    def has_values(self) -> bool:
        return bool((self.cells != "").to_numpy().any())

    @property
    def is_numeric(self) -> bool:
        """Whether nineteen in twenty of its values are numbers."""
        values = int((self.cells != "").to_numpy().sum())
        return values > 0 and int((~np.isnan(self.numbers)).sum()) >= 0.95 * values

    def column(self, name: str) -> list[str]:
        return self.cells[self.columns.index(name)].tolist()


def read_head(path: Path) -> Head | None:
    """The head of a csv, tsv or parquet file, packed or not; None if the file is no such table."""
    try:
        if path.name.lower().endswith(".parquet"):
            return _read_parquet(path)
        separator = separator_of(path.name)
        return None if separator is None else _read_text(path, separator)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error, pa.ArrowException):
        return None


def read_spread(path: Path, head: Head) -> Head:
    """The head of this file with rows from all over it in place of the first; itself where it has no more.

    The whole file is gone through. Lines that are no rows of that width are passed over.
    """
    try:
        if path.name.lower().endswith(".parquet"):
            return _spread_parquet(path) or head
        separator = separator_of(path.name)
        return head if separator is None else _spread_text(path, separator, head)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error, pa.ArrowException):
        return head  # torn further down: whoever reads all of it says so


def _spread_text(path: Path, separator: str, head: Head) -> Head:
    width = len(head.columns) + 1
    with _opened(path) as file:
        lines = _thin_out(islice(_bounded(file), 1, None), _rows(width))
    rows = [row for line in lines for row in csv.reader([line], delimiter=separator) if len(row) == width]
    rows = [_plain(row) for row in rows]
    if not rows:
        return head
    cells = pd.DataFrame([row[1:] for row in rows], columns=range(width - 1), dtype=object)
    return Head(head.columns, [row[0] for row in rows], head.first, cells)


def _thin_out(lines: Iterable[str], count: int) -> list[str]:
    """At least so many of them if there are, and fewer than twice as many, at equal distances."""
    kept: list[str] = []
    step = 1
    for place, line in enumerate(lines):
        if place % step == 0:
            kept.append(line)
            if len(kept) == 2 * count:
                kept, step = kept[::2], 2 * step
    return kept


def _spread_parquet(path: Path) -> Head | None:
    content = parquet.ParquetFile(path)
    count, start, taken = _rows(len(content.schema_arrow)), 0, []
    places = np.unique(np.linspace(0, content.metadata.num_rows - 1, count).astype(np.int64))
    for batch in content.iter_batches(batch_size=count):
        inside = places[(places >= start) & (places < start + len(batch))] - start
        taken += [batch.take(pa.array(inside))] if len(inside) else []
        start += len(batch)
    return _as_head(content, taken, places)


def _read_text(path: Path, separator: str) -> Head | None:
    lines = _lines(path, separator)
    header = next(lines, [])
    body = list(islice(lines, _rows(len(header))))
    if not body or len(header) < 2:
        return None
    if len(body[0]) == len(header) + 1 and any(row[len(header) :] != [""] for row in body):
        header = ["", *header]  # as R's write.table does, unless each line ends in a separator
    body = [row[: len(header)] + [""] * (len(header) - len(row)) for row in body if any(row)]
    cells = pd.DataFrame([row[1:] for row in body], columns=range(len(header) - 1), dtype=object)
    return Head([name.strip() for name in header[1:]], [row[0] for row in body], header[0].strip(), cells)


def _rows(width: int) -> int:
    return min(ROWS, max(_FEWEST, CELLS // max(width, 1)))


def _lines(path: Path, separator: str) -> Iterator[list[str]]:
    with _opened(path) as file:
        for row in csv.reader(_bounded(file), delimiter=separator):
            yield _plain(row)


def _plain(row: Sequence[str]) -> list[str]:
    """Without blanks about the cells; empty where there is no value."""
    return ["" if cell.strip() in MISSING else cell.strip() for cell in row]


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOWrapper]:
    with path.open("rb") as probe:
        packed = probe.read(2) == _GZIP
    with gzip.open(path) if packed else path.open("rb") as content:
        yield io.TextIOWrapper(content, encoding="utf-8-sig", newline="")


def _bounded(file: io.TextIOWrapper) -> Iterator[str]:
    """Its lines. A small packed file may hold one of gigabytes, which no table has.

    Raises:
        csv.Error: a line is too long.
    """
    while line := file.readline(_LINE):
        if len(line) == _LINE:
            raise csv.Error(f"line of over {_LINE} characters")
        yield line


def _read_parquet(path: Path) -> Head | None:
    content = parquet.ParquetFile(path)
    batch = next(content.iter_batches(batch_size=_rows(len(content.schema_arrow))), None)
    return None if batch is None else _as_head(content, [batch], np.arange(len(batch)))


def _as_head(content: Any, batches: Sequence[Any], places: np.ndarray) -> Head | None:
    """Some rows of a parquet file, and which they are."""
    frame = pa.Table.from_batches(batches).to_pandas()
    for index in (content.schema_arrow.pandas_metadata or {}).get("index_columns", []):
        # Consecutive ids are kept as a range, which holds for all rows of a file and not for some.
        if isinstance(index, dict) and index["name"] is not None:
            frame.index = pd.Index(index["start"] + index["step"] * places, name=index["name"])
    first = str(frame.index.name or "")
    if has_row_numbers(frame) and len(frame.columns):
        first = str(frame.columns[0])
        frame = frame.set_index(frame.columns[0])
    if frame.empty:
        return None
    cells = frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True)
    text = cells.astype(object).where(cells.notna(), "").map(str)
    return Head([str(name) for name in frame.columns], [id_text(label) for label in frame.index], first, text)
