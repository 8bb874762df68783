"""Every real slide through the whole stage. The counts were looked at, region by region, on the pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pomp.config import SlideConfig
from pomp.slides import SlideResult, prepare_slides, read_pixels, read_slide_regions, regions_path
from pomp.slides.slide import Slide
from tests.slides.painting import table

SMALL, TCGA, GLASS = "CMU-1-Small-Region", "TCGA-CR-7395-01A-01-TS1", "luna_1065626"
TOO_LITTLE = r"{}.svs has too little tissue: no region of {} px is more than {} tissue"

# region_px, downsample → slide → regions, or what the reason says
EXPECTED: dict[tuple[int, int], dict[str, int | str]] = {
    (4096, 16): {
        SMALL: TOO_LITTLE.format(SMALL, 4096, "12.6 %"),
        TCGA: 1,
        GLASS: TOO_LITTLE.format(GLASS, 4096, "2.8 %"),
    },
    (1024, 4): {SMALL: 4, TCGA: 13, GLASS: TOO_LITTLE.format(GLASS, 1024, "14.8 %")},
    (512, 4): {SMALL: 12, TCGA: 43, GLASS: 5},
}

# slide → share of the thumbnail that is tissue, mpp, magnification
FACTS: dict[str, tuple[float, float | None, float | None]] = {
    SMALL: (0.322, 0.499, 20.0),
    TCGA: (0.624, None, None),
    GLASS: (0.0052, pytest.approx(0.5026), 20.0),
}


@pytest.fixture(scope="module")
def files(shared_data: Path) -> list[Path]:
    """Slides, and a text file that is none."""
    return sorted((shared_data / "slides").iterdir())


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("sizes", EXPECTED)
def test_regions(files: list[Path], tmp_path: Path, sizes: tuple[int, int]) -> None:
    config = SlideConfig(region_px=sizes[0], downsample=sizes[1])
    results = {result.slide: result for result in prepare_slides(table(*files), tmp_path, config)}
    assert "README.md cannot be opened as a slide" in str(results.pop("README").reason)
    assert results.keys() == EXPECTED[sizes].keys()
    for slide, expected in EXPECTED[sizes].items():
        check(results[slide], expected, regions_path(tmp_path, slide, config), config)


def check(result: SlideResult, expected: int | str, path: Path, config: SlideConfig) -> None:
    regions = read_slide_regions(path)
    if isinstance(expected, str):
        assert expected in str(result.reason)
        assert (len(regions.coordinates), regions.reason) == (0, result.reason)
        return
    assert (result.regions, result.reason) == (expected, None)
    pixels = read_pixels(path)
    assert pixels.shape == (expected, config.side, config.side, 3)
    assert (regions.tissue >= config.min_tissue).all()
    share, mpp, magnification = FACTS[result.slide]
    assert regions.mask.mean() == pytest.approx(share, rel=0.05)
    assert (regions.mpp, regions.magnification) == (mpp, magnification)
    colour = pixels.max(axis=3).astype(int) - pixels.min(axis=3)
    assert (colour.mean(axis=(1, 2)) > 8).all()  # stain, which glass has not


@pytest.mark.parametrize(("slide", "corner", "downsample"), [(TCGA, (1536, 1024), 2), (GLASS, (4608, 6144), 4)])
def test_a_smaller_level_lies_where_level_0_does(
    shared_data: Path, slide: str, corner: tuple[int, int], downsample: int
) -> None:
    """Levels at 2.0005 and 4.0002. The scanner's filter and compression are unknown, so pixels differ; but moving
    level 0 by a single one of its pixels makes the difference larger."""
    side = 512 // downsample
    x, y = corner
    with Slide(shared_data / "slides" / f"{slide}.svs") as opened:
        found = opened.read(corner, (512, 512), (side, side)).astype(int)
        around = Image.fromarray(opened.read((x - 1, y - 1), (514, 514), (514, 514)))
    difference = {
        (dx, dy): np.abs(found - around.crop((1 + dx, 1 + dy, 513 + dx, 513 + dy)).reduce(downsample)).mean()
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    }
    assert min(difference, key=lambda shift: difference[shift]) == (0, 0)
    assert difference[0, 0] < 8
