"""The first rows of a table, enough to tell what it is."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pomp.data.readers.table import MISSING, separator_of

ROWS = 200
CELLS = 1_000_000
"""A row of a methylation array holds half a million: of such tables only the first rows are looked at."""

_FEWEST = 5
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Head:
    """At most 200 rows below the header, and fewer of very wide tables."""

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


def _read_text(path: Path, separator: str) -> Head | None:
    lines = _lines(path, separator)
    header = next(lines, [])
    body = list(islice(lines, _rows(len(header))))
    if not body:
        return None
    if len(body[0]) == len(header) + 1 and any(row[len(header) :] != [""] for row in body):
        header = ["", *header]  # as R's write.table does, unless each line ends in a separator
    if len(header) < 2:
        return None
    body = [row[: len(header)] + [""] * (len(header) - len(row)) for row in body if any(row)]
    cells = pd.DataFrame([row[1:] for row in body], columns=range(len(header) - 1), dtype=object)
    return Head([name.strip() for name in header[1:]], [row[0] for row in body], header[0].strip(), cells)


def _rows(width: int) -> int:
    return min(ROWS, max(_FEWEST, CELLS // max(width, 1)))


def _lines(path: Path, separator: str) -> Iterator[list[str]]:
    with path.open("rb") as probe:
        packed = probe.read(2) == _GZIP
    with gzip.open(path) if packed else path.open("rb") as content:
        file = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
        for row in csv.reader(file, delimiter=separator):
            yield ["" if cell.strip() in MISSING else cell.strip() for cell in row]


def _read_parquet(path: Path) -> Head | None:
    content = parquet.ParquetFile(path)
    batch = next(content.iter_batches(batch_size=_rows(len(content.schema_arrow))), None)
    if batch is None:
        return None
    frame = pa.Table.from_batches([batch]).to_pandas()
    first = str(frame.index.name or "")
    if isinstance(frame.index, pd.RangeIndex) and len(frame.columns):
        first = str(frame.columns[0])
        frame = frame.set_index(frame.columns[0])
    if frame.empty:
        return None
    cells = frame.set_axis(range(frame.shape[1]), axis=1).reset_index(drop=True)
    text = cells.astype(object).where(cells.notna(), "").map(str)
    return Head([str(name) for name in frame.columns], [str(label) for label in frame.index], first, text)
