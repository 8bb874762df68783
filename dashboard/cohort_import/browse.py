"""Looking around on the server: names of what lies in a folder, never what is in a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pomp.data.manifest import MANIFEST
from pomp.errors import CohortError

MOST = 500
"""Entries that are listed at most: a folder of slides may hold thousands."""


@dataclass(frozen=True)
class Entry:
    """One name in a folder."""

    name: str
    kind: Literal["folder", "file"]
    size_bytes: int | None  # None for folders


@dataclass(frozen=True)
class Listing:
    """What lies in a folder: folders first, then files, each by name; hidden ones are left out."""

    folder: Path
    entries: tuple[Entry, ...]  # `MOST` at most
    total: int  # how many there are

    @property
    def is_cohort(self) -> bool:
        return (self.folder / MANIFEST).is_file()


def find_folder(text: str) -> Path:
    """The folder that a person typed, in full.

    Raises:
        CohortError: it is no full path, there is no such folder, or it may not be opened.
    """
    try:
        path = Path(text.strip()).expanduser()
        if not path.is_absolute():
            raise CohortError(f"'{text}' is no full path: begin with '/', for example /data/TCGA-LIHC.")
        if path.is_file():
            raise CohortError(f"'{path}' is a file: name the folder that it lies in, {path.parent}.")
        if not path.is_dir():
            raise CohortError(f"There is no folder '{path}' on the server: check the spelling.")
        folder = path.resolve()
        with os.scandir(folder):
            return folder
    except (OSError, ValueError, RuntimeError) as error:
        # A name with a null character, a loop of links, an unknown ~user, or no permission.
        raise CohortError(f"'{text}' cannot be opened on the server: {_reason(error)}.") from None


def list_folder(folder: Path) -> Listing:
    """Names, kinds and sizes of a folder's entries; no file is opened.

    Raises:
        CohortError: the folder cannot be read.
    """
    try:
        with os.scandir(folder) as found:
            entries = [_describe(entry) for entry in found if not entry.name.startswith(".")]
    except OSError as error:
        raise CohortError(f"'{folder}' cannot be read: {_reason(error)}.") from None
    entries.sort(key=lambda entry: (entry.kind == "file", entry.name.casefold()))
    return Listing(folder, tuple(entries[:MOST]), len(entries))


def _describe(entry: os.DirEntry[str]) -> Entry:
    try:
        if entry.is_dir():
            return Entry(entry.name, "folder", None)
        return Entry(entry.name, "file", entry.stat().st_size)
    except OSError:  # a link that leads nowhere
        return Entry(entry.name, "file", None)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()
