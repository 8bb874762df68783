"""Which level is read, and that its pixels are the ones of level 0, averaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from openslide import OpenSlide
from PIL import Image

from pomp.errors import SlideError
from pomp.slides import slide as slide_module
from pomp.slides.slide import Slide, nearest_level
from tests.slides.leica import write_scn
from tests.slides.painting import paint, shrink, write_plain_tiff, write_slide


@pytest.mark.parametrize(
    ("downsamples", "wanted", "level"),
    [
        ((1.0,), 16.0, 0),
        ((1.0, 4.0, 16.0), 16.0, 2),
        ((1.0, 4.0, 16.0003), 16.0, 2),
        ((1.0, 4.0, 16.16), 16.0, 2),
        ((1.0, 4.0, 16.17), 16.0, 1),
        ((1.0, 4.0, 16.0), 15.0, 1),
        ((1.0, 4.0, 16.0), 64.0, 2),
        ((1.0, 4.0, 16.0), 0.5, 0),
        ((1.0, 2.0005, 4.0002), 4.0, 2),
    ],
)
def test_nearest_level(downsamples: tuple[float, ...], wanted: float, level: int) -> None:
    assert nearest_level(downsamples, wanted) == level


Reads = list[tuple[int, tuple[int, int]]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """(level, size) of all that is read from OpenSlide."""
    seen: Reads = []
    original = OpenSlide.read_region

    def read_region(handle: OpenSlide, location: tuple[int, int], level: int, size: tuple[int, int]) -> Image.Image:
        seen.append((level, size))
        return original(handle, location, level, size)

    monkeypatch.setattr(OpenSlide, "read_region", read_region)
    return seen


@pytest.mark.parametrize(
    ("downsamples", "wanted", "expected"),
    [
        ((1, 4, 16), 16, (2, (64, 64))),
        ((1, 4, 16), 8, (1, (256, 256))),
        ((1, 2, 4), 16, (2, (256, 256))),
        ((1,), 16, (0, (1024, 1024))),
    ],
)
def test_a_region_comes_from_the_nearest_level(
    tmp_path: Path, reads: Reads, downsamples: tuple[int, ...], wanted: int, expected: tuple[int, tuple[int, int]]
) -> None:
    pixels = paint((2048, 1104), [(100, 50, 1200, 1000)])
    side = 1024 // wanted
    with Slide(write_slide(tmp_path / "a.svs", pixels, downsamples)) as slide:
        found = slide.read((1024, 0), (1024, 1024), (side, side)).astype(int)
    assert reads == [expected]
    # Averaging twice rounds twice: one grey level at most.
    assert np.abs(found - shrink(pixels[:1024, 1024:], wanted)).max() <= 1


def test_a_level_that_is_a_little_off_serves(tmp_path: Path, reads: Reads) -> None:
    """2060 // 16 is 128: the last level is at 16.09, so a region spans 63.6 of its pixels, not 64."""
    pixels = paint((2060, 2060), [(300, 300, 1500, 1500)])
    with Slide(write_slide(tmp_path / "a.svs", pixels)) as slide:
        found = slide.read((0, 0), (1024, 1024), (64, 64)).astype(int)
    assert [level for level, _ in reads] == [2]
    wrong = np.abs(found - shrink(pixels[:1024, :1024], 16)).max(axis=2) > 8
    assert wrong.mean() < 0.02  # but for the tissue's edge, which lies less than a pixel off


@pytest.mark.parametrize(
    ("side", "level", "length"),
    [
        (512, 1, 512),  # the level as it is
        (600, 1, 512),
        (1024, 1, 512),
        (1023, 1, 512),
        (400, 1, 400),  # 128 would be less than half
        (256, 2, 128),
        (1025, 0, 1025),
        (5000, 0, 2048),  # never enlarged
    ],
)
def test_a_thumbnail_comes_from_a_small_level(
    slide_file: Path, tissue_pixels: np.ndarray, reads: Reads, side: int, level: int, length: int
) -> None:
    """Levels of 2048, 512 and 128 pixels."""
    with Slide(slide_file) as slide:
        thumbnail = slide.thumbnail(side)
    assert {found for found, _ in reads} == {level}
    assert thumbnail.shape == (length, length, 3)
    if 2048 % length == 0:
        assert np.abs(thumbnail.astype(int) - shrink(tissue_pixels, 2048 // length)).max() <= 1


def test_bands_make_the_same_picture(slide_file: Path, monkeypatch: pytest.MonkeyPatch, reads: Reads) -> None:
    with Slide(slide_file) as slide:
        whole = slide.read((100, 40), (1000, 900), (100, 90))
        monkeypatch.setattr(slide_module, "_PIXELS_AT_ONCE", 2000)
        reads.clear()
        banded = slide.read((100, 40), (1000, 900), (100, 90))
    assert len(reads) > 10
    assert max(width * height for _, (width, height) in reads) <= 2000 + 250
    assert np.abs(whole.astype(int) - banded).max() <= 1


def test_a_row_may_be_read_in_parts(slide_file: Path, monkeypatch: pytest.MonkeyPatch, reads: Reads) -> None:
    """One level of a slide far wider than high: a row of its thumbnail stands for hundreds of very long ones."""
    with Slide(slide_file) as slide:
        whole = slide.read((100, 40), (1900, 900), (700, 330))
        monkeypatch.setattr(slide_module, "_PIXELS_AT_ONCE", 600)
        reads.clear()
        parts = slide.read((100, 40), (1900, 900), (700, 330))
    assert max(width * height for _, (width, height) in reads) <= 2 * 600  # that many, and what is begun on each side
    assert np.abs(whole.astype(int) - parts).max() <= 1


def test_outside_is_white(slide_file: Path) -> None:
    with Slide(slide_file) as slide:
        found = slide.read((1536, 1536), (1024, 1024), (64, 64))
    assert (found[32:] == 255).all()
    assert (found[:, 32:] == 255).all()
    assert (found[:32, :32] < 255).all()


@pytest.mark.parametrize(
    ("header", "mpp", "magnification"),
    [
        ("|AppMag = 40|MPP = 0.2525", 0.2525, 40.0),
        ("|AppMag = 20", None, 20.0),
        ("|MPP = 0.5", 0.5, None),
        ("", None, None),
        ("|AppMag = ?|MPP = 0", None, None),
    ],
)
def test_facts_of_the_header(tmp_path: Path, header: str, mpp: float | None, magnification: float | None) -> None:
    with Slide(write_slide(tmp_path / "a.svs", paint((300, 200)), (1,), header)) as slide:
        assert slide.size == (300, 200)
        assert slide.mpp == (None if mpp is None else pytest.approx(mpp))
        assert slide.magnification == magnification


PER_CM = {1e-3: 10_000_000, 0.012: 833_333, 0.25: 40_000, 0.26: 38_462, 0.5: 20_000, 19.5: 513, 352.8: 28.346, 1000: 10}
"""Pixels a centimetre, by µm a pixel."""


@pytest.mark.parametrize(
    ("across", "down", "mpp", "note"),
    [
        (0.25, 0.25, 0.25, ""),
        (0.25, 0.26, 0.255, ""),
        (19.5, 19.5, 19.5, ""),
        (0.012, 0.012, 0.012, ""),
        (1e-3, 1e-3, None, "a.tif says 0.001 across and 0.001 down µm a pixel, {0}: below 0.01 it is a placeholder."),
        (352.8, 352.8, None, "a.tif says 352.8 across and 352.8 down µm a pixel, {0}: above 20 it is a placeholder."),
        (1000, 1000, None, "a.tif says 1000 across and 1000 down µm a pixel, {0}: above 20 it is a placeholder."),
        (0.25, 0.5, None, "a.tif says 0.25 across and 0.5 down µm a pixel, {0}: pixels of a slide are square."),
    ],
)
def test_mpp_that_cannot_be_counts_as_not_stated(
    tmp_path: Path, across: float, down: float, mpp: float | None, note: str
) -> None:
    with Slide(write_plain_tiff(tmp_path / "a.tif", paint((512, 512)), (PER_CM[across], PER_CM[down]))) as slide:
        assert slide.mpp == (None if mpp is None else pytest.approx(mpp, rel=1e-3))
        assert slide.mpp_note == note.format("which counts as not stated")


def test_bounds_of_what_was_scanned(tmp_path: Path, slide_file: Path) -> None:
    """The slide's own size stays that of the whole."""
    with Slide(write_scn(tmp_path / "a.scn", paint((512, 384)), (1024, 768), (256, 128))) as slide:
        assert (slide.size, slide.bounds) == ((1024, 768), (256, 128, 512, 384))
    with Slide(slide_file) as slide:
        assert slide.bounds is None


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_ordinary_images_are_slides_of_one_level(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(paint((320, 200), [(0, 0, 100, 100)])).convert(mode)
    image.save(tmp_path / "a.png")
    with Slide(tmp_path / "a.png") as slide:
        found = slide.read((0, 0), (320, 200), (320, 200))
        assert (slide.size, slide.mpp, slide.magnification) == ((320, 200), None, None)
    assert np.array_equal(found, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(("name", "order"), [("a.png", "<u2"), ("a.tif", "<u2"), ("a.tif", ">u2")])
def test_grey_of_16_bits_keeps_its_shades(tmp_path: Path, name: str, order: str) -> None:
    """65535 is white: 257 steps make one of 8 bits."""
    shades = np.array([[0, 256, 257, 10_000, 32_896, 65_535]])
    Image.fromarray(shades.astype(order)).save(tmp_path / name)
    with Slide(tmp_path / name) as slide:
        found = slide.read((0, 0), (6, 1), (6, 1))
    assert found.tolist() == [[[shade] * 3 for shade in (0, 0, 1, 38, 128, 255)]]


def test_grey_of_16_bits_whose_white_is_0(tmp_path: Path) -> None:
    shades = np.array([[0, 257, 65_535]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", shades, photometric="miniswhite")
    with Slide(tmp_path / "a.tif") as slide:
        assert slide.read((0, 0), (3, 1), (3, 1)).tolist() == [[[shade] * 3 for shade in (255, 254, 0)]]


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_grey_of_32_bits_is_refused(tmp_path: Path, kind: type) -> None:
    Image.fromarray(np.ones((20, 30), kind)).save(tmp_path / "a.tif")
    with pytest.raises(SlideError, match=r"^a\.tif holds grey values of 32 bits, .*: save it with 8 or 16 bits"):
        Slide(tmp_path / "a.tif")


@pytest.mark.parametrize("bigtiff", [False, True])
def test_tiles_of_grey_of_16_bits_are_refused(tmp_path: Path, bigtiff: bool) -> None:
    shades = np.full((96, 100), 30_000, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", shades, tile=(64, 64), bigtiff=bigtiff)
    with pytest.raises(
        SlideError, match=r"^a\.tif holds tiles of grey values of 16 bits.*: save it with 8 bits, or as"
    ):
        Slide(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", (shades // 257).astype(np.uint8), tile=(64, 64), bigtiff=bigtiff)
    with Slide(tmp_path / "b.tif") as slide:
        assert (slide.read((0, 0), (100, 96), (100, 96)) == 116).all()


def test_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (10, 20, 30, 0)).save(tmp_path / "a.png")
    with Slide(tmp_path / "a.png") as slide:
        assert (slide.thumbnail(64) == 255).all()
