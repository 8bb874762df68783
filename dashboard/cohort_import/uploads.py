"""Uploaded tables: kept in a folder of the workspace until they are imported, or for a day."""

from __future__ import annotations

import gzip
import re
import secrets
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from pomp import abandoned
from pomp.data.importing.containers import is_container, unpacked_bytes
from pomp.errors import CohortError

UPLOADS = "uploads"
TYPES = ("csv", "tsv", "txt", "tab", "gz", "parquet", "h5ad", "h5mu")
"""Endings of the tables that are taken."""

MAX_MB = 500
"""Megabytes that one upload may have in all: it stands in the server's memory while it arrives."""

MAX_UNPACKED_MB = 2000
"""Megabytes that its packed tables may have in all once they are unpacked; packed, they may have a thousandth of it."""

MAX_LINES = 5_000_000
"""Lines that a packed table may have: the longest array of methylation has a million sites."""

MAX_LINE_MB = 32
"""Megabytes that a line of a packed table may have: the same array in one line has 20."""

MAX_FILES = 50
_CHUNK = 1 << 20
_CELL = 8  # bytes that a number takes once it is read, whatever the file spends on it
_GZIP = b"\x1f\x8b"
_WAY_OUT = "Put them into a folder on the server and name that folder instead."
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_TOKEN = re.compile(r"[0-9a-f]{16}|\.trial-[A-Za-z0-9_]+")


class Upload(Protocol):
    """A file as the browser sent it."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    def getbuffer(self) -> memoryview: ...


def safe_name(name: str) -> str:
    """A file name of letters, digits, '.', '-' and '_', without folders and not hidden.

    Raises:
        CohortError: it is no name of a table that is taken.
    """
    stem = _STRANGE.sub("_", re.split(r"[/\\]", name)[-1]).lstrip("._-")[-120:]
    if stem.rpartition(".")[2].lower() not in TYPES or "." not in stem.strip("."):
        raise CohortError(f"'{name}' is no table that can be uploaded: {', '.join(f'.{ending}' for ending in TYPES)}.")
    return stem


def save_uploads(files: Sequence[Upload], root: Path) -> Path:
    """Write uploaded tables into a new folder ``uploads/<token>`` of the workspace and return it.

    Limits are checked here: those of the browser can be passed over.

    Args:
        root: of the workspace.

    Raises:
        CohortError: there are too many files or megabytes, packed or unpacked, one cannot be measured, a name is no
            table's or stands twice, or the disk is full.
    """
    _check_size(files)
    names = [safe_name(file.name) for file in files]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise CohortError(f"Two of the uploaded files would both be called '{repeated}': rename one of them.")
    sweep(root)
    folder = root / UPLOADS / secrets.token_hex(8)
    try:
        folder.mkdir(parents=True)
        for name, file in zip(names, files, strict=True):
            (folder / name).write_bytes(file.getbuffer())
        _check_unpacked([folder / name for name in names])
    except CohortError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise CohortError(f"The tables could not be kept in {folder}: {error.strerror}. Free disk space.") from error
    return folder


def is_upload(folder: Path, root: Path) -> bool:
    """Whether a folder was made by `save_uploads`."""
    return folder.parent == root / UPLOADS and _TOKEN.fullmatch(folder.name) is not None


def discard(folder: Path, root: Path) -> None:
    """Remove uploaded tables that are not needed any more; other folders are left alone."""
    if is_upload(folder, root):
        shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path) -> None:
    """Remove what was uploaded, or left by a trial that was cut off, more than a day ago."""
    for pattern in ("[0-9a-f]" * 16, ".trial-*"):
        abandoned.sweep(root / UPLOADS, pattern)


def _check_size(files: Sequence[Upload]) -> None:
    total_mb = sum(file.size for file in files) / 1e6
    if len(files) > MAX_FILES:
        raise CohortError(f"{len(files)} files are too many for an upload of at most {MAX_FILES}. {_WAY_OUT}")
    if total_mb > MAX_MB:
        raise CohortError(f"{total_mb:.0f} MB are too many for an upload of at most {MAX_MB} MB. {_WAY_OUT}")


def _check_unpacked(files: Sequence[Path]) -> None:
    """Kilobytes of zeros or line ends unpack to gigabytes, which would keep the server busy for everybody."""
    left = MAX_UNPACKED_MB * 1_000_000
    for file in files:
        left -= _unpacked_bytes(file, left)
        if left < 0:
            raise _refusal(file, f"unpacks, with the others, to over {MAX_UNPACKED_MB} MB")


def _unpacked_bytes(file: Path, limit: int) -> int:
    """The bytes of a packed table, or any number over the limit. One that is torn counts as far as it can be read: its
    reader says what is wrong with it.

    Raises:
        CohortError: it has too many or too long lines, or cells of several values, or is a damaged .h5ad or .h5mu.
    """
    if is_container(file):
        return unpacked_bytes(file)
    if file.suffix.lower() == ".parquet":
        return _parquet_bytes(file, limit)
    with file.open("rb") as probe:
        packed = probe.read(2) == _GZIP
    return _gzip_bytes(file, limit) if packed else 0


def _parquet_bytes(file: Path, limit: int) -> int:
    """By what the file says of its columns; text, of which it may keep one copy for a million cells, by reading it."""
    total = 0
    try:
        content = parquet.ParquetFile(file)
        if any(pa.types.is_nested(field.type) for field in content.schema_arrow):
            raise CohortError(f"'{file.name}' has several values in one cell. Give each a column of its own.")
        columns = [content.schema.column(place) for place in range(content.metadata.num_columns)]
        for group in map(content.metadata.row_group, range(content.metadata.num_row_groups)):
            for place, column in enumerate(columns):
                chunk = group.column(place)
                total += max(chunk.total_uncompressed_size, chunk.num_values * max(column.length, _CELL))
        text = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
        batches = parquet.ParquetFile(file, read_dictionary=text).iter_batches(columns=text) if text else iter(())
        while total <= limit and (batch := next(batches, None)) is not None:
            total += sum(map(_text_bytes, batch.columns))
    except (OSError, ValueError, pa.ArrowException):
        pass
    return total


def _text_bytes(column: Any) -> int:
    """Of all cells, though equal ones are held once."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    return int(pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0)


def _gzip_bytes(file: Path, limit: int) -> int:
    total = lines = line = 0
    try:
        with gzip.open(file) as content:
            while chunk := content.read(_CHUNK):
                end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
                line = line + len(chunk) if end < 0 else len(chunk) - end - 1
                lines += max(chunk.count(b"\n"), chunk.count(b"\r"))
                total += len(chunk)
                if total > limit:
                    break
                if lines > MAX_LINES:
                    raise _refusal(file, f"unpacks to over {MAX_LINES:,} lines")
                if line > MAX_LINE_MB * 1_000_000:
                    raise _refusal(file, f"has a line of over {MAX_LINE_MB} MB")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass
    return total


def _refusal(file: Path, what: str) -> CohortError:
    return CohortError(f"'{file.name}' {what}, too much for an upload. {_WAY_OUT}")
