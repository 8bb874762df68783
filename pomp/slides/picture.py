"""A picture to judge by: the thumbnail with the outline of the tissue and the kept regions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pomp.slides.morphology import eroded
from pomp.slides.store import SlideRegions, read_slide_regions

_OUTLINE = (0, 158, 115)
_REGION = (213, 94, 0)
_LINE_PX = 2
_QUALITY = 80


def picture(regions: SlideRegions, side: int | None = None) -> Image.Image:
    """The thumbnail, RGB, with the mask's outline in green and each kept region as an orange box.

    Args:
        side: the longer side in pixels, at most; None: as large as the thumbnail.
    """
    image, mask = Image.fromarray(regions.thumbnail), Image.fromarray(regions.mask)
    if side is not None and max(image.size) > side:
        width, height = (max(1, round(length * side / max(image.size))) for length in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)
        mask = mask.resize((width, height), Image.Resampling.NEAREST)
    line = _LINE_PX if side is None else 1
    pixels, tissue = np.array(image), np.asarray(mask, bool)
    pixels[tissue & ~eroded(tissue, line)] = _OUTLINE
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    scale = np.array([image.width / regions.width, image.height / regions.height])
    for corner in regions.coordinates:
        (left, top), (right, bottom) = corner * scale, (corner + regions.region_px) * scale - 1
        draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=_REGION, width=line)
    return image


def small_picture(path: Path, side: int = 256) -> bytes:
    """`picture` of a region file as JPEG, for a page that shows many; the slide itself is not opened.

    Raises:
        SlideError: there is no such file, or it is damaged.
    """
    buffer = io.BytesIO()
    picture(read_slide_regions(path), side).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
