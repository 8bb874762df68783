"""Tiles decoded here are OpenSlide's, pixel for pixel; at a fraction of the size, nearly the mean of its pixels."""

from __future__ import annotations

import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from openslide import OpenSlide
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.slide import Slide
from tests.slides.painting import Jpeg, paint, shrink, write_jpeg_slide

WIDTH, HEIGHT = 1203, 1031  # no multiples of a tile
PIXELS = paint((WIDTH, HEIGHT), [(100, 60, 700, 800), (900, 500, 1203, 1031)])

VARIANTS = {
    "YCbCr 4:2:0": Jpeg(),
    "YCbCr 4:2:2": Jpeg(subsampling="4:2:2"),
    "YCbCr 4:4:4": Jpeg(subsampling="4:4:4"),
    "YCbCr without a marker": Jpeg(marked=False),
    "RGB": Jpeg(rgb=True, subsampling="4:4:4"),
    "RGB without a marker": Jpeg(rgb=True, subsampling="4:4:4", marked=False),
    "YCbCr, RGB claimed behind a comment": Jpeg(misleading="comment"),
    "YCbCr, RGB claimed behind the tables": Jpeg(misleading="tables", shared_tables=False),
    "YCbCr, RGB claimed in the shared tables": Jpeg(misleading="shared"),
    "RGB, YCbCr claimed behind a comment": Jpeg(rgb=True, subsampling="4:4:4", misleading="comment"),
    "RGB, YCbCr claimed behind the frame": Jpeg(rgb=True, subsampling="4:4:4", misleading="tables"),
    "RGB, YCbCr claimed in the shared tables": Jpeg(rgb=True, subsampling="4:4:4", misleading="shared"),
    "tables in every tile": Jpeg(shared_tables=False),
    "tiles of 240": Jpeg(side=240),
    "BigTIFF": Jpeg(big=True),
    "generic TIFF": Jpeg(description="of no known scanner"),
    "missing tiles": Jpeg(missing=(0, 7, 24)),
    "missing tiles, generic": Jpeg(missing=(0, 7), missing_below=(1,), description="of no known scanner"),
}


def write(folder: Path, variant: Jpeg) -> Path:
    return write_jpeg_slide(folder / "a.svs", PIXELS, variant)


def of_openslide(file: Path, level: int, corner: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    with OpenSlide(file) as slide:
        found = slide.read_region(corner, level, size)
    white = Image.new("RGB", size, (255, 255, 255))
    white.paste(found, mask=found.getchannel("A"))
    return np.asarray(white)


@pytest.mark.parametrize("variant", VARIANTS)
def test_pixels_are_those_of_openslide(tmp_path: Path, variant: str) -> None:
    """Whole levels with a margin around, which is white."""
    file = write(tmp_path, VARIANTS[variant])
    with Slide(file) as slide:
        assert slide.jpeg[0] is not None
        for level, (width, height) in enumerate(slide.handle.level_dimensions):
            tiles = slide.jpeg[level]
            if tiles is not None:
                found = tiles.read((0, 0), (width + 30, height + 20))
                assert np.array_equal(found, of_openslide(file, level, (0, 0), (width + 30, height + 20)))
        corner, extent = (-40, 200), (700, 900)
        found = slide.read(corner, extent, (700, 900))
    assert np.array_equal(found, of_openslide(file, 0, corner, extent))
    assert (found[:, :40] == 255).all()


@pytest.mark.parametrize("missing", [(), (7,)])
def test_a_level_below_missing_tiles_is_left_to_openslide(tmp_path: Path, missing: tuple[int, ...]) -> None:
    """OpenSlide fills it from the finer level."""
    with Slide(write(tmp_path, Jpeg(missing=missing))) as slide:
        assert [level is None for level in slide.jpeg] == [False, bool(missing), bool(missing)]


def test_what_is_no_jpeg_is_left_to_openslide(slide_file: Path) -> None:
    with Slide(slide_file) as slide:
        assert slide.jpeg == [None, None, None]


@pytest.mark.parametrize(("factor", "largest"), [(2, 16), (4, 8), (8, 4)])
def test_a_fraction_is_nearly_the_mean(tmp_path: Path, factor: int, largest: int) -> None:
    """`largest` grey levels at most, on tissue that is noisy to the pixel; at the slide's edge as well."""
    file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,))
    width, height = WIDTH // factor * factor, HEIGHT // factor * factor
    expected = shrink(of_openslide(file, 0, (0, 0), (width, height)), factor).astype(int)
    with Slide(file) as slide:
        found = slide.read((0, 0), (width, height), (width // factor, height // factor))
    assert np.abs(found - expected).max() <= largest
    assert np.abs(found - expected).mean() < 0.6


def test_a_pixel_astride_the_edge_is_part_white(tmp_path: Path) -> None:
    """1203 = 150·8 + 3: the last column of eighths is 3 parts slide and 5 parts white; the tile is black beyond."""
    file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,))
    with Slide(file) as slide:
        found = slide.read((1200, 0), (8, 8 * 50), (1, 50)).astype(int)
        glass = of_openslide(file, 0, (1200, 0), (3, 400)).reshape(50, 8, 3, 3).mean(axis=(1, 2))
    assert np.abs(found[:, 0] - (3 * glass + 5 * 255) / 8).max() <= 1


def test_a_single_level_serves_every_scale(tmp_path: Path) -> None:
    """To a sixteenth: decoded to an eighth, then halved by a box filter."""
    file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,))
    with Slide(file) as slide:
        found = slide.read((256, 256), (512, 512), (32, 32)).astype(int)
    assert np.abs(found - shrink(of_openslide(file, 0, (256, 256), (512, 512)), 16)).max() <= 2


def test_a_level_half_a_pixel_off_is_read_as_it_is(tmp_path: Path) -> None:
    """1203 and 1031 are no multiples of 4: level 1 is at 4.0108, where the region reaches from 127.66 to 255.31. The
    128 pixels read around its middle are those from 127."""
    file = write(tmp_path, Jpeg())
    with Slide(file) as slide:
        assert slide.handle.level_downsamples[1] == pytest.approx(4.011, abs=0.001)
        found = slide.read((512, 0), (512, 512), (128, 128))
    level = of_openslide(file, 1, (0, 0), (300, 257))
    assert np.array_equal(found, level[:128, 127:255])


def test_a_real_slide(shared_data: Path) -> None:
    """Tiles of 240 pixels, RGB without a marker."""
    file = shared_data / "slides" / "CMU-1-Small-Region.svs"
    with Slide(file) as slide:
        assert slide.jpeg[0] is not None
        found = slide.read((0, 0), slide.size, slide.size)
        assert np.array_equal(found, of_openslide(file, 0, (0, 0), slide.size))


def test_many_threads_read_the_same_pixels(tmp_path: Path) -> None:
    file = write(tmp_path, Jpeg())
    corners = [(x, y) for x in range(0, 1200, 97) for y in range(0, 1000, 89)]
    with Slide(file) as slide, ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda corner: slide.read(corner, (300, 300), (300, 300)), corners))
    with Slide(file) as slide:
        alone = [slide.read(corner, (300, 300), (300, 300)) for corner in corners]
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))


TILE_AND_OTHERS = pytest.mark.parametrize(
    ("corner", "side", "size"),
    [((256, 256), 256, 256), ((300, 300), 300, 300), ((256, 256), 512, 128), ((300, 300), 301, 40)],
    ids=["a tile", "several tiles", "shrunk tiles", "averaged"],
)


@TILE_AND_OTHERS
def test_what_was_read_is_the_callers_own(corner: tuple[int, int], side: int, size: int, tmp_path: Path) -> None:
    """Tiles that are kept for the next region do not change with it."""
    with Slide(write(tmp_path, Jpeg())) as slide:
        pixels = slide.read(corner, (side, side), (size, size))
        before = pixels.copy()
        pixels[:] = 0
        assert np.array_equal(slide.read(corner, (side, side), (size, size)), before)


@TILE_AND_OTHERS
def test_pixels_are_put_where_they_are_wanted(corner: tuple[int, int], side: int, size: int, tmp_path: Path) -> None:
    place = np.zeros((size, size, 3), np.uint8)
    with Slide(write(tmp_path, Jpeg())) as slide:
        expected = slide.read(corner, (side, side), (size, size))
        assert slide.read(corner, (side, side), (size, size), place) is place
        slide.jpeg[0] = None  # by OpenSlide
        plain = slide.read(corner, (side, side), (size, size))
        other = np.zeros_like(place)
        assert slide.read(corner, (side, side), (size, size), other) is other
    assert np.array_equal(place, expected)
    assert np.array_equal(other, plain)


def test_a_damaged_tile_names_its_place(tmp_path: Path) -> None:
    file = write(tmp_path, Jpeg())
    content = bytearray(file.read_bytes())
    with Slide(file) as slide:
        tiles = slide.jpeg[0]
        assert tiles is not None
        start = int(tiles._directory.offsets[6])  # the second of the second row, of 5 a row
        content[start + 20 : start + 60] = b"\xff\xd9" * 20
    file.write_bytes(content)
    message = r"^a\.svs is damaged: the pixels at \(256, 256\) of its level of 1203 × 1031 pixels cannot be read \(.*"
    with Slide(file) as slide, pytest.raises(SlideError, match=message + r"Fetch the file again from its source\.$"):
        slide.read((300, 300), (10, 10), (10, 10))


@pytest.mark.parametrize(
    ("tag", "number"),
    [("TileOffsets", 2**63), ("TileOffsets", 2**64 - 1), ("TileOffsets", 2**40), ("TileByteCounts", 2**32 - 1)],
)
def test_a_tile_beyond_the_end_names_its_place(tmp_path: Path, tag: str, number: int) -> None:
    """More than the system takes for a place, and more than should be asked of memory."""
    file = write(tmp_path, Jpeg(big=True))
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        place = tiff.pages[0].tags[tag].valueoffset
    struct.pack_into("<Q" if tag == "TileOffsets" else "<I", content, place, number)
    file.write_bytes(content)
    message = (
        r"^a\.svs is damaged: the pixels at \(0, 0\) of its level of 1203 × 1031 .* bytes are beyond the file's end"
    )
    tracemalloc.start()
    with Slide(file) as slide:
        for size in ((10, 10), (256, 256)):
            with pytest.raises(SlideError, match=message):
                slide.read((0, 0), size, size)
        tiles = slide.jpeg[0]
        assert tiles is not None
        with pytest.raises(SlideError, match=message):
            tiles.stream(0, 0)
    assert tracemalloc.get_traced_memory()[1] < 2**27
    tracemalloc.stop()
