"""Slides and region files with something wrong: what is said about it. Nothing here ends in another exception."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from pomp.config import SlideConfig
from pomp.errors import RunError, SlideError
from pomp.slides import prepare_slides, read_pixels, read_slide_regions, regions_path
from pomp.slides.deepzoom import pyramid
from tests.slides.painting import paint, table, write_jpeg_slide, write_slide

CONFIG = SlideConfig(region_px=512, downsample=16)
TISSUE = paint((1024, 1024), [(0, 0, 900, 900)])


def cut_off(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])


def scramble_tiles(file: Path) -> None:
    """The directories stay; the compressed pixels in the middle of the file do not."""
    content = bytearray(file.read_bytes())
    for place in range(len(content) // 20, len(content) * 9 // 10):
        content[place] ^= 0x5A
    file.write_bytes(content)


def damage_a_jpeg_tile(file: Path) -> None:
    """The directories and all tiles but the first of level 0 stay as they are."""
    write_jpeg_slide(file, TISSUE, downsamples=(1,))
    content = bytearray(file.read_bytes())
    start = content.index(b"\xff\xda")  # of the first tile's pixels
    content[start + 20 : start + 60] = b"\xff\xd9" * 20
    file.write_bytes(content)


def replace_with(text: bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(text) and None


CANNOT_OPEN = r"^bad\.svs cannot be opened as a slide \(.*\)\. .* fetch it again from its source, or convert it"
SLIDES: dict[str, tuple[Callable[[Path], object], str]] = {
    "vanished": (Path.unlink, r"bad\.svs cannot be read: No such file or directory\. Put it back, or correct slides"),
    "empty": (replace_with(b""), CANNOT_OPEN),
    "text": (replace_with(b"patient,file\n"), CANNOT_OPEN),
    "a TIFF header only": (replace_with(b"II*\x00\x08\x00\x00\x00"), CANNOT_OPEN),
    "cut off early": (lambda file: cut_off(file, 0.02), CANNOT_OPEN),
    "half of it": (lambda file: cut_off(file, 0.5), r"^bad\.svs (cannot be opened as a slide|is damaged)"),
    "damaged pixels": (scramble_tiles, r"^bad\.svs (is damaged: the pixels at|cannot be opened as a slide)"),
    "a damaged JPEG tile": (
        damage_a_jpeg_tile,
        r"^bad\.svs is damaged: the pixels at \(0, 0\) of its level of 1024 × 1024 pixels cannot be read \(.* Fetch",
    ),
    "glass only": (lambda file: write_slide(file, paint((1024, 1024))), r"^bad\.svs shows no tissue: leave it out of"),
    "a crumb of tissue": (
        lambda file: write_slide(file, paint((1024, 1024), [(0, 0, 128, 256)])),
        r"^bad\.svs has too little tissue: no region of 512 px is more than 12\.\d % tissue, and min_tissue "
        r"asks for 25\.0 %",
    ),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), r"bad\.svs cannot be read: Is a directory\. Put it back"),
    "half a picture": (lambda file: (Image.fromarray(TISSUE).save(file, "PNG"), cut_off(file, 0.5)), CANNOT_OPEN),
}  # fmt: skip


def test_every_bad_slide_is_a_reason_and_the_good_one_goes_on(tmp_path: Path) -> None:
    good = write_slide(tmp_path / "good.svs", TISSUE)
    files = []
    for case, (spoil, _) in SLIDES.items():
        (tmp_path / case).mkdir()
        file = Path(shutil.copy(good, tmp_path / case / "bad.svs"))
        spoil(file)
        files.append(file)
    slides = table(*files, good)
    slides["slide"] = [*SLIDES, "good"]
    results = prepare_slides(slides, tmp_path, CONFIG, workers=1)
    assert [result.slide for result in results] == [*SLIDES, "good"]
    unexpected = {
        result.slide: result.reason
        for result in results[:-1]
        if result.regions or not re.search(SLIDES[result.slide][1], str(result.reason))
    }
    assert unexpected == {}
    assert (results[-1].reason, results[-1].regions) == (None, 4)
    assert list(tmp_path.rglob("*.part")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_slide(tmp_path: Path) -> None:
    file = write_slide(tmp_path / "a.svs", TISSUE)
    file.chmod(0)
    [result] = prepare_slides(table(file), tmp_path, CONFIG)
    assert "a.svs cannot be read: Permission denied." in str(result.reason)


def test_regions_that_cannot_be_written(tmp_path: Path) -> None:
    file = write_slide(tmp_path / "a.svs", TISSUE)
    (tmp_path / "regions").write_text("in the way")
    said = r"^The regions of slide a cannot be written to .*a\.h5: (Not a directory|File exists)\. Free disk"
    with pytest.raises(RunError, match=said):
        prepare_slides(table(file), tmp_path, CONFIG)


@pytest.mark.parametrize("case", ["vanished", "empty", "text", "cut off early", "a folder"])
def test_deep_zoom_of_a_bad_slide(tmp_path: Path, case: str) -> None:
    file = write_slide(tmp_path / "bad.svs", TISSUE)
    SLIDES[case][0](file)
    with pytest.raises(SlideError, match=r"bad\.svs"):
        pyramid(file)


def rewrite(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return spoil


def flip_a_bit(path: Path) -> None:
    with h5py.File(path) as file:
        place = file["regions"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 50] ^= 1
    path.write_bytes(content)


ADVICE = r"Delete it and prepare the slides again"
REGION_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, r"^There is no region file .*a\.h5: prepare the cohort's slides first"),
    "empty": (lambda path: path.write_bytes(b""), ADVICE),
    "text": (lambda path: path.write_text("no HDF5"), ADVICE),
    "cut off": (lambda path: cut_off(path, 0.9), ADVICE),
    "cut off early": (lambda path: cut_off(path, 0.1), ADVICE),
    "no coords": (rewrite(lambda file: file.pop("coords")), ADVICE),
    "no regions, as TRIDENT writes it": (rewrite(lambda file: file.pop("regions")), ADVICE),
    "an attribute is missing": (rewrite(lambda file: file["coords"].attrs.pop("made_from")), ADVICE),
    "an attribute is text": (rewrite(lambda file: file["coords"].attrs.create("downsample", "four")), ADVICE),
    "another schema": (rewrite(lambda file: file["coords"].attrs.modify("schema", 99)), r"schema 99.*" + ADVICE),
    "a group instead of a dataset": (rewrite(lambda file: (file.pop("grid"), file.create_group("grid"))), ADVICE),
    "fewer coordinates": (
        rewrite(lambda file: (file.pop("regions"), file.create_dataset("regions", data=np.zeros((1, 32, 32, 3))))),
        r"1 regions, 4 coordinates.*" + ADVICE,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def region_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("prepared")
    prepare_slides(table(write_slide(folder / "a.svs", TISSUE)), folder, CONFIG)
    return regions_path(folder, "a", CONFIG).read_bytes()


@pytest.mark.parametrize("case", REGION_FILES)
def test_bad_region_file(tmp_path: Path, region_file: bytes, case: str) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(region_file)
    spoil, message = REGION_FILES[case]
    spoil(path)
    with pytest.raises(SlideError, match=message):
        read_slide_regions(path)


def test_a_flipped_bit_is_no_pixel(tmp_path: Path, region_file: bytes) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(region_file)
    flip_a_bit(path)
    with pytest.raises(SlideError, match=ADVICE):
        read_pixels(path)


def test_a_region_that_is_not_there(tmp_path: Path, region_file: bytes) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(region_file)
    with pytest.raises(SlideError, match=r"a\.h5 .*4.*" + ADVICE):
        read_pixels(path, [4])
