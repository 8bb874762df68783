"""What the server hands out, and what it refuses."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer
from PIL import Image

from dashboard import server
from dashboard.access import COOKIE, TokenGate, is_loopback
from dashboard.registry import SlideRegistry, slide_key, slide_url
from dashboard.viewer import component
from tests.dashboard.cohort_folder import MPP, SIZE, make_cohort_folder, make_slide
from tests.dashboard.conftest import Serve

PATIENT = "TCGA-AA-0001"


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
    folder = make_cohort_folder(
        home / "cohorts" / "made", {PATIENT: "slides/blocks.svs", "TCGA-AA-0002": "slides/damaged.svs"}
    )
    (folder / "slides").mkdir()
    make_slide(folder / "slides" / "blocks.svs")
    (folder / "slides" / "damaged.svs").write_bytes(b"no slide")
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


class TestTiles:
    def test_info_says_what_a_viewer_needs(self, served: Served) -> None:
        status, body, headers = get(served.slide + "/info.json")
        assert status == 200
        assert headers["cache-control"] == "no-cache"
        assert json.loads(body) == {
            "width": SIZE, "height": SIZE, "mpp": MPP, "tile_size": 254, "overlap": 1, "max_level": 11,
        }  # fmt: skip

    def test_deepest_level_is_the_slide_itself(self, served: Served) -> None:
        # Level 11 of 2048 px is level 0 of the slide. Tile (2, 2) begins at 2 · 254 - 1 = 507, left of the red block.
        status, body, headers = get(served.slide + "/11/2_2.jpeg")
        tile = Image.open(io.BytesIO(body))
        assert (status, tile.format, tile.size) == (200, "JPEG", (256, 256))
        assert headers["cache-control"] == "private, max-age=3600"
        assert min(tile.getpixel((1, 1))) > 220
        red, green, blue = tile.getpixel((128, 128))
        assert red > 230
        assert max(green, blue) < 40

    def test_level_zero_is_one_pixel(self, served: Served) -> None:
        _, body, _ = get(served.slide + "/0/0_0.jpeg")
        assert Image.open(io.BytesIO(body)).size == (1, 1)

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/slides/0000/info.json", "in none of the workspace's cohorts"),
            ("/slides/secret/info.json", "in none of the workspace's cohorts"),
            ("{slide}/11/9_0.jpeg", "no tile at level 11, column 9, row 0"),
            ("{slide}/12/0_0.jpeg", "no tile at level 12"),
            ("{slide}/11/-1_0.jpeg", "no such tile"),
            ("{slide}/11/a_b.jpeg", "no such tile"),
            ("{slide}/" + "9" * 5000 + "/0_0.jpeg", "no such tile"),
            ("{slide}", "no such tile"),
            ("{slide}/info.json/x", "no such tile"),
            ("{damaged}/info.json", "damaged.svs"),
            ("{damaged}/0/0_0.jpeg", "damaged.svs"),
            ("/slides/..%2f..%2fsecret.svs/info.json", ""),
            ("/slides/%2fetc%2fpasswd/info.json", ""),
            ("/viewer/0000.js", "reload the page"),
            ("/viewer/..%2fcomponent.py", ""),
        ],
    )
    def test_refuses(self, served: Served, path: str, message: str) -> None:
        slide, damaged = (slide_url(served.folder, name) for name in ("blocks", "damaged"))
        status, body, _ = get(served.address + path.format(slide=slide, damaged=damaged))
        assert status in ({404} if message else {400, 404})
        assert message in body.decode()
        assert b"Traceback" not in body
        assert b"<html" not in body

    def test_viewer_script_may_be_kept(self, served: Served) -> None:
        if not component.available():
            pytest.skip(component.explain_absence())
        status, body, headers = get(served.address + component.script_url())
        assert status == 200
        assert body == component.SCRIPT.read_bytes()
        assert "immutable" in headers["cache-control"]
        assert headers["content-type"].startswith("text/javascript")

    def test_pages_are_served_beside(self, served: Served) -> None:
        assert get(served.address + "/_stcore/health")[:2] == (200, b"ok")

    def test_a_foreign_name_for_this_machine_is_refused(self, served: Served) -> None:
        connection = HTTPConnection(urlsplit(served.address).netloc, timeout=30)
        connection.request("GET", "/", headers={"Host": "attacker.example"})
        assert connection.getresponse().status == 400
        connection.close()


class TestRegistry:
    def test_key_is_the_same_in_every_process(self, tmp_path: Path) -> None:
        folder = make_cohort_folder(tmp_path / "cohort", {})
        assert slide_key(folder, "a") == slide_key(Path(str(folder) + "/../cohort"), "a")
        assert slide_key(folder, "a") != slide_key(folder, "b")
        assert slide_key(folder, "a") != slide_key(tmp_path, "a")

    def test_finds_what_comes_and_forgets_what_goes(self, tmp_path: Path) -> None:
        folder = tmp_path / "cohort"
        registry = SlideRegistry(tmp_path.iterdir)
        key = slide_key(folder, "odd näme")
        assert registry.find(key) is None
        make_cohort_folder(folder, {PATIENT: "odd näme.svs"})
        assert registry.find(key) is None  # the file is not on this disk
        (folder / "odd näme.svs").touch()
        make_cohort_folder(folder, {PATIENT: "odd näme.svs", "TCGA-AA-0002": "other.svs"})
        assert registry.find(key) == folder / "odd näme.svs"
        make_cohort_folder(folder, {})
        assert registry.find(key) is None

    @pytest.mark.parametrize(
        ("name", "content"),
        [("cohort.toml", "name = "), ("cohort.toml", None), ("slides.csv", None), ("slides.csv", "\x00\xff")],
    )
    def test_a_damaged_cohort_does_not_hide_the_others(self, tmp_path: Path, name: str, content: str | None) -> None:
        for cohort in ("broken", "whole"):
            make_cohort_folder(tmp_path / cohort, {PATIENT: "a.svs"})
            (tmp_path / cohort / "a.svs").touch()
        if content is None:
            (tmp_path / "broken" / name).unlink()
        else:
            (tmp_path / "broken" / name).write_text(content)
        registry = SlideRegistry(tmp_path.iterdir)
        assert registry.find(slide_key(tmp_path / "broken", "a")) is None
        assert registry.find(slide_key(tmp_path / "whole", "a")) == tmp_path / "whole" / "a.svs"


class TestStart:
    @pytest.mark.parametrize(
        ("address", "expected"),
        [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("0.0.0.0", False),  # noqa: S104
         ("::", False), ("10.0.0.7", False), ("box.example", False)],
    )  # fmt: skip
    def test_token_is_asked_where_others_reach_the_server(
        self, address: str, expected: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("POMP_TOKEN", raising=False)
        assert is_loopback(address) is expected
        token = server.choose_token(address)
        assert (token is None) is expected
        assert token is None or len(token) >= 24
        monkeypatch.setenv("POMP_TOKEN", "mine")
        assert server.choose_token(address) == (None if expected else "mine")

    def test_a_taken_port_gives_the_next_free_one(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert server.find_port("127.0.0.1", port) > port

    def test_no_port_at_all(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(server, "find_port", lambda *_: None)
        with pytest.raises(typer.Exit):
            server.main(port=9000)
        assert "no free port from 9000 to 9019" in " ".join(capsys.readouterr().out.split())

    @pytest.mark.parametrize(
        ("address", "expected"), [("127.0.0.1", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")]
    )
    def test_address_to_type(self, address: str, expected: str) -> None:
        assert server.url_of(address, 80) == expected

    def test_listens_on_this_machine_only(self) -> None:
        options = server.streamlit_options("127.0.0.1", 8501)
        assert options["server.address"] == "127.0.0.1"
        assert options["server.enableXsrfProtection"] is options["server.enableCORS"] is True
        assert options["browser.gatherUsageStats"] is False


class TestTokenGate:
    """Spoken to in ASGI, so that no test listens on an address others reach."""

    TOKEN = "a token"  # noqa: S105  # guards nothing

    def ask(self, kind: str, path: str = "/", query: str = "", cookie: str = "") -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def inside(scope: object, receive: object, send: object) -> None:
            sent.append({"type": "inside"})

        async def receive() -> dict[str, object]:
            return {"type": f"{kind}.connect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {
            "type": kind, "path": path, "query_string": query.encode(), "scheme": "http", "method": "GET",
            "headers": [(b"cookie", cookie.encode())],
        }  # fmt: skip
        with ThreadPoolExecutor(1) as thread:  # a browser test before this one may have left its loop in ours
            thread.submit(asyncio.run, TokenGate(inside, self.TOKEN)(scope, receive, send)).result()
        return sent

    @property
    def cookie(self) -> str:
        return f"{COOKIE}={TokenGate(lambda *_: None, self.TOKEN).proof}"

    @pytest.mark.parametrize(
        ("query", "cookie"),
        [("", ""), ("token=", ""), ("token=wrong", ""), ("", f"{COOKIE}=wrong"), ("", f"{COOKIE}=a token"),
         ("token=é", ""), ("", "\x00;=;")],
    )  # fmt: skip
    def test_refuses_strangers(self, query: str, cookie: str) -> None:
        assert self.ask("http", "/slides/x/info.json", query, cookie)[0]["status"] == 401
        assert self.ask("websocket", "/_stcore/stream", query, cookie)[0]["type"] == "websocket.close"

    def test_token_becomes_a_cookie_and_leaves_the_address(self) -> None:
        start = self.ask("http", "/slide", "run=7&token=a+token")[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert start["status"] == 303
        assert headers["location"] == "/slide?run=7"
        assert self.cookie in headers["set-cookie"]
        assert "HttpOnly" in headers["set-cookie"]
        assert self.TOKEN not in headers["set-cookie"]

    def test_never_sends_to_another_host(self) -> None:
        start = self.ask("http", "//attacker.example/", "token=a+token")[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert headers["location"] == "/attacker.example/"

    @pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
    def test_lets_in_who_has_the_cookie(self, kind: str) -> None:
        assert self.ask(kind, cookie=self.cookie) == [{"type": "inside"}]
