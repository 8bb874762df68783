"""Which pixels of a slide's thumbnail are tissue."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pomp.slides.artefacts import fold_mask, ink_mask
from pomp.slides.morphology import closed, dilated, majority, mean, opened

SATURATION_LIMITS = (0.05, 0.15)
"""Where the threshold may lie. Otsu's method splits any picture in two: without the lower limit the noise of an empty
slide, without the upper one the paler half of a slide that is all tissue."""

# Radii of windows, in pixels of the thumbnail.
_HOLE = 3  # narrower gaps belong to the tissue
_SPECK = 2  # narrower spots and lines are dust, edges of the coverslip and of bubbles, or shreds of no use


def tissue_mask(thumbnail: np.ndarray) -> np.ndarray:
    """True where the thumbnail shows tissue: coloured, no ink, border or fold; specks, lines and pinholes are cleared.

    The saturation is cut at Otsu's threshold, kept within `SATURATION_LIMITS`, and smoothed by a 5×5 median.

    Args:
        thumbnail: (h, w, 3) uint8, RGB over white.

    Returns:
        (h, w) bool.
    """
    channels = np.ascontiguousarray(thumbnail.transpose(2, 0, 1))
    ink = dilated(majority(ink_mask(channels), 1), 2)
    brightest, darkest = channels.max(axis=0), channels.min(axis=0)
    # In steps of 1/255, as Otsu's histogram has them.
    saturation = ((brightest - darkest) * np.float32(255) / np.maximum(brightest, 1)).astype(np.uint8)
    saturation[ink] = 0
    lowest, highest = (limit * 255 for limit in SATURATION_LIMITS)
    threshold = min(max(otsu_threshold(mean(saturation, 2), ~ink), lowest), highest)
    mask = majority(saturation > threshold, 2) & ~ink
    mask = opened(closed(mask, _HOLE) & ~ink, _SPECK)
    mask &= ~fold_mask(channels, mask)
    return mask


def otsu_threshold(values: np.ndarray, where: np.ndarray) -> float:
    """The value that splits some values into two classes with the largest variance between them (Otsu, 1979).

    Values above the threshold are the upper class. Where a range of thresholds is equally good, its middle; 0 where
    all values are equal or there are none.

    Args:
        values: (h, w) uint8.
        where: (h, w) bool, those that count.
    """
    counts = np.array(Image.fromarray(values).histogram(Image.fromarray(where.view(np.uint8))), np.float64)
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
    between = np.where((below > 0) & (above > 0), below * above * gap**2, 0.0)
    best = between.max()
    return float(np.flatnonzero(between == best).mean()) if best > 0 else 0.0
