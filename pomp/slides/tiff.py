"""Where the JPEG tiles of a TIFF file lie, so that each can be decoded without a library in between.

Classic TIFF (Adobe, TIFF 6.0, 1992) and BigTIFF, either byte order; JPEG as in Adobe's Technical Note 2 (1995), where
the tables that all tiles share stand once in the directory.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANES = 256, 257, 258, 259, 262, 277, 284
_TILE_WIDTH, _TILE_HEIGHT, _OFFSETS, _SIZES, _TABLES = 322, 323, 324, 325, 347
_JPEG, _RGB, _YCBCR, _TOGETHER = 7, 2, 6, 1
_GREY = (0, 1, 3)  # photometric: white is 0, black is 0, and numbers of a palette's colours
_NUMBERS = {1: "u1", 3: "u2", 4: "u4", 7: "u1", 13: "u4", 16: "u8", 18: "u8"}  # field type → NumPy's name
_MOST_DIRECTORIES = 1000  # a damaged link may lead back


@dataclass(frozen=True)
class _Layout:
    """What differs between classic TIFF and BigTIFF."""

    order: str  # "<" or ">"
    first: int  # where the offset of the first directory stands
    count: str  # format of the number of fields
    word: str  # format of offsets and of the number of values; as many bytes of values fit into the field itself


@dataclass(frozen=True)
class _Field:
    """The values of a tag, read when they are asked for: the offsets of a large level are many."""

    descriptor: int
    kind: str  # of NumPy
    count: int
    place: int

    def values(self) -> np.ndarray:
        dtype = np.dtype(self.kind)
        return np.frombuffer(_read(self.descriptor, self.place, self.count * dtype.itemsize), dtype)


@dataclass(frozen=True)
class JpegDirectory:
    """An image of `width` × `height` pixels, 8 bits in each of three channels, in JPEG tiles, row by row."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    ycbcr: bool  # otherwise the tiles are coded as RGB
    tables: bytes  # a JPEG stream of tables only, or nothing
    _offsets: _Field
    _sizes: _Field

    @cached_property
    def offsets(self) -> np.ndarray:
        """(tiles,): where each begins in the file."""
        return self._offsets.values()

    @cached_property
    def sizes(self) -> np.ndarray:
        """(tiles,): bytes of each; 0 where there is none."""
        return self._sizes.values()

    @property
    def columns(self) -> int:
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        return -(-self.height // self.tile_height)


@dataclass(frozen=True)
class TiledImages:
    """The images of a TIFF file that are made of tiles."""

    sizes: tuple[tuple[int, int], ...]  # (width, height) of each, however it is compressed
    jpeg: tuple[JpegDirectory, ...]  # those of JPEG tiles that can be decoded here
    misread: str  # what OpenSlide 4 misreads among them, in words; empty if nothing


def tiled_images(descriptor: int) -> TiledImages:
    """Of an open TIFF file.

    Raises:
        ValueError: it is no TIFF file, or its directories are damaged.
    """
    tiled = [fields for fields in _directories(descriptor) if _TILE_WIDTH in fields]
    return TiledImages(
        tuple((_number(fields, _WIDTH), _number(fields, _HEIGHT)) for fields in tiled),
        tuple(found for found in map(_describe, tiled) if found is not None),
        _describe_misread(tiled),
    )


def _describe_misread(tiled: Iterable[Mapping[int, _Field]]) -> str:
    """Of such tiles OpenSlide displaces the rows wherever the image ends within a tile."""
    for fields in tiled:
        if _BITS in fields and fields[_BITS].values().tolist() == [16]:
            return "grey values of 16 bits"
        channels, together = _number(fields, _SAMPLES, 1), _number(fields, _PLANES, _TOGETHER) == _TOGETHER
        if channels > 1 and together and _number(fields, _PHOTOMETRIC, _RGB) in _GREY:
            return f"{channels} channels of grey"
    return ""


def _directories(descriptor: int) -> Iterator[Mapping[int, _Field]]:
    layout = _layout(_read(descriptor, 0, 8))
    word = struct.calcsize(layout.word)
    [place] = struct.unpack(layout.order + layout.word, _read(descriptor, layout.first, word))
    for _ in range(_MOST_DIRECTORIES):
        if place == 0:
            return
        head = struct.calcsize(layout.count)
        [count] = struct.unpack(layout.order + layout.count, _read(descriptor, place, head))
        entry = struct.Struct(f"{layout.order}HH{layout.word}{word}x")
        fields = _read(descriptor, place + head, count * entry.size)
        yield dict(_fields(descriptor, layout, entry, fields, place + head))
        [place] = struct.unpack(layout.order + layout.word, _read(descriptor, place + head + count * entry.size, word))
    raise ValueError(f"more than {_MOST_DIRECTORIES} directories")


def _layout(header: bytes) -> _Layout:
    order = {b"II": "<", b"MM": ">"}.get(header[:2])
    if order is not None:
        [version] = struct.unpack(order + "H", header[2:4])
        if version == 42:
            return _Layout(order, first=4, count="H", word="I")
        if version == 43:
            return _Layout(order, first=8, count="Q", word="Q")
    raise ValueError(f"no TIFF file: it begins with {header!r}")


def _fields(
    descriptor: int, layout: _Layout, entry: struct.Struct, content: bytes, place: int
) -> Iterator[tuple[int, _Field]]:
    """The fields of numbers; `place` is where `content` stands in the file."""
    word = struct.calcsize(layout.word)
    for index, (tag, kind, count) in enumerate(entry.iter_unpack(content)):
        if kind in _NUMBERS:
            dtype = np.dtype(layout.order + _NUMBERS[kind])
            inside = (index + 1) * entry.size - word
            start = place + inside
            if count * dtype.itemsize > word:
                [start] = struct.unpack_from(layout.order + layout.word, content, inside)
            yield tag, _Field(descriptor, dtype.str, count, start)


def _number(fields: Mapping[int, _Field], tag: int, default: int = 0) -> int:
    return int(fields[tag].values()[0]) if tag in fields and fields[tag].count else default


def _describe(fields: Mapping[int, _Field]) -> JpegDirectory | None:
    """None unless the image is of JPEG tiles that hold three interleaved channels of 8 bits."""

    number = partial(_number, fields)
    wanted = {_OFFSETS, _SIZES, _BITS} <= fields.keys() and number(_COMPRESSION) == _JPEG
    if not wanted or number(_PHOTOMETRIC) not in (_RGB, _YCBCR) or number(_PLANES, _TOGETHER) != _TOGETHER:
        return None
    if number(_SAMPLES) != 3 or set(fields[_BITS].values().tolist()) != {8}:
        return None
    directory = JpegDirectory(
        width=number(_WIDTH),
        height=number(_HEIGHT),
        tile_width=number(_TILE_WIDTH),
        tile_height=number(_TILE_HEIGHT),
        ycbcr=number(_PHOTOMETRIC) == _YCBCR,
        tables=fields[_TABLES].values().tobytes() if _TABLES in fields else b"",
        _offsets=fields[_OFFSETS],
        _sizes=fields[_SIZES],
    )
    if min(directory.width, directory.height, directory.tile_width, directory.tile_height) < 1:
        raise ValueError(f"an image of {directory.width} × {directory.height} pixels")
    if not fields[_OFFSETS].count == fields[_SIZES].count == directory.columns * directory.rows:
        raise ValueError(f"{fields[_OFFSETS].count} tiles, not {directory.columns} × {directory.rows}")
    return directory


def _read(descriptor: int, place: int, length: int) -> bytes:
    # A damaged number may be more than fits into memory, or more than the system takes for a place.
    there = place + length <= os.fstat(descriptor).st_size
    content = os.pread(descriptor, length, place) if there else b""
    if not there or len(content) != length:
        raise ValueError(f"{length} bytes at {place} reach beyond the end of the file")
    return content
