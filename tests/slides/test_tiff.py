"""Directories as tifffile, another program, writes them: what is found, what is passed over, what is refused."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from pomp.slides.tiff import JpegDirectory, tiled_images
from tests.slides.painting import paint

PIXELS = paint((300, 200), [(20, 20, 120, 120)])


@contextmanager
def opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(file: Path) -> list[JpegDirectory]:
    with opened(file) as descriptor:
        return list(tiled_images(descriptor).jpeg)


def write(file: Path, byteorder: str = "<", bigtiff: bool = False, **options: Any) -> Path:
    common = {"tile": (64, 128), "compression": "jpeg", "photometric": "rgb"} | options
    with tifffile.TiffWriter(file, byteorder=byteorder, bigtiff=bigtiff) as tiff:
        tiff.write(PIXELS, **common)
        tiff.write(PIXELS[::2, ::2], **common)
    return file


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_both_byte_orders_and_sizes(tmp_path: Path, byteorder: str, bigtiff: bool) -> None:
    """What is found is what tifffile reads back."""
    file = write(tmp_path / "a.tif", byteorder, bigtiff)
    with opened(file) as descriptor, tifffile.TiffFile(file) as tiff:
        for found, page in zip(tiled_images(descriptor).jpeg, tiff.pages, strict=True):
            assert (found.height, found.width) == page.shape[:2]
            assert (found.tile_height, found.tile_width) == (64, 128)
            assert found.ycbcr == (page.photometric == 6)
            assert found.tables == (page.jpegtables or b"")
            assert found.offsets.tolist() == list(page.dataoffsets)
            assert found.sizes.tolist() == list(page.databytecounts)
            assert (found.rows, found.columns) == (-(-found.height // 64), -(-found.width // 128))


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "adobe_deflate"},
        {"tile": None},
        {"planarconfig": "separate", "photometric": "minisblack"},
    ],
)
def test_other_images_are_passed_over(tmp_path: Path, options: dict[str, Any]) -> None:
    file = tmp_path / "a.tif"
    pixels = np.moveaxis(PIXELS, 2, 0) if "planarconfig" in options else PIXELS
    tifffile.imwrite(file, pixels, **{"tile": (64, 128), "photometric": "rgb", "compression": "jpeg"} | options)
    assert read(file) == []


def cut(file: Path, length: int) -> None:
    file.write_bytes(file.read_bytes()[:length])


def link_back(file: Path) -> None:
    """The last directory is followed by the first."""
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        first, last = tiff.pages[0].offset, tiff.pages[1].offset
    [count] = struct.unpack_from("<H", content, last)
    struct.pack_into("<I", content, last + 2 + 12 * count, first)
    file.write_bytes(content)


def set_tag(file: Path, name: str, value: int) -> None:
    with tifffile.TiffFile(file, mode="r+b") as tiff:
        tiff.pages[0].tags[name].overwrite(value)


def overstate(file: Path, count: int) -> None:
    """As BigTIFF, whose numbers may be far larger than any memory."""
    write(file, bigtiff=True)
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        entry = tiff.pages[0].tags["BitsPerSample"].offset
    struct.pack_into("<Q", content, entry + 4, count)
    file.write_bytes(content)


REFUSED = {
    "no TIFF": (lambda file: file.write_bytes(b"\x89PNG\r\n\x1a\n"), r"no TIFF file: it begins with b'\\x89PNG"),
    "an unknown version": (lambda file: file.write_bytes(b"II\x2c\0" + bytes(8)), "no TIFF file"),
    "empty": (lambda file: cut(file, 0), "8 bytes at 0 reach beyond the end"),
    "cut off": (lambda file: cut(file, 60), "reach beyond the end"),
    "a loop": (link_back, "more than 1000 directories"),
    "no width": (lambda file: set_tag(file, "ImageWidth", 0), "an image of 0 × 200 pixels"),
    "numbers of a terabyte": (lambda file: overstate(file, 2**40), "2199023255552 bytes at .* beyond the end"),
    "more numbers than there are": (lambda file: overstate(file, 2**64 - 1), "bytes at .* reach beyond the end"),
    "too few tiles": (lambda file: set_tag(file, "ImageWidth", 3000), "12 tiles, not 24 × 4"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_damaged_directories(tmp_path: Path, case: str) -> None:
    spoil, message = REFUSED[case]
    file = write(tmp_path / "a.tif")
    spoil(file)
    with pytest.raises(ValueError, match=message):
        read(file)
