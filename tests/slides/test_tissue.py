from __future__ import annotations

import numpy as np
import pytest

from pomp.slides.tissue import otsu_threshold, tissue_mask
from tests.slides.painting import Box, paint

SIZE = (400, 300)
TISSUE: Box = (100, 80, 300, 220)


@pytest.mark.parametrize(
    ("values", "threshold"),
    [
        ([10, 10, 20, 20], 14.5),  # every threshold from 10 to 19 is equally good
        ([0, 1, 1, 2, 9, 10], 5.0),  # from 2 to 8
        ([0, 0, 0, 255], 127.0),  # from 0 to 254
        # Classes {0}, {4, 6}: 1·2·(0 - 5)² = 50; {0, 4}, {6}: 2·1·(2 - 6)² = 32. So from 0 to 3.
        ([0, 4, 6], 1.5),
        ([7, 7, 7], 0.0),
        ([], 0.0),
    ],
)
def test_otsu(values: list[int], threshold: float) -> None:
    assert otsu_threshold(np.array(values, np.uint8)) == threshold


def filled(*boxes: Box) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


def with_box(pixels: np.ndarray, box: Box, colour: tuple[int, int, int]) -> np.ndarray:
    left, top, right, bottom = box
    pixels[top:bottom, left:right] = colour
    return pixels


GLASS = (243, 242, 244)
CASES: dict[str, tuple[np.ndarray, np.ndarray]] = {
    "stained tissue": (paint(SIZE, [TISSUE]), filled(TISSUE)),
    "haematoxylin": (paint(SIZE, [TISSUE], (110, 80, 150)), filled(TISSUE)),
    "DAB": (paint(SIZE, [TISSUE], (150, 110, 80)), filled(TISSUE)),
    "pale tissue": (paint(SIZE, [TISSUE], (238, 215, 226)), filled(TISSUE)),
    "pale beside dark": (
        with_box(paint(SIZE, [TISSUE], (120, 60, 130)), (10, 10, 90, 290), (235, 190, 212)),
        filled(TISSUE, (10, 10, 90, 290)),
    ),
    "a sliver on much glass": (paint(SIZE, [(200, 100, 215, 115)]), filled((200, 100, 215, 115))),
    "glass only": (paint(SIZE), filled()),
    "pure white": (np.full((*SIZE[::-1], 3), 255, np.uint8), filled()),
    "tissue only": (paint(SIZE, [(0, 0, *SIZE)]), filled((0, 0, *SIZE))),
    "black border": (with_box(paint(SIZE, [TISSUE]), (0, 0, 400, 40), (3, 0, 9)), filled(TISSUE)),
    "green ink": (with_box(paint(SIZE, [TISSUE]), (10, 10, 60, 250), (40, 150, 90)), filled(TISSUE)),
    "turquoise ink": (with_box(paint(SIZE, [TISSUE]), (10, 10, 60, 250), (20, 120, 190)), filled(TISSUE)),
    "grey smear": (with_box(paint(SIZE, [TISSUE]), (10, 10, 60, 250), (180, 180, 181)), filled(TISSUE)),
    "dust": (with_box(paint(SIZE, [TISSUE]), (20, 20, 23, 23), (200, 90, 150)), filled(TISSUE)),
    "pinhole": (with_box(paint(SIZE, [TISSUE]), (200, 150, 203, 153), GLASS), filled(TISSUE)),
    "a lumen stays open": (
        with_box(paint(SIZE, [TISSUE]), (180, 130, 220, 170), GLASS),
        filled(TISSUE) & ~filled((180, 130, 220, 170)),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mask(case: str) -> None:
    """Right but for the outermost pixels, which the median and the closing may move."""
    thumbnail, expected = CASES[case]
    mask = tissue_mask(thumbnail)
    assert (mask.shape, mask.dtype) == (expected.shape, np.dtype(bool))
    perimeter = 2 * np.count_nonzero(expected ^ np.roll(expected, 1, 0)) + 2 * np.count_nonzero(
        expected ^ np.roll(expected, 1, 1)
    )
    assert np.count_nonzero(mask ^ expected) <= perimeter


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 500)])
def test_a_tiny_thumbnail(size: tuple[int, int]) -> None:
    assert not tissue_mask(paint(size)).any()
