from __future__ import annotations

import io
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from openslide import OpenSlide
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

from pomp.errors import SlideError
from pomp.slides.deepzoom import OPEN_SLIDES, DeepZoomPyramid, _kept_open, pyramid
from tests.slides.painting import paint


def decode(tile: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(tile))
    assert image.format == "JPEG"
    return np.asarray(image).astype(int)


def test_sizes_and_descriptor(slide_file: Path) -> None:
    found = DeepZoomPyramid(slide_file)
    assert (found.width, found.height, found.mpp) == (2048, 2048, 0.5)
    assert 'TileSize="254"' in found.descriptor()
    assert 'Overlap="1"' in found.descriptor()
    assert 'Format="jpeg"' in found.descriptor()
    assert '<Size Width="2048" Height="2048" />' in found.descriptor()


@pytest.mark.parametrize(
    ("level", "column", "row"), [(0, 0, 0), (7, 0, 0), (8, 1, 1), (9, 1, 0), (10, 4, 2), (11, 2, 1), (11, 8, 8)]
)
def test_tiles_are_those_of_openslide(slide_file: Path, level: int, column: int, row: int) -> None:
    """The same size and place; pixels differ by JPEG's loss on noise, and by another filter where the tissue ends."""
    with OpenSlide(slide_file) as slide:
        expected = DeepZoomGenerator(slide, 254, 1, limit_bounds=False).get_tile(level, (column, row))
    found = decode(DeepZoomPyramid(slide_file).tile(level, column, row))
    assert found.shape[1::-1] == expected.size
    assert np.abs(found - np.asarray(expected)).mean() < 6


def test_the_deepest_level_is_level_0(slide_file: Path, tissue_pixels: np.ndarray) -> None:
    """Tile (2, 1) begins at 2·254 - 1 and 1·254 - 1."""
    found = decode(DeepZoomPyramid(slide_file).tile(11, 2, 1))
    assert np.abs(found - tissue_pixels[253 : 253 + 256, 507 : 507 + 256]).mean() < 6


def test_an_ordinary_image(tmp_path: Path) -> None:
    Image.fromarray(paint((300, 200))).save(tmp_path / "a.png")
    assert decode(DeepZoomPyramid(tmp_path / "a.png").tile(9, 1, 0)).shape == (200, 47, 3)


@pytest.mark.parametrize("address", [(-1, 0, 0), (12, 0, 0), (11, 9, 0), (11, 0, 9), (11, -1, 0)])
def test_a_tile_outside(slide_file: Path, address: tuple[int, int, int]) -> None:
    message = r"^painted\.svs has no tile at level .*: it has 12 levels, the deepest with \(9, 9\) columns and rows"
    with pytest.raises(SlideError, match=message):
        DeepZoomPyramid(slide_file).tile(*address)


def test_many_threads_read_the_same_tiles(slide_file: Path) -> None:
    addresses = [(11, column, row) for column in range(8) for row in range(8)]
    alone = [DeepZoomPyramid(slide_file).tile(*address) for address in addresses]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda address: pyramid(slide_file).tile(*address), addresses))
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


def test_a_passing_error_of_the_disk_passes(slide_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = DeepZoomPyramid(slide_file)
    with monkeypatch.context() as patch:
        patch.setattr(OpenSlide, "read_region", failing_read)
        with pytest.raises(SlideError, match=r"painted\.svs is damaged: .*Input/output error"):
            found.tile(11, 0, 0)
    assert decode(found.tile(11, 0, 0)).shape == (255, 255, 3)


def failing_read(*_: object) -> None:
    raise OSError("Input/output error")
