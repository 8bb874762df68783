"""Files that are either the old one or the new one, whenever the power fails; and one writer at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        with suppress(OSError):
            partial.unlink()  # it may be large, and the disk is full
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


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for the lock of a file, which is made if it is missing, and hold it for the block, which must be short.

    The kernel gives it back when its holder dies.

    Raises:
        RunError: the folder cannot be made or the file not be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(
            f"{path} could not be opened: {error.strerror}. Make the folder writable, or choose another workspace with "
            "--home or POMP_HOME."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone would leave the lock with children that were forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
