"""Opening a slide file, and what it says of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import openslide
from openslide import AbstractSlide, ImageSlide, OpenSlide, OpenSlideError, OpenSlideUnsupportedFormatError
from PIL import Image
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from pomp.errors import SlideError

Bounds = tuple[int, int, int, int]
"""x, y, width and height in level-0 pixels."""

GENERIC = "generic-tiff"
"""What OpenSlide calls tiled TIFFs of no known maker."""

LARGEST_MPP = 20.0
"""Micrometres a pixel above which a file's word is a placeholder, such as 72 dpi: tissue is scanned at 0.1 to 10."""

SMALLEST_MPP = 0.01
"""Micrometres a pixel below which a file's word is a placeholder, or in another unit: light shows nothing finer."""

_MPP_TOLERANCE = 0.05  # by how much mpp across and down may differ, as a share of the smaller
_BOUNDS = (
    openslide.PROPERTY_NAME_BOUNDS_X,
    openslide.PROPERTY_NAME_BOUNDS_Y,
    openslide.PROPERTY_NAME_BOUNDS_WIDTH,
    openslide.PROPERTY_NAME_BOUNDS_HEIGHT,
)


def open_slide(file: Path) -> AbstractSlide:
    """A slide as OpenSlide reads it, or an ordinary image.

    Raises:
        SlideError: there is no such file, or it cannot be opened as a slide.
    """
    if not file.is_file():
        raise SlideError(f"There is no slide file {file}. Put it back, or correct slides.csv.")
    try:
        with suppress(OpenSlideUnsupportedFormatError):
            return OpenSlide(file)
        with Image.open(file) as image:
            return ImageSlide(_rgba(image, file.name))
    except (OpenSlideError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # SyntaxError and ValueError are what Pillow raises for some damaged images.
        raise SlideError(
            f"{file.name} cannot be opened as a slide ({error}). It may be incomplete or of a format that OpenSlide "
            "does not know: fetch it again from its source, or convert it to a pyramidal TIFF."
        ) from error


def _rgba(image: Image.Image, name: str) -> Image.Image:
    """Pillow clips grey of more than 8 bits at 255, which is nearly black there, and makes it white.

    Nor does it look whether 0 is black or white there.
    """
    if image.mode in {"I", "F"}:
        raise SlideError(
            f"{name} holds grey values of 32 bits, and what is white in it is not known: save it with 8 or 16 bits, or "
            "as a pyramidal TIFF in RGB."
        )
    if image.mode.startswith("I;16"):
        shades = (np.asarray(image) // 257).astype(np.uint8)
        inverted = isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0
        image = Image.fromarray(255 - shades if inverted else shades)
    return image.convert("RGBA")


def stated_mpp(properties: Mapping[str, str], name: str) -> tuple[float | None, str]:
    """Micrometres a pixel, and why what the file says of them is not taken; empty if it is, or if it says nothing."""
    found = [stated_number(properties, key) for key in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)]
    known = [value for value in found if value is not None]
    if not known:
        return None, ""
    smallest, largest = min(known), max(known)
    if largest > LARGEST_MPP:
        why = f"above {LARGEST_MPP:g} it is a placeholder"
    elif smallest < SMALLEST_MPP:
        why = f"below {SMALLEST_MPP:g} it is a placeholder"
    elif largest > smallest * (1 + _MPP_TOLERANCE):
        why = "pixels of a slide are square"
    else:
        return sum(known) / len(known), ""
    stated = " across and ".join(f"{value:.4g}" for value in known) + (" down" if len(known) == 2 else "")
    return None, f"{name} says {stated} µm a pixel, which counts as not stated: {why}."


def stated_bounds(properties: Mapping[str, str]) -> Bounds | None:
    """None unless all four are stated."""
    try:
        x, y, width, height = (int(properties[name]) for name in _BOUNDS)
    except (KeyError, ValueError):
        return None
    return x, y, width, height


def stated_number(properties: Mapping[str, str], name: str) -> float | None:
    """None unless it is positive and finite."""
    try:
        value = float(properties.get(name, ""))
    except ValueError:
        return None
    return value if 0 < value < math.inf else None
