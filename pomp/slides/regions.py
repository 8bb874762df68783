"""Where a slide's regions lie, how much tissue each shows, and their pixels (section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomp.config import SlideConfig
from pomp.slides.slide import Slide


@dataclass(frozen=True)
class RegionGrid:
    """M kept regions, row by row."""

    coordinates: np.ndarray  # (M, 2) int64, level-0 x and y of the upper left corner
    grid: np.ndarray  # (M, 2) int64, row and column
    tissue: np.ndarray  # (M,) float32, share of the region that is tissue
    best: float  # the largest share of tissue of any region, kept or not


def plan_regions(size: tuple[int, int], mask: np.ndarray, config: SlideConfig) -> RegionGrid:
    """The regions of which at least `config.min_tissue` is tissue.

    The grid starts at (0, 0) of level 0, with a step of `config.region_px`, so that neither stain nor mask moves it.
    Only regions wholly inside the slide count; a slide narrower (or lower) than one region has one column (or row) of
    them, which reach beyond the edge: what lies outside is white, and counts as glass.

    Args:
        size: (width, height) of level 0.
        mask: (h, w) bool, the tissue of the whole slide at any scale.
    """
    step = config.region_px
    columns, rows = (max(1, length // step) for length in size)
    height, width = mask.shape
    down = _coverage(rows, step * height / size[1], height)
    across = _coverage(columns, step * width / size[0], width)
    shares = down @ mask.astype(np.float64) @ across.T  # (rows, columns)
    # Sums of many products: a share of exactly min_tissue must not fall below it by rounding.
    kept = np.argwhere(shares >= config.min_tissue - 1e-9).astype(np.int64)
    tissue = shares[kept[:, 0], kept[:, 1]].astype(np.float32)
    return RegionGrid(np.ascontiguousarray(kept[:, ::-1]) * step, kept, tissue, float(shares.max()))


def read_region_pixels(slide: Slide, corner: tuple[int, int], config: SlideConfig) -> np.ndarray:
    """(side, side, 3) uint8: the region whose upper left corner is at level-0 (x, y), shrunk by `config.downsample`.

    Raises:
        SlideError: the file is damaged there.
    """
    extent, side = float(config.region_px), config.side
    return np.asarray(slide.read(corner, (extent, extent), (side, side)))


def evenly(count: int, limit: int) -> np.ndarray:
    """Indices of at most `limit` of `count` items, in order and evenly spread: the middle one of each equal stretch."""
    if limit >= count:
        return np.arange(count)
    return ((2 * np.arange(limit) + 1) * count) // (2 * limit)


def _coverage(count: int, length: float, cells: int) -> np.ndarray:
    """(count, cells): the share of the k-th stretch, from k·length to (k + 1)·length, that lies in each unit cell."""
    starts = np.arange(count)[:, None] * length
    edges = np.arange(cells)[None, :]
    covered = np.minimum(starts + length, edges + 1) - np.maximum(starts, edges)
    shares: np.ndarray = np.maximum(covered, 0) / length
    return shares
