"""Slides made for tests: lossless pyramids that OpenSlide takes for Aperio, so that pixels can be compared exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

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


def table(*files: Path) -> pd.DataFrame:
    """What `Cohort.slides` holds for these files, each of a patient of its own."""
    rows = [(f"patient of {file.stem}", file.stem, str(file)) for file in files]
    return pd.DataFrame(rows, columns=["patient", "slide", "file"])
