from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pomp.config import SlideConfig
from pomp.errors import SlideError
from pomp.slides.store import SlideRegions, read_at, read_pixels, read_slide_regions, regions_path, write_regions

SIDE = 8
PIXELS = np.random.default_rng(3).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)
REGIONS = SlideRegions(
    slide="TCGA-AA-0001-01Z-00-DX1",
    coordinates=np.array([[0, 0], [64, 0], [0, 128]]),
    grid=np.array([[0, 0], [0, 1], [2, 0]]),
    tissue=np.array([0.25, 1.0, 0.5], np.float32),
    region_px=64,
    downsample=8.0,
    mpp=0.25,
    magnification=40.0,
    width=130,
    height=200,
    thumbnail=np.random.default_rng(4).integers(0, 256, (20, 13, 3), np.uint8),
    mask=np.eye(20, 13, dtype=bool),
    made_from="abc",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "regions" / "a.h5"
    write_regions(found, REGIONS, PIXELS)
    return found


NOTHING = {
    "coordinates": np.zeros((0, 2), np.int64),
    "grid": np.zeros((0, 2), np.int64),
    "tissue": np.zeros(0, np.float32),
    "reason": "a.svs shows no tissue",
}
CHANGES: dict[str, dict[str, Any]] = {
    "all is known": {},
    "no mpp": {"mpp": None},
    "no magnification": {"magnification": None},
    "neither": {"mpp": None, "magnification": None},
    "in micrometres": {"region_px": 61, "downsample": 61 / SIDE},
    "no region": NOTHING,
}


@pytest.mark.parametrize("case", CHANGES)
def test_round_trip(tmp_path: Path, case: str) -> None:
    written = replace(REGIONS, **CHANGES[case])
    write_regions(tmp_path / "a.h5", written, iter(PIXELS[: len(written.coordinates)]))
    read = read_slide_regions(tmp_path / "a.h5")
    for field in fields(SlideRegions):
        expected, found = getattr(written, field.name), getattr(read, field.name)
        if isinstance(expected, np.ndarray):
            assert np.array_equal(found, expected), field.name
            assert found.dtype == expected.dtype, field.name
        else:
            assert found == expected, field.name
            assert type(found) is type(expected), field.name


@pytest.mark.parametrize("indices", [None, [], [1], [0, 2], [2, 0, 2], np.array([1, 2])])
def test_pixels_come_in_the_order_asked_for(path: Path, indices: list[int] | None) -> None:
    expected = PIXELS if indices is None else PIXELS[np.asarray(indices, int)]
    assert np.array_equal(read_pixels(path, indices), expected)


def test_layout_of_trident(path: Path) -> None:
    """Names, shapes and units as TRIDENT writes and reads them: coordinates and sizes at level 0."""
    with h5py.File(path) as file:
        coords = file["coords"]
        assert coords.shape == (3, 2)
        facts = dict(coords.attrs)
        assert len(facts.pop("digest")) == 64
        assert facts == {
            "patch_size": 8,
            "patch_size_level0": 64,
            "level0_magnification": 40,
            "target_magnification": 5,
            "overlap": 0,
            "name": "TCGA-AA-0001-01Z-00-DX1",
            "savetodir": str(path.parent),
            "level0_width": 130,
            "level0_height": 200,
            "mpp": 0.25,
            "downsample": 8,
            "reason": "",
            "note": "",
            "schema": 2,
            "made_from": "abc",
        }
        assert (file["regions"].shape, file["regions"].chunks) == ((3, 8, 8, 3), (1, 8, 8, 3))


@pytest.mark.parametrize("changed", ["coords", "grid", "tissue", "downsample", "made_from"])
def test_a_place_that_is_no_longer_the_one_written_is_refused(path: Path, changed: str) -> None:
    with h5py.File(path, "r+") as file:
        if changed in file:
            file[changed][1] += 1
        else:
            value = file["coords"].attrs[changed]
            file["coords"].attrs[changed] = value + ("x" if isinstance(value, str) else 1)
    with pytest.raises(SlideError, match="does not match its digest.*Delete it and prepare the slides again"):
        read_slide_regions(path)


def test_files_of_earlier_versions_are_read_without_a_digest(path: Path) -> None:
    expected = read_slide_regions(path).coordinates
    with h5py.File(path, "r+") as file:
        del file["coords"].attrs["digest"]
    assert np.array_equal(read_slide_regions(path).coordinates, expected)


def test_every_setting_that_decides_regions_is_in_the_path(tmp_path: Path) -> None:
    configs = [
        SlideConfig(),
        SlideConfig(region_px=2048),
        SlideConfig(downsample=8),
        SlideConfig(min_tissue=0.125),
        SlideConfig(max_regions=5),
        SlideConfig(region_um=1024),
        SlideConfig(region_um=1024.0000001),
        SlideConfig(region_um=1024, region_px=2048),
        SlideConfig(region_um=1024, region_px=2048, downsample=8),
    ]
    paths = [regions_path(tmp_path, "x", config).relative_to(tmp_path).as_posix() for config in configs]
    assert paths == [
        "regions/4096px_16x_0.25tissue/x.h5",
        "regions/2048px_16x_0.25tissue/x.h5",
        "regions/4096px_8x_0.25tissue/x.h5",
        "regions/4096px_16x_0.125tissue/x.h5",
        "regions/4096px_16x_0.25tissue/x.h5",
        "regions/1024um_256px_0.25tissue/x.h5",
        "regions/1024.0000001um_256px_0.25tissue/x.h5",
        "regions/1024um_128px_0.25tissue/x.h5",
        "regions/1024um_256px_0.25tissue/x.h5",
    ]


class InterruptionError(Exception):
    pass


def test_the_old_file_stays_until_the_new_one_is_complete(path: Path) -> None:
    before = path.read_bytes()

    def interrupted() -> Iterator[np.ndarray]:
        yield PIXELS[0]
        raise InterruptionError

    with pytest.raises(InterruptionError):
        write_regions(path, REGIONS, interrupted())
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_pixels_are_taken_one_at_a_time(tmp_path: Path) -> None:
    """Region k + 1 is made only after region k went into the file: the memory of one suffices."""
    made: list[np.ndarray] = []

    def pixels() -> Iterator[np.ndarray]:
        for region in PIXELS:
            for earlier in made:
                earlier[:] = 0  # changes the file's content if it were still needed
            made.append(region.copy())
            yield made[-1]

    write_regions(tmp_path / "a.h5", REGIONS, pixels())
    assert np.array_equal(read_pixels(tmp_path / "a.h5"), PIXELS)


def test_abandoned_parts_are_swept_away(path: Path) -> None:
    old, new = path.with_name(".b.h5.1.part"), path.with_name(".c.h5.2.part")
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    write_regions(path, REGIONS, PIXELS)
    assert sorted(path.parent.iterdir()) == [new, path]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "regions").touch()
    with pytest.raises(SlideError, match=r"regions of slide TCGA-AA-0001-01Z-00-DX1 cannot be written to .*Free disk"):
        write_regions(tmp_path / "regions" / "a.h5", REGIONS, PIXELS)


CORNERS = {
    "in another order": ([(0, 128), (0, 0)], [2, 0]),
    "as numbers that are not whole in type": ([(64.0, 0.0)], [1]),
    "one that is not there": ([(64, 64), (64, 0)], [None, 1]),
    "none": ([], []),
}


@pytest.mark.parametrize("case", CORNERS)
def test_regions_are_read_by_their_corner(path: Path, case: str) -> None:
    corners, expected = CORNERS[case]
    found = read_at(path, corners)
    assert [pixels is None for pixels in found] == [place is None for place in expected]
    for pixels, place in zip(found, expected, strict=True):
        assert place is None or np.array_equal(pixels, PIXELS[place])
