from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pomp.slides.regions import evenly, plan_regions, read_region_pixels, tissue_shares
from pomp.slides.slide import Slide
from tests.slides.painting import shrink

Cells = list[tuple[int, int]]


def mask_of(*tissue: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size[::-1], bool)
    for left, top, right, bottom in tissue:
        mask[top:bottom, left:right] = True
    return mask


PLANS: dict[str, tuple[tuple[int, int], np.ndarray, Cells, list[float]]] = {
    # size of level 0, mask, kept (row, column), shares; regions of 100 px, min_tissue 0.25
    # The last column holds 50 of 100 px and is kept, the last row 20, which is too little.
    "all tissue, with regions over the edge": (
        (250, 120), np.ones((120, 250), bool), [(0, 0), (0, 1), (0, 2)], [1, 1, 0.5],
    ),
    # 50 × 50 of 100 × 100 px in the corner.
    "over two edges": (
        (150, 150), mask_of((100, 100, 150, 150), size=(150, 150)), [(1, 1)], [0.25],
    ),
    "row by row": (
        (200, 200), mask_of((50, 0, 100, 200), (100, 100, 200, 200), size=(200, 200)),
        [(0, 0), (1, 0), (1, 1)], [0.5, 0.5, 1],
    ),
    "exactly min_tissue is enough": (
        (200, 100), mask_of((0, 0, 25, 100), (100, 0, 124, 100), size=(200, 100)), [(0, 0)], [0.25],
    ),
    # A pixel of the mask is 10 level-0 pixels.
    "a small mask": ((200, 100), mask_of((0, 0, 5, 10), size=(20, 10)), [(0, 0)], [0.5]),
    # Three columns over 200 px: tissue from 66.7 to 133.3, a third of either region.
    "regions that split the mask's pixels": (
        (200, 100), mask_of((1, 0, 2, 1), size=(3, 1)), [(0, 0), (0, 1)], [1 / 3, 1 / 3],
    ),
    "smaller than a region: one, padded": ((50, 80), np.ones((80, 50), bool), [(0, 0)], [0.4]),
    "narrower than a region: one column": ((50, 210), np.ones((210, 50), bool), [(0, 0), (1, 0)], [0.5, 0.5]),
    "no tissue": ((200, 200), np.zeros((20, 20), bool), [], []),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANS)
def test_plan(case: str) -> None:
    size, mask, cells, shares = PLANS[case]
    plan = plan_regions(size, mask, 100, 0.25)
    assert plan.grid.tolist() == [list(cell) for cell in cells]
    assert plan.coordinates.tolist() == [[100 * column, 100 * row] for row, column in cells]
    assert plan.tissue == pytest.approx(shares)
    assert (plan.grid.dtype, plan.coordinates.dtype, plan.tissue.dtype) == (np.int64, np.int64, np.float32)
    assert plan.grid.shape == plan.coordinates.shape == (len(cells), 2)


def test_the_best_share_is_told_even_if_nothing_is_kept() -> None:
    mask = mask_of((0, 0, 20, 100), size=(200, 100))
    plan = plan_regions((200, 100), mask, 100, 0.25)
    assert (len(plan.tissue), plan.best) == (0, pytest.approx(0.2))


SHARES = {
    # size of level 0, mask, corner, share of a region of 100 px
    "between two rows and columns": ((200, 200), mask_of((0, 0, 100, 100), size=(200, 200)), (50, 75), 0.125),
    "over the edge": ((200, 200), np.ones((200, 200), bool), (150, 0), 0.5),
    "over the corner where slides begin": ((200, 200), np.ones((20, 20), bool), (-50, -50), 0.25),
    # A pixel of the mask is 40 level-0 pixels: of the first column, as of the third, the region shows 30.
    "parts of the mask's pixels": ((400, 400), mask_of((0, 0, 1, 10), (2, 0, 3, 10), size=(10, 10)), (10, 100), 0.6),
    "outside": ((200, 200), np.ones((20, 20), bool), (200, 0), 0),
}


@pytest.mark.parametrize("case", SHARES)
def test_tissue_of_a_region_anywhere(case: str) -> None:
    size, mask, corner, share = SHARES[case]
    found = tissue_shares(np.array([corner]), 100, size, mask)
    assert (found.tolist(), found.dtype) == (pytest.approx([share]), np.float32)


def test_tissue_of_thousands_of_regions_is_that_of_the_grid() -> None:
    mask = np.random.default_rng(2).random((90, 110)) < 0.5
    plan = plan_regions((5000, 4000), mask, 64, 1e-9)
    assert len(plan.coordinates) > 4000
    shuffled = np.random.default_rng(3).permutation(len(plan.coordinates))
    found = tissue_shares(plan.coordinates[shuffled], 64, (5000, 4000), mask)
    assert found == pytest.approx(plan.tissue[shuffled], abs=1e-6)


def test_pixels_of_a_region(slide_file: Path, tissue_pixels: np.ndarray) -> None:
    with Slide(slide_file) as slide:
        corners = np.array([[512, 1024], [0, 0]])
        first, second = (region.copy() for region in read_region_pixels(slide, corners, 512, 32))
    assert (first.shape, first.dtype) == ((32, 32, 3), np.uint8)
    assert np.array_equal(first, shrink(tissue_pixels[1024:1536, 512:1024], 16))
    assert np.array_equal(second, shrink(tissue_pixels[:512, :512], 16))


@pytest.mark.parametrize(
    ("count", "limit", "indices"),
    [
        (5, 9, [0, 1, 2, 3, 4]),
        (5, 5, [0, 1, 2, 3, 4]),
        (10, 1, [5]),
        (10, 2, [2, 7]),
        (9, 3, [1, 4, 7]),
        (7, 3, [1, 3, 5]),
        (4, 3, [0, 2, 3]),
        (0, 3, []),
    ],
)
def test_evenly(count: int, limit: int, indices: list[int]) -> None:
    assert evenly(count, limit).tolist() == indices


def test_evenly_never_repeats() -> None:
    for count in range(1, 60):
        for limit in range(1, count + 1):
            found = evenly(count, limit)
            assert len(found) == limit
            assert (np.diff(found) > 0).all()
            assert 0 <= found[0] <= found[-1] < count
