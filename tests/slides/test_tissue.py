from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

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
    left_out = np.full((1, 7), 255)
    picture = np.hstack([np.array([values]).reshape(1, -1), left_out]).astype(np.uint8)
    assert otsu_threshold(picture, np.arange(picture.size)[None] < len(values)) == threshold


def filled(*boxes: Box) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


def with_box(pixels: np.ndarray, box: Box, colour: tuple[int, int, int]) -> np.ndarray:
    left, top, right, bottom = box
    pixels[top:bottom, left:right] = colour
    return pixels


def with_line(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """A slanting line of 4 pixels over the whole height, left of the tissue."""
    for row in range(pixels.shape[0]):
        start = 20 + row // 10
        pixels[row, start : start + 4] = colour
    return pixels


def with_ring(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """A circle of radius 35 and 4 pixels' width, left of the tissue."""
    distance = np.hypot(*(np.mgrid[: pixels.shape[0], : pixels.shape[1]] - np.array([150, 45])[:, None, None]))
    pixels[abs(distance - 35) <= 2] = colour
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
    **{
        f"{name} ink": (with_box(paint(SIZE, [TISSUE]), (10, 10, 60, 250), colour), filled(TISSUE))
        for name, colour in {
            "green": (40, 150, 90),
            "pale green": (150, 205, 170),
            "turquoise": (20, 120, 190),
            "blue": (40, 60, 160),
            "dark blue": (30, 30, 140),
            "navy": (25, 25, 70),
            "red": (210, 40, 50),
            "bright red": (225, 60, 60),
            "dark red": (150, 20, 30),
            "black": (60, 55, 70),
            "faded black": (90, 88, 95),
        }.items()
    },
    "ink on the tissue": (
        with_box(paint(SIZE, [TISSUE]), (150, 100, 170, 200), (40, 60, 160)),
        filled(TISSUE) & ~filled((150, 100, 170, 200)),
    ),
    "blood": (paint(SIZE, [TISSUE], (195, 60, 90)), filled(TISSUE)),
    "strong eosin": (paint(SIZE, [TISSUE], (220, 80, 140)), filled(TISSUE)),
    "brown DAB on blue nuclei": (paint(SIZE, [TISSUE], (105, 70, 85)), filled(TISSUE)),
    "pale blue nuclei": (paint(SIZE, [TISSUE], (165, 172, 205)), filled(TISSUE)),
    "edge of a coverslip, grey": (with_line(paint(SIZE, [TISSUE]), (120, 122, 125)), filled(TISSUE)),
    "edge of a coverslip, tinted": (with_line(paint(SIZE, [TISSUE]), (190, 150, 165)), filled(TISSUE)),
    "rim of an air bubble": (with_ring(paint(SIZE, [TISSUE]), (150, 120, 140)), filled(TISSUE)),
    "a fold": (
        with_box(paint(SIZE, [TISSUE]), (140, 80, 148, 220), (90, 35, 95)),
        filled(TISSUE) & ~filled((140, 80, 148, 220)),
    ),
    "a fold beside dense cells, which stay": (
        with_box(
            with_box(paint(SIZE, [TISSUE]), (140, 80, 148, 220), (90, 35, 95)), (200, 120, 260, 180), (100, 45, 110)
        ),
        filled(TISSUE) & ~filled((140, 80, 148, 220)),
    ),
    "a band of cells, not twice as dense": (
        with_box(paint(SIZE, [TISSUE]), (140, 80, 148, 220), (130, 80, 150)),
        filled(TISSUE),
    ),
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
    """Right but for three pixels on either side of an outline, which the windows may move."""
    thumbnail, expected = CASES[case]
    mask = tissue_mask(thumbnail)
    assert (mask.shape, mask.dtype) == (expected.shape, np.dtype(bool))
    window = np.ones((7, 7), bool)
    assert mask[ndimage.binary_erosion(expected, window, border_value=1)].all()
    assert not mask[~ndimage.binary_dilation(expected, window)].any()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 500)])
def test_a_tiny_thumbnail(size: tuple[int, int]) -> None:
    assert not tissue_mask(paint(size)).any()
