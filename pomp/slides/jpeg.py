"""Pixels of a pyramid level from its JPEG tiles, each decoded once, at full size or at a half, a quarter or an eighth.

A JPEG is made of blocks of 8 × 8 pixels, whose first coefficient is their mean: decoding to an eighth takes that and
nothing else, decoding to a half or a quarter a few more (libjpeg's scaled inverse transform).
"""

from __future__ import annotations

import os
import re
import struct
from functools import lru_cache, partial

import numpy as np
import simplejpeg
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.tiff import JpegDirectory

FACTORS = (1, 2, 4, 8)

_KEPT_BYTES = 2**24  # of decoded tiles, a level: neighbouring regions share the tiles at their borders
_START, _TABLES_END = b"\xff\xd8", b"\xff\xd9"
_SCAN = 0xDA  # second byte of the marker before the pixels
_APPLICATION = re.compile(rb"\xff[\xe0-\xef]")


class JpegLevel:
    """A level of a slide; reading is safe from several threads."""

    def __init__(self, descriptor: int, directory: JpegDirectory, name: str) -> None:
        """`name`: of the slide, for messages. `descriptor`: of its file, which stays open as long as this is used."""
        self._descriptor, self._directory, self._name = descriptor, directory, name
        self._header = _header(directory)
        sides = directory.tile_width, directory.tile_height
        self.factors = tuple(factor for factor in FACTORS if all(side % factor == 0 for side in sides))
        kept = max(1, _KEPT_BYTES // (3 * sides[0] * sides[1]))
        self._decode = partial(_decode, descriptor, directory, name, self._header)
        self._tile = lru_cache(kept)(self._decode)

    @property
    def complete(self) -> bool:
        """Whether every tile is there."""
        return bool(self._directory.sizes.all())

    @property
    def tile_size(self) -> tuple[int, int]:
        """(width, height)."""
        return self._directory.tile_width, self._directory.tile_height

    def stream(self, column: int, row: int) -> bytes:
        """A tile as the file has it, made a JPEG of its own; empty where there is none.

        All tiles are as large, though the level may end within the last: what lies beyond is whatever was scanned.

        Raises:
            SlideError: the tile is damaged at its head, or its end is missing.
        """
        try:
            content = _content(self._descriptor, self._directory, column, row)
            if not content:
                return b""
            stream = self._header + _after_start(content)
            height, width, *_ = simplejpeg.decode_jpeg_header(stream)
        except (ValueError, OSError) as error:
            raise _damaged(self._name, self._directory, column, row, error) from error
        if (width, height) != self.tile_size:
            raise _damaged(self._name, self._directory, column, row, f"{width} × {height} pixels")
        return stream

    def read(
        self, corner: tuple[int, int], size: tuple[int, int], factor: int = 1, out: np.ndarray | None = None
    ) -> np.ndarray:
        """(height, width, 3) uint8; what lies outside the level, or in no tile, is white.

        Args:
            corner: (x, y) of the upper left pixel, in pixels of the level shrunk by `factor`; may lie outside.
            size: (width, height) in such pixels.
            factor: one of `factors`.
            out: where to put them, in place of a new array.

        Raises:
            SlideError: a tile is damaged.
        """
        tile_width, tile_height = self._directory.tile_width // factor, self._directory.tile_height // factor
        (x, y), (width, height) = corner, size
        columns = range(max(0, x // tile_width), min(self._directory.columns, -(-(x + width) // tile_width)))
        rows = range(max(0, y // tile_height), min(self._directory.rows, -(-(y + height) // tile_height)))
        pixels = np.empty((height, width, 3), np.uint8) if out is None else out
        if (len(columns), len(rows), width, height) == (1, 1, tile_width, tile_height):
            # It is that tile, which no neighbour shares: to keep it would only cost memory that was never used before.
            return self._decode(rows[0], columns[0], factor, pixels)
        # Where all tiles are asked for, there is no neighbour left that could share one.
        every = len(columns) == self._directory.columns and len(rows) == self._directory.rows
        scratch = np.empty((tile_height, tile_width, 3), np.uint8)
        pixels[:] = 255
        for row in rows:
            top = row * tile_height - y
            for column in columns:
                left = column * tile_width - x
                found = self._decode(row, column, factor, scratch) if every else self._tile(row, column, factor)
                tile = found[max(0, -top) : height - top, max(0, -left) : width - left]
                start, edge = max(0, top), max(0, left)
                pixels[start : start + tile.shape[0], edge : edge + tile.shape[1]] = tile
        return pixels


def _decode(
    descriptor: int,
    directory: JpegDirectory,
    name: str,
    header: bytes,
    row: int,
    column: int,
    factor: int,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """(tile height / factor, tile width / factor, 3) uint8, white beyond the image's edge, in `out` if given."""
    width, height = directory.tile_width, directory.tile_height
    inside = directory.width - column * width, directory.height - row * height
    over_edge = inside[0] < width or inside[1] < height
    # Whether a pixel of the shrunk tile would be: then the tile is decoded whole, and its pixels are averaged.
    astride = over_edge and bool(min(inside[0], width) % factor or min(inside[1], height) % factor)
    scale = 1 if astride else factor
    shape = height // scale, width // scale, 3
    pixels = np.empty(shape, np.uint8) if out is None or astride else out
    try:
        content = _content(descriptor, directory, column, row)
        if content:
            _decompress(header, content, pixels, scale)
        else:
            pixels[:] = 255
    except (ValueError, OSError) as error:
        raise _damaged(name, directory, column, row, error) from error
    if over_edge:
        pixels[inside[1] // scale :], pixels[:, inside[0] // scale :] = 255, 255
    if not astride:
        return pixels
    shrunk = np.empty((height // factor, width // factor, 3), np.uint8) if out is None else out
    rows, columns = -(-min(inside[1], height) // factor), -(-min(inside[0], width) // factor)
    shrunk[rows:], shrunk[:, columns:] = 255, 255
    part = Image.fromarray(pixels[: rows * factor, : columns * factor])
    shrunk[:rows, :columns] = np.asarray(part.reduce(factor))
    return shrunk


def _content(descriptor: int, directory: JpegDirectory, column: int, row: int) -> bytes:
    """A tile's bytes in the file; none where there is no tile."""
    index = row * directory.columns + column
    size, start = int(directory.sizes[index]), int(directory.offsets[index])
    # A damaged number may be more than fits into memory, or more than the system takes for a place.
    there = min(size, max(0, os.fstat(descriptor).st_size - start))
    content = os.pread(descriptor, size, start) if there == size > 0 else b""
    if len(content) != size:
        raise ValueError(f"{size - there} of {size} bytes are beyond the file's end")
    return content


def _damaged(name: str, directory: JpegDirectory, column: int, row: int, error: object) -> SlideError:
    corner = column * directory.tile_width, row * directory.tile_height
    return SlideError(
        f"{name} is damaged: the pixels at {corner} of its level of {directory.width} × {directory.height} pixels "
        f"cannot be read ({error}). Fetch the file again from its source."
    )


def _decompress(header: bytes, content: bytes, pixels: np.ndarray, scale: int) -> None:
    """Decode a tile into `pixels`, (height / scale, width / scale, 3) uint8."""
    found = simplejpeg.decode_jpeg(
        header + _after_start(content),
        min_height=pixels.shape[0],
        min_width=pixels.shape[1],
        min_factor=scale,
        buffer=pixels,  # refuses whatever is larger
    )
    if found.shape != pixels.shape:
        raise ValueError(f"{found.shape[1]} × {found.shape[0]} pixels")


def _header(directory: JpegDirectory) -> bytes:
    """What every tile's stream starts with: the colour space as an Adobe marker, then the shared tables.

    The directory's word on the colour space counts, whatever a tile says: scanners forget to mark RGB.
    """
    adobe = struct.pack(">2sH5sHHHB", b"\xff\xee", 14, b"Adobe", 100, 0, 0, int(directory.ycbcr))
    tables = directory.tables.removeprefix(_START).removesuffix(_TABLES_END)
    return _START + adobe + _without_application_data(tables)


def _after_start(stream: bytes) -> bytes:
    """A tile's stream after its start marker, without application segments."""
    if not stream.startswith(_START):
        raise ValueError("no JPEG stream")
    return _without_application_data(stream[len(_START) :])


def _without_application_data(segments: bytes) -> bytes:
    """Segments without those of applications (JFIF, Adobe), wherever they stand before the first scan.

    One behind a comment or the tables overrules ours at the head, and one of JFIF does so wherever it is.
    """
    scan = segments.find(bytes([0xFF, _SCAN]))
    if not _APPLICATION.search(segments, 0, len(segments) if scan < 0 else scan):
        return segments  # as nearly all: slides have many tiles
    kept, place = bytearray(), 0
    while segments[place : place + 1] == b"\xff" and place + 4 <= len(segments) and segments[place + 1] != _SCAN:
        if segments[place + 1] == 0xFF:  # any number of these may stand before a marker
            place += 1
            continue
        end = place + 2 + int.from_bytes(segments[place + 2 : place + 4], "big")
        if not 0xE0 <= segments[place + 1] <= 0xEF:
            kept += segments[place:end]
        place = end
    return bytes(kept) + segments[place:]
