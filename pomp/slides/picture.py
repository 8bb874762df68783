"""A picture to judge by: the thumbnail with the outline of the tissue and the kept regions."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from pomp.slides.store import SlideRegions

_OUTLINE = (0, 158, 115)
_REGION = (213, 94, 0)
_LINE_PX = 2


def picture(regions: SlideRegions) -> Image.Image:
    """The thumbnail, RGB, in its own size, with the mask's outline in green and each kept region as an orange box."""
    pixels = regions.thumbnail.copy()
    pixels[regions.mask & ~ndimage.binary_erosion(regions.mask, iterations=_LINE_PX)] = _OUTLINE
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    scale = np.array([image.width / regions.width, image.height / regions.height])
    for corner in regions.coordinates:
        (left, top), (right, bottom) = corner * scale, (corner + regions.region_px) * scale - 1
        draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=_REGION, width=_LINE_PX)
    return image
