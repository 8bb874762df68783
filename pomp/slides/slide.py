"""An open slide: RGB pixels over white at any scale, read from the pyramid level that is nearest to it."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import openslide
from openslide import AbstractSlide, OpenSlideError
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.jpeg import JpegLevel
from pomp.slides.opening import GENERIC, open_slide, stated_bounds, stated_mpp, stated_number
from pomp.slides.tiff import TiledImages, tiled_images

LEVEL_TOLERANCE = 0.01
"""A level counts as having the wanted downsample up to this share above it: 16.0003 stands for 16."""

_PIXELS_AT_ONCE = 2**22  # 16 MiB of RGBA
_PLAIN_VENDORS = ("aperio", GENERIC)  # as OpenSlide calls layouts whose levels are their tiles, side by side
_WHITE = (255, 255, 255)


class Slide:
    """A slide file that OpenSlide reads, or an ordinary image such as PNG, which is a slide of one level.

    Levels of JPEG tiles in a TIFF are decoded here; everything else goes through OpenSlide. Reading is safe from
    several threads. `size` is (width, height) of level 0; `mpp` (micrometres a pixel) and `magnification` (objective
    power) are None where the file does not say; where what it says of mpp cannot be, it counts as not stated, and
    `mpp_note` says why. `bounds` are those of what was scanned, where OpenSlide tells them. `jpeg` has the JPEG tiles
    of each of OpenSlide's levels, or None; `downsamples` are level-0 pixels to one of theirs, infinite where a level is
    not to be read.
    """

    def __init__(self, file: Path, on_read: Callable[[], object] | None = None) -> None:
        """
        Args:
            on_read: called whenever a stretch of pixels was read, so that a caller can see that reading moves on.

        Raises:
            SlideError: there is no such file, or it cannot be opened as a slide.
        """
        self.file = file
        self.handle = open_slide(file)
        self.size: tuple[int, int] = self.handle.dimensions
        properties = self.handle.properties
        self.mpp, self.mpp_note = stated_mpp(properties, file.name)
        self.magnification = stated_number(properties, openslide.PROPERTY_NAME_OBJECTIVE_POWER)
        self.bounds = stated_bounds(properties)
        self.downsamples = _downsamples(self.handle)
        self._on_read = on_read
        descriptor = os.open(file, os.O_RDONLY)
        self._close = weakref.finalize(self, os.close, descriptor)
        images = None
        if properties.get(openslide.PROPERTY_NAME_VENDOR) in _PLAIN_VENDORS:
            with suppress(ValueError):  # a directory is damaged: OpenSlide, which could open the file, may know better
                images = tiled_images(descriptor)
        if images is not None and images.misread:  # without a word
            raise SlideError(
                f"{file.name} holds tiles of {images.misread}, which OpenSlide misreads: save it with 8 bits, or as a "
                "pyramidal TIFF in RGB."
            )
        self.jpeg = _jpeg_levels(descriptor, images, self.handle, file.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self.handle.close()

    def read(
        self,
        corner: tuple[int, int],
        extent: tuple[float, float],
        size: tuple[int, int],
        out: np.ndarray | None = None,
    ) -> np.ndarray:
        """(height, width, 3) uint8 RGB; what lies outside the slide, or was never scanned, is white.

        The level read is the one `nearest_level` names, JPEG tiles decoded at a half, a quarter or an eighth where that
        is still fine enough. Where this has the wanted scale but for a pixel in all, its pixels are taken as they are;
        otherwise they are averaged down by a box filter, in bands, so memory stays small even where a whole slide has
        to come from level 0.

        Args:
            corner: (x, y) of the upper left corner in level-0 pixels.
            extent: (width, height) in level-0 pixels.
            size: (width, height) in pixels of the picture.
            out: where to put it, contiguous, in place of a new array: memory that was used before is far faster.

        Raises:
            SlideError: the file is damaged there.
        """
        picture = np.empty((size[1], size[0], 3), np.uint8) if out is None else out
        level, factor = self._source(min(extent[0] / size[0], extent[1] / size[1]))
        scale = self.downsamples[level] * factor
        left, top, width, height = (value / scale for value in (*corner, *extent))
        if _is_near(width, size[0]) and _is_near(height, size[1]):
            centred = round(left + (width - size[0]) / 2), round(top + (height - size[1]) / 2)
            self._pixels(level, factor, centred, size, picture)
            return picture
        across, down = width / size[0], height / size[1]
        # All columns, unless a single row of the picture stands for more than is to be read at once.
        wide = min(size[0], max(1, int(_PIXELS_AT_ONCE / down / across)))
        band = max(1, int(_PIXELS_AT_ONCE / (wide * across) / down))
        for row, column in product(range(0, size[1], band), range(0, size[0], wide)):
            rows, columns = min(band, size[1] - row), min(wide, size[0] - column)
            near, far = left + column * across, left + (column + columns) * across
            upper, lower = top + row * down, top + (row + rows) * down
            first, start = math.floor(near), math.floor(upper)
            pixels = self._pixels(level, factor, (first, start), (math.ceil(far) - first, math.ceil(lower) - start))
            box = near - first, upper - start, far - first, lower - start
            shrunk = Image.fromarray(pixels).resize((columns, rows), Image.Resampling.BOX, box)
            picture[row : row + rows, column : column + columns] = np.asarray(shrunk)
        return picture

    def thumbnail(self, side: int) -> np.ndarray:
        """(height, width, 3) uint8: the whole slide, from side/2 to `side` pixels on its longer side, never enlarged.

        A level of such a size, or one of JPEG tiles decoded to it, is taken as it is; only where there is none, a
        larger one is read and shrunk.
        """
        longest = max(self.size)
        scales = [
            self.downsamples[level] * factor
            for level in range(len(self.downsamples))
            for factor in self._factors(level)
        ]
        lengths = [round(longest / scale) for scale in scales]
        length = max((length for length in lengths if side / 2 <= length <= side), default=min(side, longest))
        width, height = (max(1, round(own * length / longest)) for own in self.size)
        return self.read((0, 0), self.size, (width, height))

    def _factors(self, level: int) -> tuple[int, ...]:
        """By how much a level can be shrunk while it is decoded."""
        tiles = self.jpeg[level]
        return (1,) if tiles is None else tiles.factors

    def _source(self, wanted: float) -> tuple[int, int]:
        """The level to read for a downsample, and the factor by which to shrink it meanwhile."""
        level = nearest_level(self.downsamples, wanted)
        fine = [
            factor
            for factor in self._factors(level)
            if self.downsamples[level] * factor <= wanted * (1 + LEVEL_TOLERANCE)
        ]
        return level, max(fine, default=1)

    def _pixels(
        self,
        level: int,
        factor: int,
        corner: tuple[int, int],
        size: tuple[int, int],
        out: np.ndarray | None = None,
    ) -> np.ndarray:
        """Pixels of a level shrunk by `factor`, in its own coordinates."""
        tiles = self.jpeg[level]
        if tiles is not None:
            pixels = tiles.read(corner, size, factor, out)
        else:
            x, y = (round(place * self.downsamples[level]) for place in corner)
            pixels = self._from_openslide((x, y), level, size)
            if out is not None:
                out[:] = pixels
        if self._on_read is not None:
            self._on_read()
        return pixels

    def _from_openslide(self, corner: tuple[int, int], level: int, size: tuple[int, int]) -> np.ndarray:
        try:
            tile = self.handle.read_region(corner, level, size)
        except (OpenSlideError, OSError) as error:
            if "not handle image" in str(error):  # libtiff's words for 12 or 32 bits, among others
                raise SlideError(
                    f"{self.file.name} holds pixels of a kind that OpenSlide cannot read ({error}): save it with 8 "
                    "bits, or as a pyramidal TIFF in RGB."
                ) from error
            raise SlideError(
                f"{self.file.name} is damaged: the pixels at {corner} of level {level} cannot be read ({error}). "
                "Fetch the file again from its source."
            ) from error
        flat = Image.new("RGB", size, _WHITE)
        flat.paste(tile, mask=tile.getchannel("A"))
        return np.asarray(flat)


def nearest_level(downsamples: Sequence[float], wanted: float) -> int:
    """The level of the largest downsample not above `wanted`, give or take `LEVEL_TOLERANCE`; level 0 if there is none.

    `OpenSlide.get_best_level_for_downsample` has no tolerance: for 16 it passes over a level at 16.0003 and reads 16
    times the pixels from the one before.
    """
    smaller = [level for level, found in enumerate(downsamples) if found <= wanted * (1 + LEVEL_TOLERANCE)]
    return max(smaller, key=lambda level: downsamples[level], default=0)


def _downsamples(handle: AbstractSlide) -> tuple[float, ...]:
    """Infinite where a level's shape is not the slide's: a TIFF may have its label or the whole glass among them."""
    return tuple(
        downsample if _has_shape(size, handle.dimensions) else math.inf
        for downsample, size in zip(handle.level_downsamples, handle.level_dimensions, strict=True)
    )


def _has_shape(size: tuple[int, int], of: tuple[int, int]) -> bool:
    """Whether sides are those of the slide shrunk by one number, give or take a pixel each and `LEVEL_TOLERANCE`."""
    least = max(whole / (side + 1) for side, whole in zip(size, of, strict=True))
    most = min(whole / (side - 1) if side > 1 else math.inf for side, whole in zip(size, of, strict=True))
    return least <= most * (1 + LEVEL_TOLERANCE)


def _is_near(length: float, wanted: int) -> bool:
    return abs(length - wanted) <= min(1.0, LEVEL_TOLERANCE * wanted)


def _jpeg_levels(
    descriptor: int, images: TiledImages | None, handle: AbstractSlide, name: str
) -> list[JpegLevel | None]:
    """For each of OpenSlide's levels its JPEG tiles; None where it has others, or OpenSlide does more than decode them.

    A level of which a tile is missing, or any finer one, is left to OpenSlide, which fills the gap from the finer one.
    """
    none: list[JpegLevel | None] = [None] * handle.level_count
    if images is None:
        return none
    levels = none.copy()
    try:
        for level, size in enumerate(handle.level_dimensions):
            fitting = [directory for directory in images.jpeg if (directory.width, directory.height) == size]
            if len(fitting) != 1 or images.sizes.count(size) != 1:  # another may be the one that OpenSlide means
                break
            found = JpegLevel(descriptor, fitting[0], name)
            if level == 0 or found.complete:
                levels[level] = found
            if not found.complete:
                break
    except ValueError:  # where its tiles lie is not told
        return none
    return levels
