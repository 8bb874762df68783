from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from openslide import OpenSlide

from pomp.bench.pyramid import levels_of, palette, write_pyramid


@pytest.mark.parametrize("big", [False, True])
def test_openslide_takes_it_for_aperio(tmp_path: Path, big: bool) -> None:
    """Three squares of 1024 px are tissue; every pixel of them is darker than glass in green."""
    levels = levels_of((5000, 4100), (1, 4), 1024, 3, 2)
    file = write_pyramid(tmp_path / "a.svs", palette(2, 0), levels, big=big)
    with OpenSlide(file) as slide:
        assert slide.properties["openslide.vendor"] == "aperio"
        assert slide.level_dimensions == ((5000, 4100), (1250, 1025))
        for level in (0, 1):
            size = slide.level_dimensions[level]
            green = np.asarray(slide.read_region((0, 0), level, size))[..., 1]
            assert (green < 215).mean() == pytest.approx(3 * 1024**2 / (5000 * 4100), rel=0.01)


def test_blocks_are_as_large_as_a_scanners() -> None:
    sizes = [len(block) for block in palette(3, 0)]
    assert all(10_000 < size < 16_000 for size in sizes[:3])
    assert all(1_000 < size < 2_500 for size in sizes[3:])
