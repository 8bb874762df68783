"""Locks that the kernel gives back when their holder dies, however it dies.

`flock` belongs to the open file: it ends when every descriptor of that opening is closed. Python closes descriptors in
the programs it launches, so those never keep a lock. A child made by fork without exec would: start data-loading
processes with the method `spawn`.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pomp.errors import RunBusyError, RunError
from pomp.sealed import seal, unseal

PATIENCE_SECONDS = 0.25
"""A reader that asks whether a lock is held shares it for microseconds: claiming outlasts that."""


@dataclass(frozen=True)
class Owner:
    """Who says to hold a lock: for messages, and to end that process. Only the lock itself proves it."""

    pid: int
    host: str
    started: str  # ISO 8601, UTC


def acquire(path: Path, what: str) -> int:
    """An open descriptor that holds the lock; closing it gives the lock back.

    Args:
        what: the thing that is locked, which opens the message of an error.

    Raises:
        RunBusyError: somebody else holds it; the message names process and host.
        RunError: the file cannot be opened, or was deleted meanwhile.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(
            f"{what} cannot be locked: {path}: {error.strerror}. Is the folder there, and writable?"
        ) from None
    if not _patiently(descriptor):
        os.close(descriptor)
        raise RunBusyError(f"{what} is being worked on by {_who(path)}. Wait until it ends, or stop it.")
    if not _still_there(descriptor, path):
        os.close(descriptor)
        raise RunError(f"{what} was deleted just now.")
    return descriptor


@contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold the lock for the block, with this process written into it as the owner, where the disk takes that.

    Raises:
        RunBusyError, RunError: as `acquire`.
    """
    descriptor = acquire(path, what)
    try:
        owner = Owner(os.getpid(), platform.node(), datetime.now(UTC).isoformat(timespec="seconds"))
        with suppress(OSError):  # the lock counts without its owner's name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(seal(asdict(owner))).encode(), 0)
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        # Closing alone would leave the lock with children that were forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody, this process included, holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return not _claim(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def read_owner(path: Path) -> Owner | None:
    """What the last holder wrote, or None where that cannot be read."""
    try:
        data = unseal(path.read_bytes())
        return Owner(int(data["pid"]), str(data["host"]), str(data["started"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _claim(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _patiently(descriptor: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _claim(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _still_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _who(path: Path) -> str:
    owner = read_owner(path)
    return "another process" if owner is None else f"process {owner.pid} on {owner.host} since {owner.started}"
