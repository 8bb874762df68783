"""Slides made for tests, which OpenSlide takes for Aperio: lossless ones, whose pixels are known, and of JPEG tiles."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from PIL import Image

from pomp.bench.pyramid import Coding, Level, write_pyramid

GLASS = (243, 242, 244)
EOSIN = (214, 138, 178)
TILE = 256

Box = tuple[int, int, int, int]  # left, top, right, bottom


def paint(size: tuple[int, int], tissue: Sequence[Box] = (), colour: tuple[int, int, int] = EOSIN) -> np.ndarray:
    """(height, width, 3) uint8: glass, with boxes of noisy stained tissue."""
    width, height = size
    noise = np.random.default_rng(5).integers(-3, 4, (height, width, 1))
    pixels = np.full((height, width, 3), GLASS) + noise
    for left, top, right, bottom in tissue:
        pixels[top:bottom, left:right] = np.array(colour) + 4 * noise[top:bottom, left:right]
    return pixels.clip(0, 255).astype(np.uint8)


def shrink(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Mean of factor × factor blocks; what does not fill a block is dropped, as scanners do."""
    height, width = (length // factor for length in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)


def write_slide(
    path: Path, pixels: np.ndarray, downsamples: Sequence[int] = (1, 4, 16), header: str = "|AppMag = 20|MPP = 0.5"
) -> Path:
    """A tiled pyramid with the given levels. No directory is marked as reduced: Aperio's are not."""
    height, width = pixels.shape[:2]
    description = f"Aperio Image\n{width}x{height} ({TILE}x{TILE}){header}"
    common = {"photometric": "rgb", "subfiletype": 0, "metadata": None, "description": description}
    levels = [pixels if downsample == 1 else shrink(pixels, downsample) for downsample in downsamples]
    with tifffile.TiffWriter(path) as tiff:
        for index, level in enumerate(levels):
            tiff.write(level, tile=(TILE, TILE), compression="adobe_deflate", compressionargs={"level": 1}, **common)
            if index == 0:
                tiff.write(shrink(pixels, 16), **common)  # the thumbnail, second and in strips
    return path


def write_plain_tiff(path: Path, pixels: np.ndarray, per_cm: tuple[float, float]) -> Path:
    """A tiled TIFF of no scanner, of so many pixels a centimetre across and down."""
    tifffile.imwrite(
        path,
        pixels,
        tile=(TILE, TILE),
        photometric="rgb",
        metadata=None,
        resolution=per_cm,
        resolutionunit="CENTIMETER",
    )
    return path


def table(*files: Path) -> pd.DataFrame:
    """What `Cohort.slides` holds for these files, each of a patient of its own."""
    rows = [(f"patient of {file.stem}", file.stem, str(file)) for file in files]
    return pd.DataFrame(rows, columns=["patient", "slide", "file"])


@dataclass(frozen=True)
class Jpeg:
    """How tiles are compressed."""

    rgb: bool = False  # otherwise YCbCr
    subsampling: str = "4:2:0"
    shared_tables: bool = True
    marked: bool = True  # with the JFIF or Adobe marker that Pillow writes
    misleading: str = ""  # "comment", "tables" or "shared": behind or in which a marker claims the other colours
    side: int = TILE
    big: bool = False  # BigTIFF
    missing: Sequence[int] = ()  # tiles of level 0 that hold nothing
    missing_below: Sequence[int] = ()  # of level 1
    description: str = "Aperio |AppMag = 20|MPP = 0.5"


def write_jpeg_slide(
    path: Path, pixels: np.ndarray, jpeg: Jpeg | None = None, downsamples: Sequence[int] = (1, 4, 16)
) -> Path:
    """A pyramid of JPEG tiles; what they hold beyond the edge is black, as nobody may look there."""
    jpeg = jpeg or Jpeg()
    blocks: list[bytes] = []
    levels = []
    for number, downsample in enumerate(downsamples):
        level = pixels if downsample == 1 else shrink(pixels, downsample)
        height, width = level.shape[:2]
        rows, columns = (-(-length // jpeg.side) for length in (height, width))
        padded = np.zeros((rows * jpeg.side, columns * jpeg.side, 3), np.uint8)
        padded[:height, :width] = level
        tiles = np.arange(rows * columns) + len(blocks)
        for row in range(rows):
            for column in range(columns):
                y, x = row * jpeg.side, column * jpeg.side
                blocks.append(compress(padded[y : y + jpeg.side, x : x + jpeg.side], jpeg, 2))
        tiles[list((jpeg.missing, jpeg.missing_below, ())[number])] = -1
        levels.append(Level(width, height, tiles.reshape(rows, columns)))
    horizontal, vertical = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}[jpeg.subsampling]
    coding = Coding(
        side=jpeg.side,
        photometric=2 if jpeg.rgb else 6,
        subsampling=(horizontal, vertical),
        tables=compress(pixels[:8, :8], jpeg, 1) if jpeg.shared_tables else b"",
        description=jpeg.description,
    )
    return write_pyramid(path, blocks, levels, coding, jpeg.big)


def compress(pixels: np.ndarray, jpeg: Jpeg, stream: int) -> bytes:
    """A JPEG stream. `stream`: 1 for its tables only, 2 for all but them where they are shared."""
    buffer = io.BytesIO()
    kind = stream if jpeg.shared_tables else 0
    Image.fromarray(pixels).save(
        buffer, "JPEG", quality=85, subsampling=jpeg.subsampling, keep_rgb=jpeg.rgb, streamtype=kind
    )
    content = buffer.getvalue()
    if stream == 1:
        return mislead_tables(content, jpeg) if jpeg.misleading == "shared" else content
    if jpeg.marked and not jpeg.misleading:
        return content
    assert content[2:3] == b"\xff"
    assert 0xE0 <= content[3] <= 0xEF
    if jpeg.misleading:
        return mislead(content, jpeg)
    return content[:2] + content[end_of_segment(content, 2) :]


def mislead(content: bytes, jpeg: Jpeg) -> bytes:
    """With `claim` behind a comment, or behind the tables or the frame."""
    start = end_of_segment(content, 2)  # of what stands behind Pillow's own marker
    if jpeg.misleading == "comment":
        return content[:2] + b"\xff\xfe\0\x04ab" + claim(jpeg) + content[start:]
    end = end_of_segment(content, start) if jpeg.misleading == "tables" else start
    return content[:2] + content[start:end] + claim(jpeg) * (end > start) + content[end:]


def mislead_tables(content: bytes, jpeg: Jpeg) -> bytes:
    return content[:2] + claim(jpeg) + content[2:]


def claim(jpeg: Jpeg) -> bytes:
    """A marker of the other colour space, and behind a fill byte one of JFIF, where that would be the other, too."""
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([jpeg.rgb])
    return adobe + b"\xff\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" * jpeg.rgb


def end_of_segment(content: bytes, start: int) -> int:
    assert content[start] == 0xFF
    return start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
