"""Which slide files the server may show: those of the cohorts it knows, and no others."""

from __future__ import annotations

import hashlib
import math
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
    """From keys to files and what slides.csv states of them. Slides that are features alone are not among them.

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
        listed = self._listed(key)
        return None if listed is None else listed.file

    def mpp(self, key: str) -> float | None:
        """Micrometres a pixel of a key's slide, where slides.csv states them: they count more than the file's own."""
        listed = self._listed(key)
        return None if listed is None else listed.mpp

    def _listed(self, key: str) -> _Listed | None:
        with self._lock:
            return self._look_up(key) or self._search(key)

    def _look_up(self, key: str) -> _Listed | None:
        """Among the tables read already, if they are still as they were."""
        for table in self._tables.values():
            if key in table.slides and table.is_current():
                return table.slides[key]
        return None

    def _search(self, key: str) -> _Listed | None:
        """Read what is new or changed. Folders that are gone are forgotten."""
        before, self._tables = self._tables, {}
        for folder in {folder.resolve() for folder in self._folders()}:
            known = before.get(folder)
            table = known if known and known.is_current() else _read_table(folder)
            if table is not None:
                self._tables[folder] = table
        return next((table.slides[key] for table in self._tables.values() if key in table.slides), None)


@dataclass(frozen=True)
class _Listed:
    """A slide as slides.csv has it."""

    file: Path
    mpp: float | None


@dataclass(frozen=True)
class _Table:
    """A cohort's slides by key, and the state of the files that say so."""

    files: tuple[Path, Path]  # cohort.toml, slides.csv
    stamp: tuple[tuple[int, int], ...]
    slides: dict[str, _Listed]

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
    slides = {
        slide_key(folder, slide): _Listed(Path(file), None if math.isnan(mpp) else float(mpp))
        for slide, file, mpp in zip(rows["slide"], rows["file"], rows["mpp"], strict=True)
    }
    return _Table(files, stamp, slides)
