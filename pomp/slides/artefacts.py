"""What has colour on a slide and is no tissue: ink, black borders, and folds, where it lies double.

Stains are told from ink by optical density, −ln of the transmitted share of light (Lambert–Beer): any mixture of
haematoxylin, eosin and DAB is a sum of theirs with positive weights (Ruifrok and Johnston, 2001), and ink is none.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from pomp.slides.morphology import dilated, mean, opened

_GLASS = 245.0
_DENSITY = -np.log(np.maximum(np.arange(256, dtype=np.float32), 1) / _GLASS)

_BLACK = 50  # no channel of stained tissue is this dark at thumbnail scale; borders of the scan and ink are
_INK_GREEN = 20  # haematoxylin, eosin and DAB all leave green at or below red; green and turquoise ink does not
_STRONG_DENSITY = 0.8
_STRONG = round(_GLASS * np.exp(-_STRONG_DENSITY))  # the channel value of that density

_FOLD_BRIGHTNESS = 115
_FOLD_DENSITY = 1.6  # times that of three quarters of the tissue; twice the tissue is twice the density
_FOLD_WIDTH = 1 / 32  # of the thumbnail's longer side, at most
_FOLD_ELONGATION = 4  # length² / area, at least; 4/π for a disc, about the ratio of its sides for a band


def ink_mask(channels: np.ndarray) -> np.ndarray:
    """(h, w) bool: pens of all colours and black borders.

    Args:
        channels: (3, h, w) uint8, RGB.
    """
    red, green, _ = channels
    ink: np.ndarray = channels.max(axis=0) < _BLACK
    ink |= np.maximum(green, _INK_GREEN) - _INK_GREEN > red
    strong = np.flatnonzero(channels.min(axis=0) < _STRONG)
    ink.ravel()[strong] |= _is_strong_ink(*_DENSITY.take(channels.reshape(3, -1).take(strong, axis=1)))
    return ink


def _is_strong_ink(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """By the densities of pixels that are dark in one channel at least; faint ones are too noisy to tell inks by."""
    least, most = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    # Haematoxylin, the bluest of the stains, absorbs green most.
    dark_blue = (red > _STRONG_DENSITY) & (red > 0.95 * green)
    # Eosin spares blue, and DAB, which does not, absorbs red as well.
    crimson = (green > _STRONG_DENSITY) & (blue > 0.8 * green) & (blue < 1.25 * green) & (red < 0.25 * blue)
    grey = (least > _STRONG_DENSITY) & (least > 0.75 * most)
    ink: np.ndarray = dark_blue | crimson | grey
    return ink


def fold_mask(channels: np.ndarray, tissue: np.ndarray) -> np.ndarray:
    """(h, w) bool: dark bands of tissue, narrow and long. Dark areas of another shape are cells that lie densely.

    Args:
        channels: (3, h, w) uint8, RGB.
        tissue: (h, w) bool, the tissue with its folds.
    """
    brightest = channels.max(axis=0)
    if not (tissue & (brightest < _FOLD_BRIGHTNESS)).any():
        return np.zeros_like(tissue)
    dark = tissue & (mean(brightest, 2) < _FOLD_BRIGHTNESS)
    green = mean(channels[1], 2)
    ordered = np.cumsum(np.bincount(green[tissue], minlength=256))
    typical = _DENSITY[np.searchsorted(ordered, ordered[-1] / 4)]  # the darker quarter begins here
    dark &= _DENSITY[green] > _FOLD_DENSITY * typical
    longer = max(tissue.shape)
    bands = opened(dark, 1)
    bands &= ~opened(bands, max(1, round(longer * _FOLD_WIDTH / 2)))
    labels, _ = ndimage.label(bands)
    areas = np.bincount(labels.ravel())
    folds = np.zeros(len(areas), bool)
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        length = np.hypot(*(side.stop - side.start for side in box))
        folds[label] = length > longer * _FOLD_WIDTH and length**2 > _FOLD_ELONGATION * areas[label]
    return dilated(folds[labels], 2)
