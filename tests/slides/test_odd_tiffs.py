"""TIFFs that are no slide of a scanner: what OpenSlide takes for levels and is none, and what it misreads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from pomp.errors import SlideError
from pomp.slides.deepzoom import SlidePyramid
from pomp.slides.slide import Slide
from tests.slides.painting import paint, shrink


@pytest.mark.parametrize("description", ["of no known scanner", "Aperio |AppMag = 20|MPP = 0.5"])
@pytest.mark.parametrize("channels", [2, 3])
def test_tiles_of_several_channels_of_grey_are_refused(tmp_path: Path, channels: int, description: str) -> None:
    shades = np.random.default_rng(1).integers(0, 256, (96, 100, channels), np.uint8)
    common = {"tile": (64, 64), "description": description, "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", shades, photometric="minisblack", planarconfig="contig", **common)
    with pytest.raises(
        SlideError,
        match=rf"^a\.tif holds tiles of {channels} channels of grey.*: save it with 8 bits, or as a pyramidal",
    ):
        Slide(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", [np.uint32, np.float32])
def test_a_kind_of_pixels_that_openslide_lacks_is_no_damage(tmp_path: Path, kind: type) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((96, 100, 3), kind), tile=(64, 64), photometric="rgb")
    message = r"^a\.tif holds pixels of a kind that OpenSlide cannot read \(.* 32-bit samples\): save it with 8 bits"
    with Slide(tmp_path / "a.tif") as slide, pytest.raises(SlideError, match=message):
        slide.read((0, 0), (10, 10), (10, 10))


@pytest.mark.parametrize("shape", [(128, 300), (90, 512), (300, 120)])
@pytest.mark.parametrize("compression", ["jpeg", "adobe_deflate"])
def test_a_label_among_the_levels_is_not_read(tmp_path: Path, shape: tuple[int, int], compression: str) -> None:
    """A generic TIFF's levels are whatever is tiled and marked as reduced, of the same place or not."""
    pixels = paint((512, 512), [(0, 0, 512, 512)])
    common = {"tile": (128, 128), "photometric": "rgb", "compression": compression}
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(pixels, **common)
        tiff.write(np.zeros((*shape, 3), np.uint8), subfiletype=1, **common)
        tiff.write(shrink(pixels, 8), subfiletype=1, **common)
    with Slide(tmp_path / "a.tif") as slide:
        assert slide.handle.level_count == 3
        for side in (16, 64, 200, 300, 512):
            assert slide.thumbnail(side).min() > 100
            assert slide.read((0, 0), (512, 512), (side, side)).min() > 100
    found = SlidePyramid(tmp_path / "a.tif")
    assert {level.width / level.height for level in found.levels} == {1}


@pytest.mark.parametrize(
    ("size", "level"),
    [
        ((100, 70), (25, 17)),
        ((101, 71), (26, 18)),
        ((1000, 1), (250, 1)),
        ((3, 2), (1, 1)),
        ((40_000, 3000), (9950, 750)),
    ],
)
def test_a_level_of_the_slides_shape_is_read(tmp_path: Path, size: tuple[int, int], level: tuple[int, int]) -> None:
    """Rounded either way, or a little off."""
    wide, small = (np.broadcast_to(np.uint8(200), (height, width, 3)) for width, height in (size, level))
    common = {"tile": (512, 512), "photometric": "rgb", "compression": "adobe_deflate"}
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(wide, **common)
        tiff.write(small, subfiletype=1, **common)
    with Slide(tmp_path / "a.tif") as slide:
        assert slide.downsamples == slide.handle.level_downsamples


@pytest.mark.parametrize("reduced", [0, 1])
def test_two_images_of_one_size_are_left_to_openslide(tmp_path: Path, reduced: int) -> None:
    """The level has lossless tiles; the one of JPEG tiles shows something else."""
    pixels, other = paint((512, 512), [(0, 0, 256, 256)]), paint((512, 512), [(256, 256, 512, 512)])
    common = {"tile": (256, 256), "photometric": "rgb"}
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(pixels, compression="adobe_deflate", **common)
        tiff.write(other, compression="jpeg", subfiletype=reduced, **common)
    with Slide(tmp_path / "a.tif") as slide:
        assert np.array_equal(slide.read((0, 0), (512, 512), (512, 512)), pixels)
