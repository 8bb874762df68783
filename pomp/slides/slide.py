"""An open slide: RGB pixels over white at any scale, read from the pyramid level that is nearest to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import openslide
from openslide import AbstractSlide, ImageSlide, OpenSlide, OpenSlideError
from PIL import Image

from pomp.errors import SlideError

LEVEL_TOLERANCE = 0.01
"""A level counts as having the wanted downsample up to this share above it: 16.0003 stands for 16."""

_PIXELS_AT_ONCE = 2**24  # 64 MiB of RGBA
_WHITE = (255, 255, 255)


class Slide:
    """A slide file that OpenSlide reads, or an ordinary image such as PNG, which is a slide of one level.

    Reading is safe from several threads. `size` is (width, height) of level 0; `mpp` (micrometres a pixel) and
    `magnification` (objective power) are None where the file does not say.
    """

    def __init__(self, file: Path) -> None:
        """
        Raises:
            SlideError: there is no such file, or it cannot be opened as a slide.
        """
        self.file = file
        self.handle = _open(file)
        self.size: tuple[int, int] = self.handle.dimensions
        properties = self.handle.properties
        mpp = [_positive(properties, name) for name in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)]
        known = [value for value in mpp if value is not None]
        self.mpp = sum(known) / len(known) if known else None
        self.magnification = _positive(properties, openslide.PROPERTY_NAME_OBJECTIVE_POWER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.handle.close()

    def read(self, corner: tuple[int, int], extent: tuple[float, float], size: tuple[int, int]) -> Image.Image:
        """An RGB picture of `size` pixels; what lies outside the slide, or was never scanned, is white.

        The level read is the one `nearest_level` names; it is averaged down by a box filter, in bands, so memory stays
        small even where a whole slide has to come from level 0.

        Args:
            corner: (x, y) of the upper left corner in level-0 pixels.
            extent: (width, height) in level-0 pixels.

        Raises:
            SlideError: the file is damaged there.
        """
        level = nearest_level(self.handle.level_downsamples, min(extent[0] / size[0], extent[1] / size[1]))
        downsample = self.handle.level_downsamples[level]
        width, height = extent[0] / downsample, extent[1] / downsample  # in pixels of the level
        band = max(1, int(_PIXELS_AT_ONCE / width / (height / size[1])))
        picture = Image.new("RGB", size, _WHITE)
        for row in range(0, size[1], band):
            rows = min(band, size[1] - row)
            top, bottom = row * height / size[1], (row + rows) * height / size[1]
            first = math.floor(top)
            tile = self._tile(
                (corner[0], corner[1] + round(first * downsample)), level, (math.ceil(width), math.ceil(bottom) - first)
            )
            box = (0.0, top - first, width, bottom - first)
            picture.paste(tile.resize((size[0], rows), Image.Resampling.BOX, box), (0, row))
        return picture

    def thumbnail(self, side: int) -> Image.Image:
        """The whole slide, RGB, from side/2 to `side` pixels on its longer side, and never enlarged.

        A level of such a size is taken as it is; only where there is none, a larger one is read and shrunk.
        """
        levels = [max(size) for size in self.handle.level_dimensions]
        longest = max((length for length in levels if side / 2 <= length <= side), default=min(side, max(self.size)))
        scale = longest / max(self.size)
        width, height = self.size
        return self.read((0, 0), (width, height), (max(1, round(width * scale)), max(1, round(height * scale))))

    def _tile(self, corner: tuple[int, int], level: int, size: tuple[int, int]) -> Image.Image:
        try:
            tile = self.handle.read_region(corner, level, size)
        except (OpenSlideError, OSError) as error:
            raise SlideError(
                f"{self.file.name} is damaged: the pixels at {corner} of level {level} cannot be read ({error}). "
                "Fetch the file again from its source."
            ) from error
        flat = Image.new("RGB", size, _WHITE)
        flat.paste(tile, mask=tile.getchannel("A"))
        return flat


def nearest_level(downsamples: Sequence[float], wanted: float) -> int:
    """The level of the largest downsample not above `wanted`, give or take `LEVEL_TOLERANCE`; level 0 if there is none.

    `OpenSlide.get_best_level_for_downsample` has no tolerance: for 16 it passes over a level at 16.0003 and reads 16
    times the pixels from the one before.
    """
    smaller = [level for level, found in enumerate(downsamples) if found <= wanted * (1 + LEVEL_TOLERANCE)]
    return max(smaller, key=lambda level: downsamples[level], default=0)


def _open(file: Path) -> AbstractSlide:
    if not file.is_file():
        raise SlideError(f"There is no slide file {file}. Put it back, or correct slides.csv.")
    try:
        if OpenSlide.detect_format(file) is not None:
            return OpenSlide(file)
        with Image.open(file) as image:
            return ImageSlide(image.convert("RGBA"))
    except (OpenSlideError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # SyntaxError and ValueError are what Pillow raises for some damaged images.
        raise SlideError(
            f"{file.name} cannot be opened as a slide ({error}). It may be incomplete or of a format that OpenSlide "
            "does not know: fetch it again from its source, or convert it to a pyramidal TIFF."
        ) from error


def _positive(properties: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(properties.get(name, ""))
    except ValueError:
        return None
    return value if 0 < value < math.inf else None
