"""Large slides in seconds: pyramids whose levels repeat a few ready-made JPEG tiles.

The container is classic or Big TIFF (Adobe, TIFF 6.0, 1992) in the layout that OpenSlide takes for Aperio's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

TILE = 256
GLASS = (243, 242, 244)

_PALE, _DARK = np.array([235.0, 190.0, 215.0]), np.array([110.0, 60.0, 140.0])
_QUALITY = 70
_SHORT, _LONG, _ASCII, _BYTES, _LONG8 = 3, 4, 2, 7, 16
_FORMATS = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}

Field = tuple[int, int, Sequence[int] | np.ndarray | bytes]  # tag, type, values


@dataclass(frozen=True)
class Level:
    """An image of `width` × `height` pixels: `tiles` (rows, columns) says which block each tile is, -1 for none."""

    width: int
    height: int
    tiles: np.ndarray


@dataclass(frozen=True)
class Coding:
    """How the blocks are coded, as the directories tell it."""

    side: int = TILE
    photometric: int = 6  # 2: RGB, 6: YCbCr
    subsampling: tuple[int, int] = (2, 2)
    tables: bytes = b""
    description: str = "Aperio, repeated tiles|AppMag = 40|MPP = 0.25"


def palette(count: int, seed: int) -> list[bytes]:
    """`count` JPEG tiles of textured tissue, 13 kB each, and as many of glass with a speck of dust."""
    rng = np.random.default_rng(seed)
    blocks = [_tissue(rng) for _ in range(count)] + [_glass(rng) for _ in range(count)]
    return [simplejpeg.encode_jpeg(block, _QUALITY, "RGB", "420") for block in blocks]


def levels_of(
    size: tuple[int, int], downsamples: Sequence[int], region_px: int, regions: int, count: int
) -> list[Level]:
    """The levels of a slide with `regions` squares of tissue, of `region_px` at level 0, in rows around its middle.

    A tile that meets such a square is one of the first `count` blocks, any other one of the next `count`.
    """
    columns, rows = (length // region_px for length in size)
    middle = np.abs(np.arange(rows) - rows // 2)[:, None] + np.abs(np.arange(columns) - columns // 2)[None, :] / columns
    tissue = np.zeros((-(-size[1] // region_px), -(-size[0] // region_px)), bool)
    tissue[np.unravel_index(np.argsort(middle, axis=None, kind="stable")[:regions], middle.shape)] = True
    levels = []
    for downsample in downsamples:
        width, height = (length // downsample for length in size)
        down, across = (-(-length // TILE) for length in (height, width))
        step = max(1, region_px // (TILE * downsample))  # tiles a square
        here = np.kron(tissue, np.ones((step, step), bool))[:down, :across]
        number = np.arange(down)[:, None] * 31 + np.arange(across)[None, :] * 17
        levels.append(Level(width, height, number % count + np.where(here, 0, count)))
    return levels


def write_pyramid(
    path: Path, blocks: Sequence[bytes], levels: Sequence[Level], coding: Coding | None = None, big: bool = False
) -> Path:
    """Write a slide whose tiles are among `blocks`, each of which is stored once. `big`: as BigTIFF."""
    coding = coding or Coding()
    file = _Tiff(big)
    places = np.array([file.append(block) for block in blocks] + [0], np.int64)
    sizes = np.array([len(block) for block in blocks] + [0], np.int64)
    for index, level in enumerate(levels):
        chosen = level.tiles.ravel()
        fields: list[Field] = [
            (256, _LONG, (level.width,)),
            (257, _LONG, (level.height,)),
            (258, _SHORT, (8, 8, 8)),
            (259, _SHORT, (7,)),
            (262, _SHORT, (coding.photometric,)),
            (270, _ASCII, coding.description.encode("ascii") + b"\0"),
            (277, _SHORT, (3,)),
            (322, _SHORT, (coding.side,)),
            (323, _SHORT, (coding.side,)),
            (324, _LONG8 if big else _LONG, places[chosen]),
            (325, _LONG, sizes[chosen]),
        ]
        if coding.tables:
            fields.append((347, _BYTES, coding.tables))
        if coding.photometric == 6:
            fields.append((530, _SHORT, coding.subsampling))
        file.add(fields)
        if index == 0:
            file.add(_thumbnail(file))
    path.write_bytes(file.content)
    return path


def _tissue(rng: np.random.Generator) -> np.ndarray:
    coarse, fine = (_noise(rng, side) for side in (32, 128))
    share = (coarse + fine)[..., None] / 2
    pixels: np.ndarray = (_PALE + (_DARK - _PALE) * share).clip(0, 255).astype(np.uint8)
    return pixels


def _glass(rng: np.random.Generator) -> np.ndarray:
    return (np.array(GLASS) - 3.0 * _noise(rng, 16)[..., None]).astype(np.uint8)


def _noise(rng: np.random.Generator, side: int) -> np.ndarray:
    """(TILE, TILE) in 0–1, smooth over TILE / side pixels."""
    small = Image.fromarray(rng.integers(0, 256, (side, side), np.uint8))
    return np.asarray(small.resize((TILE, TILE), Image.Resampling.BICUBIC), np.float64) / 255


def _thumbnail(file: _Tiff) -> list[Field]:
    """A strip of glass, second in the file as Aperio has it."""
    strip = bytes(GLASS) * 64
    return [
        (256, _LONG, (8,)),
        (257, _LONG, (8,)),
        (258, _SHORT, (8, 8, 8)),
        (259, _SHORT, (1,)),
        (262, _SHORT, (2,)),
        (273, _LONG, (file.append(strip),)),
        (277, _SHORT, (3,)),
        (278, _LONG, (8,)),
        (279, _LONG, (len(strip),)),
    ]


class _Tiff:
    """A little-endian TIFF that grows by one directory at a time."""

    def __init__(self, big: bool) -> None:
        self._word, self._count = ("Q", "Q") if big else ("I", "H")
        self.content = bytearray(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0) if big else b"II*\0\0\0\0\0")
        self._link = len(self.content) - struct.calcsize(self._word)

    def append(self, data: bytes) -> int:
        """Append at an even offset, as TIFF asks, and return the offset."""
        self.content += b"\0" * (len(self.content) % 2)
        offset = len(self.content)
        self.content += data
        return offset

    def add(self, fields: Sequence[Field]) -> None:
        word = struct.calcsize(self._word)
        entries = b""
        for tag, kind, values in sorted(fields, key=lambda field: field[0]):
            data = values if isinstance(values, bytes) else np.asarray(values).astype(f"<{_FORMATS[kind]}").tobytes()
            place = data.ljust(word, b"\0") if len(data) <= word else struct.pack(f"<{self._word}", self.append(data))
            entries += struct.pack(f"<HH{self._word}", tag, kind, len(values)) + place
        offset = self.append(struct.pack(f"<{self._count}", len(fields)) + entries + bytes(word))
        struct.pack_into(f"<{self._word}", self.content, self._link, offset)
        self._link = len(self.content) - word
