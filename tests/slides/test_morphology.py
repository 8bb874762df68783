"""Against SciPy, which takes the windows one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from pomp.slides.morphology import closed, dilated, eroded, majority, mean, opened

MASK = np.random.default_rng(2).random((40, 57)) < 0.4


def window(radius: int) -> np.ndarray:
    return np.ones((2 * radius + 1, 2 * radius + 1), bool)


@pytest.mark.parametrize("radius", [1, 2, 3, 7])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (dilated, lambda mask, radius: ndimage.maximum_filter(mask, footprint=window(radius), mode="nearest")),
        (eroded, lambda mask, radius: ndimage.minimum_filter(mask, footprint=window(radius), mode="nearest")),
        (majority, lambda mask, radius: ndimage.median_filter(mask, footprint=window(radius), mode="nearest")),
    ],
)
def test_as_scipy(
    ours: Callable[[np.ndarray, int], np.ndarray], theirs: Callable[[np.ndarray, int], np.ndarray], radius: int
) -> None:
    assert np.array_equal(ours(MASK, radius), theirs(MASK, radius))


def test_opened_and_closed() -> None:
    """A line of 4 px is narrower than a window of 5, a bar of 6 is not; a gap of 4 is filled, one of 6 is not."""
    mask = np.zeros((30, 60), bool)
    mask[:, 10:14] = mask[:, 30:36] = True
    assert np.array_equal(opened(mask, 2), np.isin(np.arange(60), range(30, 36)) & np.ones((30, 1), bool))
    assert np.array_equal(closed(~mask, 2), ~opened(mask, 2))


def test_mean() -> None:
    values = np.array([[0, 0, 0], [0, 90, 0], [0, 0, 9]], np.uint8)
    # 99 / 9 in the middle; at the corner the outermost pixels repeat: (90 + 4·9) / 9.
    assert (mean(values, 1)[1, 1], mean(values, 1)[2, 2]) == (11, 14)


@pytest.mark.parametrize("radius", [1, 2, 7])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 4), (50, 33)])
def test_mean_and_majority_of_every_window(shape: tuple[int, int], radius: int) -> None:
    """In whole numbers, also where a window is larger than the picture, lies in another order, or is all white."""
    values = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    area = (2 * radius + 1) ** 2
    for picture in (values, np.asfortranarray(values), np.full_like(values, 255)):
        sums = ndimage.convolve(picture.astype(np.int64), window(radius).astype(np.int64), mode="nearest")
        assert np.array_equal(mean(picture, radius), (sums + area // 2) // area)
        counts = ndimage.convolve((picture > 128).astype(np.int64), window(radius).astype(np.int64), mode="nearest")
        assert np.array_equal(majority(picture > 128, radius), counts > area // 2)
