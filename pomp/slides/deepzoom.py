"""A slide as Deep Zoom tiles, which viewers in a browser load as they need them."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.slide import Slide

TILE_PX = 254
OVERLAP_PX = 1
OPEN_SLIDES = 16
"""Slides kept open at a time; the one not asked for longest is closed."""

_QUALITY = 80


class DeepZoomPyramid:
    """The tiles of one slide, safe to use from several threads.

    Coordinates of the deepest level are level-0 pixels: the slide's empty margins are not cut away. `size` is (width,
    height) of level 0.
    """

    def __init__(self, file: Path) -> None:
        """
        Raises:
            SlideError: there is no such file, or it cannot be opened as a slide.
        """
        self.file = file
        self._open()

    def _open(self) -> None:
        slide = Slide(self.file)
        self.width, self.height = slide.size
        self.mpp = slide.mpp
        self._source = slide, DeepZoomGenerator(slide.handle, TILE_PX, OVERLAP_PX, limit_bounds=False)

    def descriptor(self) -> str:
        """The XML (.dzi) that tells a viewer sizes and format."""
        return str(self._source[1].get_dzi("jpeg"))

    def tile(self, level: int, column: int, row: int) -> bytes:
        """One tile as JPEG. Level 0 is a single pixel; each further level doubles the size.

        Raises:
            SlideError: there is no such tile, or the slide is damaged there.
        """
        slide, generator = self._source
        try:
            size = generator.get_tile_dimensions(level, (column, row))
            corner, source, extent = generator.get_tile_coordinates(level, (column, row))
        except ValueError:
            raise SlideError(
                f"{self.file.name} has no tile at level {level}, column {column}, row {row}: it has "
                f"{generator.level_count} levels, the deepest with {generator.level_tiles[-1]} columns and rows."
            ) from None
        downsample = slide.handle.level_downsamples[source]
        try:
            pixels = slide.read(corner, (extent[0] * downsample, extent[1] * downsample), size)
        except SlideError:
            # OpenSlide refuses a handle after its first error, which may have been a passing one of the disk.
            self._open()
            raise
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
        return buffer.getvalue()


def pyramid(file: Path) -> DeepZoomPyramid:
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
def _kept_open(file: Path, modified: int, size: int) -> DeepZoomPyramid:
    # Never closed by hand: a thread may still read from it. Its handle goes with the last reference.
    return DeepZoomPyramid(file)
