"""Files over a line that may break: each goes on where it stopped, and takes its place once its MD5 is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock

from pomp.atomic import replacing
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.errors import DiskError, FetchError, StoppedError
from pomp.data.gdc.folder import part_of, place_of
from pomp.data.gdc.patience import TransientError, persist
from pomp.data.gdc.remote import RemoteFile
from pomp.data.problems import list_first
from pomp.progress import OnProgress
from pomp.wording import count

WHOLE_TRIES = 2
"""How often a file is fetched from its beginning before its MD5 is taken to be wrong at the source."""

GIVE_UP_AFTER = 10
"""Files that fail one after the other before the rest is not tried: it is the line then, not the files."""


class Tally:
    """Counts the bytes of all files that are on the disk, from several threads."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._sizes: dict[str, int] = {}
        self._done = 0
        self._lock = Lock()

    def at(self, file: RemoteFile, size: int) -> None:
        """So many bytes of the file are there now: fewer than before, where it starts over."""
        with self._lock:
            self._done += size - self._sizes.get(file.file_id, 0)
            self._sizes[file.file_id] = size
            if self._on_progress is not None:
                self._on_progress(self._done, self._total, file.file_name)


def download_files(
    gdc: Gdc, files: Sequence[RemoteFile], folder: Path, parallel: int, on_progress: OnProgress | None = None
) -> None:
    """Fetch every file that is not there with the right MD5. One that fails does not stop the others.

    May be interrupted or killed at any time, and called again. The caller holds a lock on the folder.

    Args:
        parallel: files at a time.
        on_progress: told the bytes that are there, of how many, and the name of a file.

    Raises:
        FetchError: files are missing still; `problems` names each one with its reason.
        DiskError, RunError: the disk is full, or the folder not writable; `gdc` is stopped then.
    """
    tally = Tally(sum(file.file_size for file in files), on_progress)
    with ThreadPoolExecutor(parallel, thread_name_prefix="gdc") as pool:
        tasks = {file: pool.submit(download_file, gdc, file, folder, tally) for file in files}
        try:
            _wait(tasks.values())
        except BaseException:
            gdc.stop.set()  # the others end within one read
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    failures = [
        f"{file.file_id}/{file.file_name}: {_reason(task)}" for file, task in tasks.items() if not _is_done(task)
    ]
    if failures:
        raise FetchError(
            f"{len(failures)} of {count(len(files), 'file')} could not be fetched into {folder}; the others are "
            "there. Run the same command again: it goes on from "
            f"here.\n{list_first(failures, 'it tries these again, too.')}",
            tuple(failures),
        )


def _wait(tasks: Iterable[Future[None]]) -> None:
    """Until all have ended, or so many have failed one after the other that the rest need not be tried."""
    in_a_row = 0
    for task in as_completed(tasks):
        error = task.exception()
        if error is not None and (isinstance(error, DiskError) or not isinstance(error, FetchError)):
            raise error
        in_a_row = 0 if error is None else in_a_row + 1
        if in_a_row == GIVE_UP_AFTER:
            return


def _is_done(task: Future[None]) -> bool:
    return not task.cancelled() and task.exception() is None


def _reason(task: Future[None]) -> str:
    return f"not tried, as {GIVE_UP_AFTER} in a row had failed" if task.cancelled() else str(task.exception())


def download_file(gdc: Gdc, file: RemoteFile, folder: Path, tally: Tally) -> None:
    """Fetch one file, or what is missing of it.

    Raises:
        FetchError: the server does not give it, or gives another file than it lists.
        DiskError: it cannot be written.
        StoppedError: `gdc.stop` was set; what came so far is kept.
    """
    target, part = place_of(file, folder), part_of(file, folder)
    try:
        if target.is_file() and has_md5(target, file.md5sum):
            tally.at(file, file.file_size)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(WHOLE_TRIES):
            persist(lambda: _receive(gdc, file, part, tally), gdc.patience, gdc.stop, file.file_id)
            if has_md5(part, file.md5sum):
                with replacing(target):  # the part is whole and takes its place
                    return
            part.unlink()
    except OSError as error:
        raise DiskError(
            f"{target} could not be written: {error.strerror or error}. Free disk space or make the folder writable, "
            "and run the same command again: it goes on from here."
        ) from error
    raise FetchError(
        f"what the server sends has another MD5 than it lists, {file.md5sum}, {WHOLE_TRIES} times over. Run the same "
        "command again later; if that does not help, tell the GDC's help desk."
    )


def _receive(gdc: Gdc, file: RemoteFile, part: Path, tally: Tally) -> None:
    """Let the part grow to the file's size; where the server cannot go on at its end, from the beginning.

    Raises:
        TransientError: the connection ended before that.
    """
    start = part.stat().st_size if part.is_file() else 0
    tally.at(file, start)
    if part.is_file() and start >= file.file_size:
        return
    with gdc.stream(file, start) as (begins, chunks), part.open("ab" if begins else "wb") as growing:
        size = begins
        try:
            for chunk in chunks:
                growing.write(chunk)
                size += len(chunk)
                tally.at(file, size)
                if gdc.stop.is_set():
                    raise StoppedError("Stopped.")
                if size > file.file_size:  # another file than the one listed: its MD5 will tell
                    return
        except TransientError as error:
            error.progressed = begins == start and size > start
            raise
    if size < file.file_size:
        raise TransientError(
            f"The connection ended after {size} of {file.file_size} bytes of {file.file_name}.",
            progressed=begins == start and size > start,
        )


def has_md5(path: Path, md5sum: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == md5sum
