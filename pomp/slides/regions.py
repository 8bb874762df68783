"""Where a slide's regions lie, how much tissue each shows, and their pixels (section 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pomp.config import SlideConfig
from pomp.errors import SlideError
from pomp.slides.coordinates import RegionPlaces
from pomp.slides.slide import Slide

_AT_ONCE = 1024  # regions


@dataclass(frozen=True)
class RegionGrid:
    """M kept regions of `region_px` level-0 pixels a side; those of our own grid row by row."""

    coordinates: np.ndarray  # (M, 2) int64, level-0 x and y of the upper left corner
    grid: np.ndarray  # (M, 2) int64, row and column
    tissue: np.ndarray  # (M,) float32, share of the region that is tissue
    best: float  # the largest share of tissue of any region, kept or not
    region_px: int
    step: int  # level-0 pixels from one row or column to the next


def region_side(config: SlideConfig, mpp: float | None, name: str) -> int:
    """Side of a region in level-0 pixels: `region_px`, or as many as `region_um` micrometres are on this slide.

    Args:
        mpp: micrometres a level-0 pixel.
        name: of the slide's file, for messages.

    Raises:
        SlideError: `region_um` is set, and the slide states no mpp or is too coarse for such small regions.
    """
    if config.region_um is None:
        return config.region_px
    if mpp is None:
        raise SlideError(
            f"{name} states no mpp (micrometres a pixel), which slides.region_um = {config.region_um:g} needs: add a "
            "column mpp to slides.csv, leave slides.region_um empty to cut regions of slides.region_px pixels, or take "
            "the slide out."
        )
    side = round(config.region_um / mpp)
    if side < config.side:
        raise SlideError(
            f"{name} is too coarse: at mpp {mpp:g}, slides.region_um = {config.region_um:g} are {side} px, and a "
            f"region is stored with {config.side}. Choose a larger slides.region_um, or take the slide out."
        )
    return side


def plan_regions(size: tuple[int, int], mask: np.ndarray, region_px: int, min_tissue: float) -> RegionGrid:
    """The regions of which at least `min_tissue` is tissue.

    The grid starts at (0, 0) of level 0, with a step of `region_px`, so that neither stain nor mask moves it. It covers
    the whole slide: the last column and row may reach beyond the edge, where all is white, and counts as glass.

    Args:
        size: (width, height) of level 0.
        mask: (h, w) bool, the tissue of the whole slide at any scale.
        region_px: side of a region in level-0 pixels.
    """
    columns, rows = (-(-length // region_px) for length in size)
    height, width = mask.shape
    down = _coverage(np.arange(rows) * region_px, region_px, size[1], height)
    across = _coverage(np.arange(columns) * region_px, region_px, size[0], width)
    shares = down @ mask.astype(np.float64) @ across.T  # (rows, columns)
    # Sums of many products: a share of exactly min_tissue must not fall below it by rounding.
    kept = np.argwhere(shares >= min_tissue - 1e-9).astype(np.int64)
    tissue = shares[kept[:, 0], kept[:, 1]].astype(np.float32)
    corners = np.ascontiguousarray(kept[:, ::-1]) * region_px
    return RegionGrid(corners, kept, tissue, float(shares.max()), region_px, region_px)


def place_regions(places: RegionPlaces, size: tuple[int, int], mask: np.ndarray) -> RegionGrid:
    """The regions where another program found them, all and in its order; what they show of our mask is only told.

    Args:
        places: M ≥ 1 regions, checked.
        size, mask: as in `plan_regions`.
    """
    tissue = tissue_shares(places.coordinates, places.size, size, mask)
    return RegionGrid(places.coordinates, places.grid, tissue, float(tissue.max()), places.size, places.step)


def tissue_shares(coordinates: np.ndarray, region_px: int, size: tuple[int, int], mask: np.ndarray) -> np.ndarray:
    """(M,) float32: the share of each region that is tissue; what lies outside the slide counts as glass.

    Args:
        coordinates: (M, 2) level-0 x and y of the upper left corners.
        region_px, size, mask: as in `plan_regions`.
    """
    height, width = mask.shape
    tissue, shares = mask.astype(np.float64), np.empty(len(coordinates), np.float32)
    for start in range(0, len(coordinates), _AT_ONCE):
        x, y = coordinates[start : start + _AT_ONCE].T
        tops, row = np.unique(y, return_inverse=True)  # most regions share their row with others
        lines = _coverage(tops, region_px, size[1], height) @ tissue
        across = _coverage(x, region_px, size[0], width)
        shares[start : start + _AT_ONCE] = np.einsum("mw,mw->m", lines[row], across)
    return shares


def read_region_pixels(slide: Slide, coordinates: np.ndarray, region_px: int, side: int) -> Iterator[np.ndarray]:
    """Each region of `region_px` in turn, shrunk to `side`: (side, side, 3) uint8, the next one in its place.

    Args:
        coordinates: (M, 2) level-0 x and y of the upper left corners.

    Raises:
        SlideError: the file is damaged there.
    """
    extent, pixels = float(region_px), np.empty((side, side, 3), np.uint8)
    for x, y in coordinates.tolist():
        yield slide.read((x, y), (extent, extent), (side, side), pixels)


def evenly(count: int, limit: int) -> np.ndarray:
    """Indices of at most `limit` of `count` items, in order and evenly spread: the middle one of each equal stretch."""
    if limit >= count:
        return np.arange(count)
    return ((2 * np.arange(limit) + 1) * count) // (2 * limit)


def _coverage(starts: np.ndarray, length: int, extent: int, cells: int) -> np.ndarray:
    """(stretches, cells): the share of each stretch that lies in each of the equal cells that fill (0, extent).

    Args:
        starts: (stretches,), each `length` long.
    """
    scale = cells / extent
    first, edges = starts[:, None] * scale, np.arange(cells)[None, :]
    covered = np.minimum(first + length * scale, edges + 1) - np.maximum(first, edges)
    shares: np.ndarray = np.maximum(covered, 0) / (length * scale)
    return shares
