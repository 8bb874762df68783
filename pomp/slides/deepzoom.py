"""A slide as a pyramid of tiles, which viewers in a browser load as they need them.

Levels and tiles are the file's own wherever a browser can take them: a tile's bytes are then handed on as they are,
neither decoded nor encoded. What the file lacks is made.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.slide import LEVEL_TOLERANCE, Slide

TILE_PX = 256
"""Side of the tiles that are made."""

OPEN_SLIDES = 16
"""Slides kept open at a time; the one not asked for longest is closed."""

_OVERVIEW_PX = 1024  # longest side of the levels that are cut from one picture
_SMALLEST_PX, _LARGEST_PX = 128, 2048  # sides of tiles passed through: more requests, or more pixels, than worth it
_FARTHEST = 4 * (1 + LEVEL_TOLERANCE)  # from a level to the next
_QUALITY = 80


@dataclass(frozen=True)
class PyramidLevel:
    """A level of `width` × `height` pixels, in tiles without overlap, row by row."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    native: int | None  # the level of the file whose tiles are passed through; None: they are made

    @property
    def columns(self) -> int:
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        return -(-self.height // self.tile_height)


class SlidePyramid:
    """The tiles of one slide, safe to use from several threads.

    `levels` begin with the smallest; the last has the slide's level-0 pixels, its empty margins not cut away. `width`
    and `height` are those of level 0; `mpp` (micrometres a pixel) and `bounds` (of what was scanned) are as `Slide` has
    them.
    """

    def __init__(self, file: Path) -> None:
        """
        Raises:
            SlideError: there is no such file, or it cannot be opened as a slide.
        """
        self.file = file
        self._slide = Slide(file)
        self.width, self.height = self._slide.size
        self.mpp, self.bounds = self._slide.mpp, self._slide.bounds
        self.levels = tuple(_levels(self._slide))[::-1]
        self._lock = threading.Lock()
        self._overview: Image.Image | None = None
        self._whole = True  # until the overview could not be read

    def tile(self, level: int, column: int, row: int) -> bytes:
        """One tile as JPEG. At the right and lower edge it may be larger than what the level has left of it.

        Raises:
            SlideError: there is no such tile, or the slide is damaged there.
        """
        found = self._find(level, column, row)
        slide = self._slide  # held, since its file is closed with the last reference
        native = None if found.native is None else slide.jpeg[found.native]
        return (native and native.stream(column, row)) or self._make(found, column, row)

    def _find(self, level: int, column: int, row: int) -> PyramidLevel:
        if 0 <= level < len(self.levels):
            found = self.levels[level]
            if 0 <= column < found.columns and 0 <= row < found.rows:
                return found
        deepest = self.levels[-1]
        raise SlideError(
            f"{self.file.name} has no tile at level {level}, column {column}, row {row}: it has {len(self.levels)} "
            f"levels, the deepest with {deepest.columns} columns and {deepest.rows} rows."
        )

    def _make(self, level: PyramidLevel, column: int, row: int) -> bytes:
        left, top = column * level.tile_width, row * level.tile_height
        box = left, top, min(left + level.tile_width, level.width), min(top + level.tile_height, level.height)
        overview = self._read_overview() if _is_small(level) else None
        pixels = self._read(level, box) if overview is None else _cut(overview, level, box)
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _QUALITY, colorsubsampling="420"))

    def _read_overview(self) -> Image.Image | None:
        """What all small levels are cut from, read once; None if it cannot be, and each tile is read by itself."""
        with self._lock:
            if self._overview is None and self._whole:
                level = next(level for level in reversed(self.levels) if _is_small(level))
                try:
                    self._overview = Image.fromarray(self._read(level, (0, 0, level.width, level.height)))
                except SlideError:  # perhaps of one place only, and the tiles elsewhere can be shown
                    self._whole = False
            return self._overview

    def _read(self, level: PyramidLevel, box: tuple[int, int, int, int]) -> np.ndarray:
        """The pixels of a level within (left, top, right, lower)."""
        left, top, right, lower = box
        across, down = self.width / level.width, self.height / level.height
        extent = (right - left) * across, (lower - top) * down
        slide = self._slide
        try:
            return slide.read((round(left * across), round(top * down)), extent, (right - left, lower - top))
        except SlideError:
            # OpenSlide refuses a handle after its first error, which may have been a passing one of the disk.
            self._slide = Slide(self.file)
            raise


def pyramid(file: Path) -> SlidePyramid:
    """The slide's pyramid, kept open from one call to the next for as long as the file stays the same.

    Raises:
        SlideError: there is no such file, or it cannot be opened as a slide.
    """
    try:
        facts = file.stat()
    except OSError as error:
        raise SlideError(f"The slide file {file} cannot be read: {error.strerror}.") from error
    return _kept_open(file, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=OPEN_SLIDES)
def _kept_open(file: Path, modified: int, size: int) -> SlidePyramid:
    # Never closed by hand: a thread may still read from it. Its handle goes with the last reference.
    return SlidePyramid(file)


def _levels(slide: Slide) -> Iterator[PyramidLevel]:
    """From level 0 on: the file's own, and halves wherever the next is more than four times smaller.

    Below the file's last level there are halves down to a single tile.
    """
    own = [_own(slide, level) for level, downsample in enumerate(slide.downsamples) if math.isfinite(downsample)]
    for level, following in zip(own, [*own[1:], None], strict=True):
        found = level
        yield found
        while _is_far(found, following):
            found = PyramidLevel(-(-found.width // 2), -(-found.height // 2), TILE_PX, TILE_PX, None)
            yield found


def _is_far(level: PyramidLevel, following: PyramidLevel | None) -> bool:
    if following is None:
        return level.columns * level.rows > 1
    return max(level.width, level.height) > _FARTHEST * max(following.width, following.height)


def _own(slide: Slide, level: int) -> PyramidLevel:
    """A level of the file, in its own tiles if they can be passed through."""
    width, height = slide.handle.level_dimensions[level]
    jpeg = slide.jpeg[level]
    if jpeg is None or min(jpeg.tile_size) < _SMALLEST_PX or max(jpeg.tile_size) > _LARGEST_PX:
        return PyramidLevel(width, height, TILE_PX, TILE_PX, None)
    return PyramidLevel(width, height, *jpeg.tile_size, level)


def _is_small(level: PyramidLevel) -> bool:
    return level.native is None and max(level.width, level.height) <= _OVERVIEW_PX


def _cut(picture: Image.Image, level: PyramidLevel, box: tuple[int, int, int, int]) -> np.ndarray:
    """The pixels of a level within (left, top, right, lower), from a picture of the whole."""
    left, top, right, lower = box
    # Multiplied first, so that the last tile ends exactly where the picture does.
    place = (
        left * picture.width / level.width,
        top * picture.height / level.height,
        right * picture.width / level.width,
        lower * picture.height / level.height,
    )
    return np.asarray(picture.resize((right - left, lower - top), Image.Resampling.BOX, place))
