"""The tables of a run: Parquet files that carry a digest of themselves.

Parquet's own checksums cover its pages, but not the footer, which says what the pages mean. So a SHA-256 of everything
else stands between the last page and the footer. No reader looks there: the footer is found from the end of the file,
and all else from the footer.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_float_dtype

from pomp.atomic import replacing

_MARK = b"SHA-256:"
_ROWS_TOGETHER = 32_768  # so that a reader of one patient passes over the others
_LENGTH = len(_MARK) + hashlib.sha256().digest_size

Filters = list[tuple[str, str, str]]


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Replace a table; its index is not kept.

    Raises:
        RunError: it could not be written; the old one is intact.
        ValueError: a column holds values of several types.
    """
    buffer = io.BytesIO()
    # Bytes of numbers that stand together by their rank are a third smaller than numbers one after another.
    numbers = {str(name): "BYTE_STREAM_SPLIT" for name in frame if is_float_dtype(frame[name])}
    others = [str(name) for name in frame if str(name) not in numbers]
    frame.to_parquet(
        buffer, index=False, compression="zstd", row_group_size=_ROWS_TOGETHER, use_dictionary=others,
        column_encoding=numbers,
    )  # fmt: skip
    content = buffer.getvalue()
    footer = _footer(content)
    with replacing(path) as partial:
        partial.write_bytes(content[:footer] + _MARK + hashlib.sha256(content).digest() + content[footer:])


def read_table(path: Path, filters: Filters | None = None) -> pd.DataFrame:
    """A table, or its rows that pass the filters of `pandas.read_parquet`. One without a digest is taken as it is.

    Raises:
        OSError, ValueError: it cannot be read, or is not what was written.
    """
    content = path.read_bytes()
    footer = _footer(content)
    mark = footer - _LENGTH
    if mark > 0 and content[mark:].startswith(_MARK):
        digest, content = content[mark + len(_MARK) : footer], content[:mark] + content[footer:]
        if hashlib.sha256(content).digest() != digest:
            raise ValueError("its content does not match its SHA-256")
    try:
        return pd.read_parquet(io.BytesIO(content), filters=filters)
    except pa.ArrowException as error:
        raise ValueError(str(error)) from None


def _footer(content: bytes) -> int:
    """Where the footer begins: the last 8 bytes are its length, in little-endian order, and Parquet's mark."""
    return len(content) - 8 - int.from_bytes(content[-8:-4], "little")
