"""Cohort folders with slides, made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageDraw

from pomp.data.demo.pyramid import Scan, write_slide

MPP = 0.5
SIZE = 2048
BLOCK = 512
BLOCKS = {(512, 512): "#ff0000", (1024, 1024): "#0000ff"}  # x, y of a corner in level-0 pixels


def make_cohort_folder(folder: Path, slides: dict[str, str]) -> Path:
    """A cohort of these slides: file by patient, relative to the folder or absolute."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cohort.toml").write_text(f'name = "{folder.name}"\n')
    rows = "".join(f"{patient},{file}\n" for patient, file in slides.items())
    (folder / "slides.csv").write_text("patient,file\n" + rows)
    return folder


def make_slide(path: Path) -> Path:
    """A white slide of SIZE × SIZE at MPP with BLOCKS of colour."""
    image = Image.new("RGB", (SIZE, SIZE), "white")
    for (x, y), colour in BLOCKS.items():
        ImageDraw.Draw(image).rectangle((x, y, x + BLOCK - 1, y + BLOCK - 1), fill=colour)
    write_slide(path, image, Scan(mpp=MPP, magnification=20, quality=90))
    return path


def make_slide_without_scale(path: Path) -> Path:
    """A grey tiled slide that states no mpp."""
    grey = np.full((512, 512, 3), 128, np.uint8)
    tifffile.imwrite(path, grey, tile=(256, 256), photometric="rgb", metadata=None)
    return path
