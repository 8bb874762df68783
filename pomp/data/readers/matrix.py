"""A table of nothing but numbers, read block by block: no cell is ever a Python object."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from pyarrow import parquet

from pomp.data.problems import Problems
from pomp.data.readers.table import MISSING, RawTable, count_fields, read_table, separator_of

BLOCK = 1 << 24
"""Bytes of text parsed at a time, at least; always some lines."""

_GZIP = b"\x1f\x8b"
_LINES = 8
_BATCH = 8192  # rows of a parquet file at a time


def read_matrix(path: Path, file: str, problems: Problems) -> RawTable | None:
    """A table whose cells should all be numbers or empty; `cells` is then one float64 block.

    Memory: at most about twice the numbers, eight bytes each. Where the text holds anything else (a word, a torn line,
    blank lines), it is read again by `read_table`, which says where; so both read the same numbers and say the same.

    Args:
        path: where the file lies.
        file: what problems call it.
    """
    separator = separator_of(file)
    if separator is not None:
        table = _read_text(path, file, separator)
    else:
        table = _read_parquet(path, file) if file.lower().endswith(".parquet") else None
    return read_table(path, file, problems) if table is None else table


def _read_text(path: Path, file: str, separator: str) -> RawTable | None:
    """The table, or None where it is anything but a header and full lines of numbers."""
    try:
        packed = _is_gzip(path)
        header, line = _first_lines(path, packed, separator)
        if header is None:
            return None
        with _open(path, packed) as source:
            labels, values = _parse(source, len(header), separator, line)
    except (OSError, EOFError, ValueError, zlib.error, csv.Error, pa.ArrowException):
        return None
    return _as_table(file, labels, header[1:], values)


def _read_parquet(path: Path, file: str) -> RawTable | None:
    """The table, or None where it is anything but a column of text and columns of numbers."""
    try:
        content = parquet.ParquetFile(path)
        first, *others = content.schema_arrow
        if not _is_text(first.type) or not all(map(_is_number, (field.type for field in others))):
            return None
        labels: list[str] = []
        blocks: list[np.ndarray] = []
        for batch in content.iter_batches(batch_size=_BATCH):
            labels += [(label or "").strip() for label in batch.column(0).to_pylist()]
            blocks.append(_block(batch.columns[1:], len(batch)))
    except (OSError, ValueError, pa.ArrowException):
        return None
    return _as_table(file, labels, [field.name for field in others], _stack(blocks, len(others)))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _as_table(file: str, labels: list[str], columns: Sequence[str], values: np.ndarray) -> RawTable | None:
    if not labels or not columns or not all(labels):
        return None
    names = [name.strip() for name in columns]
    return RawTable(file, list(range(2, len(labels) + 2)), labels, names, pd.DataFrame(values, copy=False))


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _open(path: Path, packed: bool) -> Any:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "gzip") if packed else pa.memory_map(str(path))


def _first_lines(path: Path, packed: bool, separator: str) -> tuple[list[str] | None, int]:
    """The header, with a name for every field of the first line below it, and that line's length in bytes."""
    with gzip.open(path) if packed else path.open("rb") as file:
        first, second = file.readline(), file.readline()
    if b"\r" in first.rstrip(b"\r\n") or first.count(b'"') % 2:
        return None, 0
    text = first.decode("utf-8-sig").rstrip("\r\n")
    if separator not in text:
        return None, 0
    header = next(csv.reader([text], delimiter=separator))
    found = count_fields(second.decode(), separator)
    if found == len(header) + 1 and not second.rstrip(b"\r\n").endswith(separator.encode()):
        header = ["", *header]  # as R's write.table does; what ends in a separator `read_table` looks at more closely
    return (header, len(second)) if found == len(header) else (None, 0)


def _parse(source: Any, width: int, separator: str, line: int) -> tuple[list[str], np.ndarray]:
    names = [str(place) for place in range(width)]
    types = dict.fromkeys(names, pa.float64()) | {names[0]: pa.string()}
    reader = arrow_csv.open_csv(
        source,
        arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=max(BLOCK, _LINES * line)),
        arrow_csv.ParseOptions(delimiter=separator, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(column_types=types, null_values=sorted(MISSING), strings_can_be_null=False),
    )
    labels: list[str] = []
    blocks: list[np.ndarray] = []
    for batch in reader:
        labels += [label.strip() for label in batch.column(0).to_pylist()]
        blocks.append(_block(batch.columns[1:], len(batch)))
    return labels, _stack(blocks, width - 1)


def _block(columns: Sequence[Any], rows: int) -> np.ndarray:
    block = np.empty((rows, len(columns)))
    for place, column in enumerate(columns):
        block[:, place] = column.to_numpy(zero_copy_only=False)
    return block


def _stack(blocks: list[np.ndarray], width: int) -> np.ndarray:
    """One array, each block let go as soon as it is in."""
    values, start = np.empty((sum(map(len, blocks)), width)), 0
    while blocks:
        block = blocks.pop(0)
        values[start : start + len(block)] = block
        start += len(block)
    return values
