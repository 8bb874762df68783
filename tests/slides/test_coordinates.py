"""Regions where TRIDENT or CLAM found them: read from their files, and cut from the slide."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from pomp.config import SlideConfig
from pomp.errors import SlideError
from pomp.slides.coordinates import USUAL_PX, read_coordinates
from pomp.slides.prepare import SlideResult, prepare_slides
from pomp.slides.regions import read_region_pixels
from pomp.slides.slide import Slide
from pomp.slides.store import SlideRegions, read_pixels, read_slide_regions, regions_path
from tests.slides.layouts import PLACES, write_clam_places, write_h5, write_trident_places
from tests.slides.painting import paint, shrink, table, write_slide

CONFIG = SlideConfig(region_px=2048, downsample=64, min_tissue=0.9)
"""What coordinates overrule, but for the 32 pixels of a stored region's side."""

COORDINATES = np.array([[304, 208], [816, 208], [1600, 1696]])
"""Of 512 px: 304 · 464 and 512 · 464 of 512² px are tissue; the third is glass, and reaches over two edges."""


GRIDS = {
    # coordinates, attributes, expected size, step, whether it is stated, expected rows and columns
    "regions that overlap by half": (
        [(0, 0), (128, 0), (256, 0), (0, 128)], {"patch_size_level0": 256}, 256, 128, True,
        [(0, 0), (0, 1), (0, 2), (1, 0)],
    ),
    "pieces of tissue with a grid each": (
        [(0, 0), (256, 0), (1000, 100), (1256, 100), (1256, 356)], {}, 256, 256, False,
        [(0, 0), (0, 1), (0, 4), (0, 5), (1, 5)],
    ),
    "a size at level 0": (
        [(0, 0), (512, 0)], {"patch_size": 512, "patch_level": 0}, 512, 512, True, [(0, 0), (0, 1)],
    ),
    "a size at a level that is not described": (
        [(0, 0), (512, 0)], {"patch_size": 256, "patch_level": 1}, 512, 512, False, [(0, 0), (0, 1)],
    ),
    "gaps between all regions": (
        [(0, 0), (1024, 0), (3072, 0)], {"patch_size_level0": 512}, 512, 512, True, [(0, 0), (0, 2), (0, 6)],
    ),
    "a size in an array": ([(0, 0), (512, 0)], {"patch_size_level0": [512]}, 512, 512, True, [(0, 0), (0, 1)]),
    "sizes of x and of y": (
        [(0, 0), (512, 0)], {"patch_size": (256, 256), "downsample": (2.0, 2.0)}, 512, 512, True, [(0, 0), (0, 1)],
    ),
    "a size beyond all slides": ([(0, 0), (512, 0)], {"patch_size_level0": 1e30}, 512, 512, False, [(0, 0), (0, 1)]),
    "a size that cannot be": ([(0, 0), (512, 0)], {"patch_size_level0": -1.0}, 512, 512, False, [(0, 0), (0, 1)]),
    "fractions of a pixel": ([(0.4, 0), (255.6, 0)], {"patch_size_level0": 256}, 256, 256, True, [(0, 0), (0, 1)]),
    "a single region": ([(700, 900)], {}, USUAL_PX, USUAL_PX, False, [(0, 0)]),
    "no two in a row": ([(0, 0), (300, 600)], {"patch_size_level0": 300}, 300, 300, True, [(0, 0), (2, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("case", GRIDS)
def test_rows_and_columns(case: str, tmp_path: Path) -> None:
    coordinates, attributes, size, step, stated, grid = GRIDS[case]
    path = write_h5(tmp_path / "a.h5", coords=np.array(coordinates))
    with h5py.File(path, "a") as file:
        file["coords"].attrs.update(attributes)
    found = read_coordinates(path)
    assert (found.size, found.step, found.stated) == (size, step, stated)
    assert [tuple(place) for place in found.grid.tolist()] == grid


@pytest.mark.parametrize("layout", PLACES)
def test_coordinates_alone(layout: str, tmp_path: Path) -> None:
    found = read_coordinates(PLACES[layout](tmp_path / "a.h5", COORDINATES, 512))
    assert (found.coordinates.tolist(), found.size, found.stated) == (COORDINATES.tolist(), 512, True)


def cut(slide: Path, places: Path, folder: Path, config: SlideConfig = CONFIG) -> SlideResult:
    [result] = prepare_slides(table(slide).assign(coordinates=str(places)), folder, config)
    return result


def stored_in(folder: Path, config: SlideConfig = CONFIG) -> tuple[SlideRegions, np.ndarray]:
    path = regions_path(folder, "painted", config)
    return read_slide_regions(path), read_pixels(path)


@pytest.mark.usefixtures("here")
class TestCutting:
    @pytest.mark.parametrize("layout", PLACES)
    def test_every_place_is_cut(self, layout: str, slide_file: Path, tissue_pixels: np.ndarray, tmp_path: Path) -> None:
        places = PLACES[layout](tmp_path / "painted.h5", COORDINATES, 512)
        result = cut(slide_file, places, tmp_path)
        assert (result.regions, result.reason, result.file) == (3, None, str(slide_file))
        regions, pixels = stored_in(tmp_path)
        assert regions.coordinates.tolist() == COORDINATES.tolist()
        assert regions.grid.tolist() == [[0, 0], [0, 1], [3, 3]]
        assert (regions.region_px, regions.downsample, regions.side, regions.overlap) == (512, 16.0, 32, 0)
        assert regions.tissue == pytest.approx([304 * 464 / 512**2, 464 / 512, 0], abs=0.02)
        padded = np.pad(tissue_pixels, ((0, 512), (0, 512), (0, 0)), constant_values=255)
        expected = [shrink(padded[y : y + 512, x : x + 512], 16) for x, y in COORDINATES]
        assert np.array_equal(pixels, expected)

    def test_a_size_that_is_no_multiple_in_overlapping_places(self, slide_file: Path, tmp_path: Path) -> None:
        """300 px every 150: half of each stored region, 16 of 32 pixels, is seen twice."""
        corners = [(601, 333), (751, 333), (901, 333)]
        cut(slide_file, write_trident_places(tmp_path / "painted.h5", np.array(corners), 300), tmp_path)
        regions, pixels = stored_in(tmp_path)
        assert (regions.region_px, regions.side, regions.overlap) == (300, 32, 16)
        assert regions.grid.tolist() == [[0, 0], [0, 1], [0, 2]]
        with Slide(slide_file) as slide:
            expected = [region.copy() for region in read_region_pixels(slide, np.array(corners), 300, 32)]
        assert np.array_equal(pixels, expected)

    def test_micrometres_do_not_count_and_need_not_be_known(self, tmp_path: Path) -> None:
        slide = write_slide(tmp_path / "painted.svs", paint((512, 512), [(0, 0, 512, 512)]), header="")
        config = SlideConfig(region_px=2048, downsample=64, region_um=256)
        places = write_clam_places(tmp_path / "painted.h5", np.array([[0, 0], [128, 128]]), 128)
        assert (cut(slide, places, tmp_path, config).regions, stored_in(tmp_path, config)[0].region_px) == (2, 128)

    def test_what_changes_is_cut_again(self, slide_file: Path, tmp_path: Path) -> None:
        """Without coordinates the one region of 2048 px has too little tissue."""
        write = write_trident_places
        places = write(tmp_path / "painted.h5", COORDINATES, 512)
        steps = [
            cut(slide_file, places, tmp_path),
            cut(slide_file, places, tmp_path),
            cut(slide_file, write(tmp_path / "painted.h5", COORDINATES[::-1], 512), tmp_path),
            prepare_slides(table(slide_file), tmp_path, CONFIG)[0],
            prepare_slides(table(slide_file).assign(coordinates=""), tmp_path, CONFIG)[0],
        ]
        assert [(step.cached, step.regions) for step in steps] == [
            (False, 3), (True, 3), (False, 3), (False, 0), (True, 0),
        ]  # fmt: skip


def placed(size: int, *corners: tuple[int, int]) -> Callable[[Path], Path]:
    coordinates = np.array(corners, np.int64).reshape(-1, 2)
    return lambda path: write_trident_places(path, coordinates, size)


def of(content: bytes | None = None, **datasets: object) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path = path.with_name("painted_patches.h5")
        if content is not None:
            path.write_bytes(content)
        elif datasets:
            write_h5(path, **datasets)
        return path

    return write


FAILURES: dict[str, tuple[Callable[[Path], Path], str]] = {
    # how the coordinate file of a slide of 2048 × 2048 px is made, what is said
    "to the right": (
        placed(256, (1024, 0), (2047, 2047), (2048, 0)),
        r"^painted_patches\.h5 has 1 of 3 regions outside painted\.svs, which is 2048 × 2048 px; the first is region 3 "
        r"at \(2048, 0\)\. Name the coordinates of this slide, in pixels of its level 0\.",
    ),
    "below": (placed(256, (0, 9999), (0, 2048)), r"2 of 2 regions outside painted\.svs.* region 1 at \(0, 9999\)"),
    "to the left": (placed(256, (-255, 0), (-256, 0)), r"1 of 2 regions outside .* region 2 at \(-256, 0\)"),
    "to be enlarged": (
        placed(31, (0, 0)),
        r"^painted_patches\.h5 has regions of 31 px, and a region is stored with 32, so they would be enlarged\. "
        r"Raise slides\.downsample, or make",
    ),
    "larger than the slide": (
        placed(2049, (0, 0)), r"has regions of 2049 px, more than the 2048 × 2048 px of painted\.svs: name the coord",
    ),
    "no region": (placed(256), r"^painted_patches\.h5 lists no region: take slide painted\.svs out, or look whether"),
    "no size": (
        of(coords=COORDINATES),
        r"^painted_patches\.h5 does not say how large its regions are \(patch_size_level0, or patch_size and downsampl",
    ),
    "no coordinates": (of(features=np.ones((3, 2))), r"painted_patches\.h5 has no dataset 'coords'; it has 'features'"),
    "damaged": (of(b"no HDF5"), r"painted_patches\.h5 is damaged, or no HDF5 file"),
    "gone": (of(), r"painted_patches\.h5 cannot be read: No such file or directory\. Put it back, or correct slides"),
    "no numbers": (of(coords=[["a", "b"]]), r"coordinates of shape 1×2 and type object: finite x and y"),
    "beyond all slides": (of(coords=[[1e300, 0.0]]), r"finite x and y of each region are needed, \(M, 2\), in pixels"),
}  # fmt: skip


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_cut_says_why(case: str, slide_file: Path, tmp_path: Path) -> None:
    write, said = FAILURES[case]
    result = cut(slide_file, write(tmp_path / "painted.h5"), tmp_path)
    assert (result.regions, result.cached) == (0, False)
    assert re.search(said, str(result.reason)), result.reason
    assert not regions_path(tmp_path, "painted", CONFIG).exists()


def test_a_size_of_no_number_is_damage(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "a.h5", coords=COORDINATES)
    with h5py.File(path, "a") as file:
        file["coords"].attrs.update(patch_size=256, downsample=np.empty(0))
    with pytest.raises(SlideError, match=r"^a\.h5 is damaged, or no HDF5 file \(.*\)\. Copy or extract it again\.$"):
        read_coordinates(path)


def test_coordinates_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SlideError, match=r"There is no file .*a\.h5\. Put it back, or correct slides\.csv"):
        read_coordinates(tmp_path / "a.h5")
