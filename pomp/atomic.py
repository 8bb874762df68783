"""Files that are either the old one or the new one, whenever the power fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pomp.errors import RunError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to; when the block ends without an error, that file takes the place of `path`.

    The folder is made if it is missing. A file has one writer at a time: the caller holds a lock.

    Raises:
        RunError: it could not be written, for example because the disk is full; the old file is intact.
    """
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        _flush(partial)
        partial.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise RunError(
            f"{path} could not be written: {error.strerror}. Free disk space, make the folder writable, or choose "
            "another (that of the workspace is --home or POMP_HOME)."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Replace a text file.

    Raises:
        RunError: as `replacing`.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
