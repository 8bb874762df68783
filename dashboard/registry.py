"""Which slide files the server may show: those of the cohorts it knows, and no others."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pomp.data.manifest import MANIFEST, SLIDES, read_manifest
from pomp.data.problems import Problems
from pomp.data.readers.slides import has_image, read_slides
from pomp.errors import CohortError


def slide_key(folder: Path, slide: str) -> str:
    """24 hex digits that name a slide of the cohort in `folder`: the same in every process, and safe in a URL."""
    return hashlib.sha256(f"{folder.resolve()}\n{slide}".encode()).hexdigest()[:24]


def slide_url(folder: Path, slide: str) -> str:
    """Where this server offers a slide; below it lie ``info.json`` and ``<level>/<column>_<row>.jpeg``."""
    return f"/slides/{slide_key(folder, slide)}"


class SlideRegistry:
    """From keys to files, by the slides.csv of every known cohort. Slides that are features alone are not among them.

    Nothing is stored: a page opened before the server was started again still finds its slides.

    Args:
        folders: The cohort folders known now; asked again for a key that is not known yet.
    """

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        self._folders = folders
        self._tables: dict[Path, _Table] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> Path | None:
        """The slide file of a key, or None if no cohort has it."""
        with self._lock:
            return self._look_up(key) or self._search(key)

    def _look_up(self, key: str) -> Path | None:
        """Among the tables read already, if they are still as they were."""
        for table in self._tables.values():
            if key in table.slides and table.is_current():
                return table.slides[key]
        return None

    def _search(self, key: str) -> Path | None:
        """Read what is new or changed. Folders that are gone are forgotten."""
        before, self._tables = self._tables, {}
        for folder in {folder.resolve() for folder in self._folders()}:
            known = before.get(folder)
            table = known if known and known.is_current() else _read_table(folder)
            if table is not None:
                self._tables[folder] = table
        return next((table.slides[key] for table in self._tables.values() if key in table.slides), None)


@dataclass(frozen=True)
class _Table:
    """A cohort's slides by key, and the state of the files that say so."""

    files: tuple[Path, Path]  # cohort.toml, slides.csv
    stamp: tuple[tuple[int, int], ...]
    slides: dict[str, Path]

    def is_current(self) -> bool:
        try:
            return self.stamp == _stamp(self.files)
        except OSError:
            return False


def _stamp(files: tuple[Path, Path]) -> tuple[tuple[int, int], ...]:
    """Time and size of each file."""
    found = [file.stat() for file in files]
    return tuple((status.st_mtime_ns, status.st_size) for status in found)


def _read_table(folder: Path) -> _Table | None:
    """None for a folder without slides; what is wrong with its table is the cohort page's to say."""
    try:
        entry = read_manifest(folder).slides
        name = entry.file if entry else SLIDES
        files = (folder / MANIFEST, folder / name)
        stamp = _stamp(files)
    except (OSError, CohortError):
        return None
    listed = read_slides(folder, name, Problems())
    rows = listed[has_image(listed)]
    slides = {slide_key(folder, slide): Path(file) for slide, file in zip(rows["slide"], rows["file"], strict=True)}
    return _Table(files, stamp, slides)
