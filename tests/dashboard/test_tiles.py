"""Slide tiles as the server hands them out, and what it refuses."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import tifffile
from PIL import Image

from dashboard.registry import slide_url
from tests.dashboard.cohort_folder import MPP, SIZE, make_cohort_folder, make_slide
from tests.dashboard.conftest import Serve


@dataclass(frozen=True)
class Served:
    address: str
    folder: Path

    @property
    def slide(self) -> str:
        return self.address + slide_url(self.folder, "blocks")


@pytest.fixture(scope="module")
def served(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    files = {f"TCGA-AA-000{number}": f"slides/{name}.svs" for number, name in enumerate(("blocks", "damaged", "torn"))}
    folder = make_cohort_folder(home / "cohorts" / "made", files)
    (folder / "slides").mkdir()
    make_slide(folder / "slides" / "blocks.svs")
    (folder / "slides" / "damaged.svs").write_bytes(b"no slide")
    tear(make_slide(folder / "slides" / "torn.svs"))
    (home / "secret.svs").write_bytes(b"not registered")
    script = home / "page.py"
    script.write_text("import streamlit as st\nst.title('A page')\n")
    yield Served(serve(script, home), folder)


def get(url: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def tear(file: Path) -> None:
    """Zeros in place of the tile in the second column and row of level 0."""
    content = bytearray(file.read_bytes())
    with tifffile.TiffFile(file) as tiff:
        start, length = tiff.pages[0].dataoffsets[9], tiff.pages[0].databytecounts[9]
    content[start : start + length] = bytes(length)
    file.write_bytes(content)


def is_of(tile: bytes, colour: tuple[int, int, int]) -> bool:
    pixels = np.asarray(Image.open(io.BytesIO(tile)), int)
    return pixels.shape == (256, 256, 3) and np.abs(pixels - colour).max() <= 3


class TestTiles:
    def test_info_says_what_a_viewer_needs(self, served: Served) -> None:
        status, body, headers = get(served.slide + "/info.json")
        assert status == 200
        assert headers["cache-control"] == "no-cache"
        levels = [
            {"width": side, "height": side, "tile_width": 256, "tile_height": 256}
            for side in (SIZE // 16, SIZE // 4, SIZE)
        ]
        assert json.loads(body) == {"width": SIZE, "height": SIZE, "mpp": MPP, "levels": levels}

    def test_mpp_that_slides_csv_states_counts_more_than_the_files(self, served: Served) -> None:
        """Noticed as soon as the table changes."""
        slide = served.folder / "slides" / "blocks.svs"
        folder = make_cohort_folder(served.folder.parent / "stated", {"TCGA-AA-0001": str(slide)})
        found = []
        for cell in ("0.25", "0.125", ""):
            (folder / "slides.csv").write_text(f"patient,file,mpp\nTCGA-AA-0001,{slide},{cell}\n")
            found.append(json.loads(get(served.address + slide_url(folder, "blocks") + "/info.json")[1])["mpp"])
        assert found == [0.25, 0.125, MPP]

    def test_deepest_level_is_the_slide_itself(self, served: Served) -> None:
        """Column 4 begins at 1024, in the blue block, and row 3 above it, at 768."""
        status, body, headers = get(served.slide + "/2/4_3.jpeg")
        assert (status, headers["content-type"]) == (200, "image/jpeg")
        assert headers["cache-control"] == "private, max-age=3600"
        assert is_of(body, (255, 255, 255))
        assert is_of(get(served.slide + "/2/4_4.jpeg")[1], (0, 0, 255))
        assert is_of(get(served.slide + "/2/3_3.jpeg")[1], (255, 0, 0))

    def test_smallest_level_is_the_whole(self, served: Served) -> None:
        """The red block from 512 to 1024 lies between 32 and 64 of 128."""
        tile = Image.open(io.BytesIO(get(served.slide + "/0/0_0.jpeg")[1]))
        assert min(tile.getpixel((20, 20))) > 240
        red, green, blue = tile.getpixel((48, 48))
        assert red > 230
        assert max(green, blue) < 40

    def test_many_browsers_at_once(self, served: Served) -> None:
        urls = [f"{served.slide}/2/{column}_{row}.jpeg" for column in range(8) for row in range(8)]
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(get, urls))
        assert [answer[0] for answer in together] == [200] * 64
        assert together[0][1] == get(urls[0])[1]

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/slides/0000/info.json", "in none of the workspace's cohorts"),
            ("/slides/secret/info.json", "in none of the workspace's cohorts"),
            ("{slide}/2/8_0.jpeg", "no tile at level 2, column 8, row 0"),
            ("{slide}/3/0_0.jpeg", "no tile at level 3"),
            ("{slide}/2/-1_0.jpeg", "no such tile"),
            ("{slide}/2/a_b.jpeg", "no such tile"),
            ("{slide}/" + "9" * 5000 + "/0_0.jpeg", "no such tile"),
            ("{slide}", "no such tile"),
            ("{slide}/info.json/x", "no such tile"),
            ("{damaged}/info.json", "damaged.svs"),
            ("{damaged}/0/0_0.jpeg", "damaged.svs"),
            ("{torn}/2/1_1.jpeg", "torn.svs is damaged: the pixels at (256, 256) of its level of 2048 × 2048"),
            ("/slides/..%2f..%2fsecret.svs/info.json", ""),
            ("/slides/%2fetc%2fpasswd/info.json", ""),
            ("/scripts/0000/viewer.js", "reload the page"),
            ("/scripts/..%2fviewer%2fcomponent.py", ""),
        ],
    )
    def test_refuses(self, served: Served, path: str, message: str) -> None:
        slide, damaged, torn = (slide_url(served.folder, name) for name in ("blocks", "damaged", "torn"))
        status, body, _ = get(served.address + path.format(slide=slide, damaged=damaged, torn=torn))
        assert status in ({404} if message else {400, 404})
        assert message in body.decode()
        assert b"Traceback" not in body
        assert b"<html" not in body

    def test_pages_are_served_beside(self, served: Served) -> None:
        assert get(served.address + "/_stcore/health")[:2] == (200, b"ok")

    def test_a_foreign_name_for_this_machine_is_refused(self, served: Served) -> None:
        connection = HTTPConnection(urlsplit(served.address).netloc, timeout=30)
        connection.request("GET", "/", headers={"Host": "attacker.example"})
        assert connection.getresponse().status == 400
        connection.close()
