"""Levels and tiles: the file's own are its very pixels, and those that are made lie in the same place."""

from __future__ import annotations

import io
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from openslide import OpenSlide
from PIL import Image

from pomp.errors import SlideError
from pomp.slides import deepzoom
from pomp.slides.deepzoom import OPEN_SLIDES, SlidePyramid, _kept_open, pyramid
from tests.slides.painting import Jpeg, paint, shrink, write_jpeg_slide

WIDTH, HEIGHT = 1203, 1031  # no multiples of a tile
PIXELS = paint((WIDTH, HEIGHT), [(100, 60, 700, 800), (900, 500, 1203, 1031)])

HEAD = b"\xff\xc0\0\x11\x08"  # of a JPEG's frame; its height follows

JPEGS = {
    "YCbCr 4:2:0": Jpeg(),
    "YCbCr without a marker": Jpeg(marked=False),
    "RGB": Jpeg(rgb=True, subsampling="4:4:4"),
    "RGB without a marker": Jpeg(rgb=True, subsampling="4:4:4", marked=False),
    "RGB, YCbCr claimed behind a comment": Jpeg(rgb=True, subsampling="4:4:4", misleading="comment"),
    "tables in every tile": Jpeg(shared_tables=False),
    "tiles of 240, BigTIFF": Jpeg(side=240, big=True),
}


def decode(tile: bytes) -> np.ndarray:
    """As another program sees it, which knows nothing of the file around."""
    image = Image.open(io.BytesIO(tile))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    return np.asarray(image).astype(int)


def assemble(found: SlidePyramid, level: int) -> np.ndarray:
    """A level from its tiles, which are cut off where it ends."""
    facts = found.levels[level]
    picture = np.zeros((facts.height, facts.width, 3), int)
    for row in range(facts.rows):
        for column in range(facts.columns):
            top, left = row * facts.tile_height, column * facts.tile_width
            place = picture[top : top + facts.tile_height, left : left + facts.tile_width]
            place[:] = decode(found.tile(level, column, row))[: place.shape[0], : place.shape[1]]
    return picture


def of_openslide(file: Path, level: int) -> np.ndarray:
    with OpenSlide(file) as slide:
        picture = slide.read_region((0, 0), level, slide.level_dimensions[level])
    white = Image.new("RGB", picture.size, (255, 255, 255))
    white.paste(picture, mask=picture.getchannel("A"))
    return np.asarray(white).astype(int)


def sizes(found: SlidePyramid) -> list[tuple[int, int, int, int | None]]:
    return [(level.width, level.height, level.tile_width, level.native) for level in found.levels]


class TestLevels:
    def test_the_files_own(self, tmp_path: Path) -> None:
        """Four times smaller each, the last a single tile: nothing is added."""
        found = SlidePyramid(write_jpeg_slide(tmp_path / "a.svs", PIXELS, Jpeg(side=240)))
        assert sizes(found) == [(75, 64, 240, 2), (300, 257, 240, 1), (1203, 1031, 240, 0)]
        assert (found.width, found.height, found.mpp) == (WIDTH, HEIGHT, 0.5)

    def test_halves_where_the_file_has_none(self, tmp_path: Path) -> None:
        """From 1 to 16 by 2 and 4; what is odd is rounded up."""
        found = SlidePyramid(write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1, 16)))
        assert sizes(found) == [
            (75, 64, 256, 1), (301, 258, 256, None), (602, 516, 256, None), (1203, 1031, 256, 0),
        ]  # fmt: skip

    def test_down_to_one_tile_below_a_single_level(self, tmp_path: Path) -> None:
        found = SlidePyramid(write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,)))
        assert sizes(found) == [
            (151, 129, 256, None), (301, 258, 256, None), (602, 516, 256, None), (1203, 1031, 256, 0),
        ]  # fmt: skip

    def test_what_is_no_jpeg_is_made(self, slide_file: Path) -> None:
        assert sizes(SlidePyramid(slide_file)) == [
            (128, 128, 256, None),
            (512, 512, 256, None),
            (2048, 2048, 256, None),
        ]

    @pytest.mark.parametrize("side", [64, 4096])
    def test_tiles_too_small_or_too_large_for_a_browser_are_made(self, tmp_path: Path, side: int) -> None:
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, Jpeg(side=side), downsamples=(1,))
        assert {(level.tile_width, level.native) for level in SlidePyramid(file).levels} == {(256, None)}

    def test_an_ordinary_image(self, tmp_path: Path) -> None:
        Image.fromarray(paint((300, 200))).save(tmp_path / "a.png")
        found = SlidePyramid(tmp_path / "a.png")
        assert sizes(found) == [(150, 100, 256, None), (300, 200, 256, None)]
        assert decode(found.tile(1, 1, 0)).shape == (200, 44, 3)


class TestPassedThrough:
    @pytest.mark.parametrize("variant", JPEGS)
    def test_pixels_are_those_of_openslide(self, tmp_path: Path, variant: str) -> None:
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, JPEGS[variant])
        found = SlidePyramid(file)
        for place, level in enumerate(found.levels):
            assert level.native is not None
            assert np.abs(assemble(found, place) - of_openslide(file, level.native)).max() <= 1

    @pytest.mark.parametrize("variant", JPEGS)
    def test_a_tile_is_the_files_own_bytes(self, tmp_path: Path, variant: str) -> None:
        """From the frame header on, behind which all is image."""
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, JPEGS[variant])
        found = SlidePyramid(file)
        with tifffile.TiffFile(file) as tiff:
            start, length = tiff.pages[0].dataoffsets[6], tiff.pages[0].databytecounts[6]
        own = file.read_bytes()[start : start + length]
        columns = found.levels[2].columns
        tile = found.tile(2, 6 % columns, 6 // columns)
        assert tile.endswith(own[own.index(HEAD) :])

    def test_a_real_slide(self, shared_data: Path) -> None:
        """Tiles of 240 pixels, RGB without a marker."""
        file = shared_data / "slides" / "CMU-1-Small-Region.svs"
        found = SlidePyramid(file)
        assert found.levels[-1].native == 0
        assert np.abs(assemble(found, len(found.levels) - 1) - of_openslide(file, 0)).max() <= 1

    def test_a_missing_tile_is_white(self, tmp_path: Path) -> None:
        found = SlidePyramid(write_jpeg_slide(tmp_path / "a.svs", PIXELS, Jpeg(missing=(6,)), downsamples=(1,)))
        assert found.levels[-1].native == 0
        assert decode(found.tile(3, 1, 1)).min() == 255
        assert decode(found.tile(3, 0, 1)).min() < 255


class TestMade:
    @pytest.mark.parametrize("level", [0, 1, 2])
    def test_pixels_are_the_mean_of_the_finer_ones(self, tmp_path: Path, level: int) -> None:
        """But for JPEG's loss on noise; an edge that is half a pixel off would differ by up to 35."""
        found = SlidePyramid(write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,)))
        factor = 2 ** (3 - level)
        expected = shrink(PIXELS, factor).astype(int)
        difference = np.abs(assemble(found, level)[: expected.shape[0], : expected.shape[1]] - expected)
        assert difference.mean() < 2.5
        assert np.percentile(difference, 99) < 20

    def test_a_level_of_the_file_is_read_as_it_is(self, slide_file: Path, tissue_pixels: np.ndarray) -> None:
        found = SlidePyramid(slide_file)
        assert np.abs(assemble(found, 2) - tissue_pixels).mean() < 3
        assert np.abs(assemble(found, 1) - shrink(tissue_pixels, 4)).mean() < 2

    def test_small_levels_are_read_once(self, slide_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Five tiles on two levels of 128 and 512 pixels, one picture of the slide."""
        found, calls = SlidePyramid(slide_file), []
        read = deepzoom.Slide.read
        monkeypatch.setattr(deepzoom.Slide, "read", lambda *arguments: (calls.append(arguments), read(*arguments))[1])
        with ThreadPoolExecutor(4) as threads:
            tiles = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)]
            list(threads.map(lambda address: found.tile(*address), tiles))
        assert [call[3] for call in calls] == [(512, 512)]


class TestRefusals:
    @pytest.mark.parametrize("address", [(-1, 0, 0), (3, 0, 0), (2, 8, 0), (2, 0, 8), (2, -1, 0), (2, 0, -1)])
    def test_a_tile_outside(self, slide_file: Path, address: tuple[int, int, int]) -> None:
        message = r"^painted\.svs has no tile at level .*: it has 3 levels, the deepest with 8 columns and 8 rows\.$"
        with pytest.raises(SlideError, match=message):
            SlidePyramid(slide_file).tile(*address)

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda own: b"\0" * len(own), r"no JPEG stream"),
            (lambda own: own[:2] + b"\xff\xd9" * (len(own) // 2 - 1), "."),
            (lambda own: own.replace(HEAD + b"\1\0", HEAD + b"\2\0"), "256 × 512 pixels"),
        ],
    )  # fmt: skip
    def test_a_damaged_tile_names_its_place(self, tmp_path: Path, spoil: object, message: str) -> None:
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS)
        change_tile(file, 6, spoil)
        found = SlidePyramid(file)
        place = r"^a\.svs is damaged: the pixels at \(256, 256\) of its level of 1203 × 1031 pixels cannot be read \(.*"
        with pytest.raises(SlideError, match=place + message + r".*\)\. Fetch the file again from its source\.$"):
            found.tile(2, 1, 1)
        assert decode(found.tile(2, 0, 1)).shape == (256, 256, 3)

    def test_a_file_that_is_cut_off_while_it_is_open(self, tmp_path: Path) -> None:
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS)
        found = SlidePyramid(file)
        found.tile(2, 1, 1)
        with tifffile.TiffFile(file) as tiff:
            end = tiff.pages[0].dataoffsets[6] + 100
        os.truncate(file, end)
        with pytest.raises(SlideError, match=r"a\.svs is damaged: .* bytes are beyond the file's end"):
            found.tile(2, 1, 1)

    def test_one_damaged_place_hides_no_other_tile(self, tmp_path: Path) -> None:
        """The picture of the whole cannot be read; the tile of another corner can."""
        file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=(1,))
        change_tile(file, 0, lambda own: b"\0" * len(own))
        found = SlidePyramid(file)
        with pytest.raises(SlideError, match=r"a\.svs is damaged: the pixels at \(0, 0\)"):
            found.tile(2, 0, 0)
        expected = shrink(PIXELS, 2)[256:512, 256:512]
        assert np.abs(decode(found.tile(2, 1, 1)) - expected).mean() < 2.5

    def test_a_passing_error_of_the_disk_passes(self, slide_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = SlidePyramid(slide_file)
        with monkeypatch.context() as patch:
            patch.setattr(OpenSlide, "read_region", failing_read)
            with pytest.raises(SlideError, match=r"painted\.svs is damaged: .*Input/output error"):
                found.tile(2, 0, 0)
        assert decode(found.tile(2, 0, 0)).shape == (256, 256, 3)


def change_tile(file: Path, index: int, change: object) -> None:
    """Other bytes of the same length for a tile of level 0."""
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        start, length = tiff.pages[0].dataoffsets[index], tiff.pages[0].databytecounts[index]
    own = bytes(content[start : start + length])
    changed = change(own)
    assert changed != own
    content[start : start + length] = changed[:length].ljust(length, b"\0")
    file.write_bytes(content)


def failing_read(*_: object) -> None:
    raise OSError("Input/output error")


@pytest.mark.parametrize("downsamples", [(1,), (1, 4, 16)])
def test_many_threads_read_the_same_tiles(tmp_path: Path, downsamples: tuple[int, ...]) -> None:
    file = write_jpeg_slide(tmp_path / "a.svs", PIXELS, downsamples=downsamples)
    one = SlidePyramid(file)
    addresses = [
        (level, column, row)
        for level, facts in enumerate(one.levels)
        for column in range(facts.columns)
        for row in range(facts.rows)
    ]
    alone = [one.tile(*address) for address in addresses]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda address: pyramid(file).tile(*address), addresses))
    assert together == alone


def test_open_slides_are_kept_and_bounded(tmp_path: Path) -> None:
    _kept_open.cache_clear()
    Image.fromarray(paint((30, 20))).save(tmp_path / "0.png")
    files = [Path(shutil.copy(tmp_path / "0.png", tmp_path / f"{k}.png")) for k in range(1, OPEN_SLIDES + 5)]
    assert pyramid(files[0]) is pyramid(files[0])
    for file in files:
        pyramid(file)
    assert _kept_open.cache_info().currsize == OPEN_SLIDES


def test_a_file_that_changed_is_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.fromarray(paint((30, 20))).save(file)
    assert pyramid(file).width == 30
    Image.fromarray(paint((50, 20))).save(file)
    os.utime(file, (1, 1))
    assert pyramid(file).width == 50
