"""Which pixels of a slide's thumbnail are tissue."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

SATURATION_LIMITS = (0.05, 0.15)
"""Where the threshold may lie. Otsu's method splits any picture in two: without the lower limit the noise of an empty
slide, without the upper one the paler half of a slide that is all tissue."""

_BLACK = 50  # no channel of stained tissue is this dark at thumbnail scale; borders of the scan and ink are
_INK_GREEN = 20  # haematoxylin, eosin and DAB all leave green at or below red; green and turquoise ink does not
_SMALLEST_SHARE = 2e-4  # of the thumbnail's pixels: smaller specks are dust, smaller holes belong to the tissue


def tissue_mask(thumbnail: np.ndarray) -> np.ndarray:
    """True where the thumbnail shows tissue: coloured, neither black nor ink; specks and pinholes are cleared away.

    The saturation is smoothed by a 5×5 median and cut at Otsu's threshold, kept within `SATURATION_LIMITS`.

    Args:
        thumbnail: (h, w, 3) uint8, RGB over white.

    Returns:
        (h, w) bool.
    """
    colours = thumbnail.astype(np.int16)
    brightest, darkest = colours.max(axis=2), colours.min(axis=2)
    foreign = (brightest < _BLACK) | (colours[..., 1] > colours[..., 0] + _INK_GREEN)
    saturation = np.where(foreign, 0, (brightest - darkest) * 255 // np.maximum(brightest, 1)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(saturation).filter(ImageFilter.MedianFilter(5)))  # twice as fast as SciPy's
    lowest, highest = (limit * 255 for limit in SATURATION_LIMITS)
    threshold = min(max(otsu_threshold(smooth[~foreign]), lowest), highest)
    mask = (smooth > threshold) & ~foreign
    mask = ndimage.binary_closing(np.pad(mask, 3, mode="edge"), _DISK)[3:-3, 3:-3] & ~foreign
    smallest = round(mask.size * _SMALLEST_SHARE)
    return ~_without_specks(~_without_specks(mask, smallest), smallest)


_DISK = np.hypot(*np.mgrid[-3:4, -3:4]) <= 3


def otsu_threshold(values: np.ndarray) -> float:
    """The value that splits `values` (uint8) into two classes with the largest variance between them (Otsu, 1979).

    Values above the threshold are the upper class. Where a range of thresholds is equally good, its middle; 0 where
    all values are equal or there are none.
    """
    counts = np.bincount(values.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
    between = np.where((below > 0) & (above > 0), below * above * gap**2, 0.0)
    best = between.max()
    return float(np.flatnonzero(between == best).mean()) if best > 0 else 0.0


def _without_specks(mask: np.ndarray, smallest: int) -> np.ndarray:
    """`mask` without the connected areas of fewer than `smallest` pixels."""
    labels, _ = ndimage.label(mask)
    large = np.bincount(labels.ravel()) >= smallest
    large[0] = False
    return large[labels]
