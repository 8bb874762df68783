"""A pyramidal slide file that OpenSlide takes for Aperio.

The container is written here, in classic TIFF (Adobe, TIFF 6.0, 1992; JPEG as in Technical Note 2, 1995): tifffile
2026.3 takes ready-made JPEG tiles only where the imagecodecs package is installed, which nothing else here needs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

TILE = 256
DOWNSAMPLES = (1, 4, 16)
_THUMBNAIL_SIDE = 512
_WHITE = (255, 255, 255)

_SHORT, _LONG, _ASCII, _BYTES = 3, 4, 2, 7  # field types
_FORMATS = {_SHORT: "H", _LONG: "I"}
_JPEG, _YCBCR = 7, 6
_FULL_STREAM_WITHOUT_TABLES, _TABLES_ONLY = 2, 1  # Pillow's `streamtype`

Field = tuple[int, int, tuple[int, ...] | bytes]  # tag, type, values


@dataclass(frozen=True)
class Scan:
    """What the header states: micrometres a pixel and magnification of level 0, and the JPEG quality."""

    mpp: float
    magnification: int
    quality: int


def write_slide(path: Path, image: Image.Image, scan: Scan) -> None:
    """Write an RGB image as a tiled JPEG pyramid with levels 1, 1/4 and 1/16 and a thumbnail.

    Tiles of the same content, the white ones, are stored once. No directory is marked as a reduced image: OpenSlide
    would pass over it in an Aperio file.
    """
    description = _description(image, scan)
    levels = [image if downsample == 1 else image.reduce(downsample) for downsample in DOWNSAMPLES]
    thumbnail = image.copy()
    thumbnail.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    file = _Tiff()
    file.add(levels[0], TILE, scan.quality, description)
    file.add(thumbnail, None, scan.quality, description)  # second, where the Aperio layout has it
    for level in levels[1:]:
        file.add(level, TILE, scan.quality, description)
    path.write_bytes(file.content())


def _description(image: Image.Image, scan: Scan) -> str:
    width, height = image.size
    head = f"Aperio layout, synthetic slide\n{width}x{height} ({TILE}x{TILE}) JPEG Q={scan.quality}"
    return f"{head}|AppMag = {scan.magnification}|MPP = {scan.mpp:g}"


class _Tiff:
    """A little-endian classic TIFF that grows by one JPEG-compressed directory at a time."""

    def __init__(self) -> None:
        self._content = bytearray(struct.pack("<2sHI", b"II", 42, 0))
        self._link = 4  # where the offset of the next directory belongs

    def content(self) -> bytes:
        return bytes(self._content)

    def add(self, image: Image.Image, tile: int | None, quality: int, description: str) -> None:
        """Append `image` in tiles of side `tile`, or in a single strip if there is none."""
        offsets, sizes = self._blocks(_tiles(image, tile) if tile else iter([image]), quality)
        fields: list[Field] = [
            (256, _LONG, (image.width,)),
            (257, _LONG, (image.height,)),
            (258, _SHORT, (8, 8, 8)),
            (259, _SHORT, (_JPEG,)),
            (262, _SHORT, (_YCBCR,)),
            (270, _ASCII, description.encode("ascii") + b"\0"),
            (277, _SHORT, (3,)),
            (347, _BYTES, _jpeg(image, quality, _TABLES_ONLY)),
            (530, _SHORT, (2, 2)),  # chroma is stored at half the resolution
        ]
        if tile:
            fields += [(322, _LONG, (tile,)), (323, _LONG, (tile,)), (324, _LONG, offsets), (325, _LONG, sizes)]
        else:
            fields += [(273, _LONG, offsets), (278, _LONG, (image.height,)), (279, _LONG, sizes)]
        self._directory(sorted(fields))

    def _blocks(self, images: Iterator[Image.Image], quality: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Append the compressed images; their offsets and sizes."""
        written: dict[bytes, int] = {}
        blocks = [_jpeg(image, quality, _FULL_STREAM_WITHOUT_TABLES) for image in images]
        for block in blocks:
            if block not in written:
                written[block] = self._append(block)
        return tuple(written[block] for block in blocks), tuple(len(block) for block in blocks)

    def _append(self, data: bytes) -> int:
        """Append at an even offset, as TIFF asks, and return the offset."""
        self._content += b"\0" * (len(self._content) % 2)
        offset = len(self._content)
        self._content += data
        return offset

    def _directory(self, fields: list[Field]) -> None:
        entries = b""
        for tag, kind, values in fields:
            data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)
            place = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", self._append(data))
            entries += struct.pack("<HHI", tag, kind, len(values)) + place
        offset = self._append(struct.pack("<H", len(fields)) + entries + struct.pack("<I", 0))
        struct.pack_into("<I", self._content, self._link, offset)
        self._link = len(self._content) - 4


def _tiles(image: Image.Image, side: int) -> Iterator[Image.Image]:
    """Row by row; what a tile has beyond the right or lower edge is white."""
    for y in range(0, image.height, side):
        for x in range(0, image.width, side):
            tile = Image.new("RGB", (side, side), _WHITE)
            tile.paste(image.crop((x, y, min(x + side, image.width), min(y + side, image.height))))
            yield tile


def _jpeg(image: Image.Image, quality: int, streamtype: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", optimize=True, streamtype=streamtype)
    return buffer.getvalue()
