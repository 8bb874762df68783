"""Which slides the server knows, where it listens, and whom it lets in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import typer

from dashboard import server
from dashboard.access import TokenGate, is_loopback
from dashboard.registry import SlideRegistry, slide_key
from tests.dashboard.cohort_folder import make_cohort_folder, make_slide
from tests.dashboard.conftest import start_server

PATIENT = "TCGA-AA-0001"


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

    @pytest.mark.parametrize("token", ["a&b", "a#b", "a+b", "a%41", "a b", "é", "[/]", "[red]", ":smile:", "a\\"])
    @pytest.mark.parametrize("address", ["box.example", "fe80::a", "a::b"])
    def test_the_printed_address_opens_the_gate(
        self, address: str, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class App:
            def run(self, config: object) -> None:
                self.on_start()

        def create(*_: object, on_start: Callable[[], None], **__: object) -> App:
            app = App()
            app.on_start = on_start
            return app

        monkeypatch.setattr(server, "create_app", create)
        monkeypatch.setattr(server, "find_port", lambda _, port: port)
        monkeypatch.setenv("POMP_TOKEN", token)
        server.main(address=address, browser=False)
        printed = urlsplit(capsys.readouterr().out.split()[4])
        assert (printed.hostname, printed.port, printed.fragment) == (address, 8501, "")
        scope = {"query_string": printed.query.encode()}
        assert TokenGate(lambda *_: None, token)._has_token(scope)

    def test_no_address_with_brackets(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(server, "find_port", lambda *_: None)
        with pytest.raises(typer.Exit):
            server.main(address="[fe80::1]")
        assert capsys.readouterr().out.startswith("[fe80::1] has no free port")

    def test_listens_on_this_machine_only(self) -> None:
        options = server.streamlit_options("127.0.0.1", 8501)
        assert options["server.address"] == "127.0.0.1"
        assert options["server.enableXsrfProtection"] is options["server.enableCORS"] is True
        assert options["browser.gatherUsageStats"] is False


class TestTokenGate:
    """Spoken to in ASGI, so that no test listens on an address others reach."""

    TOKEN = "a token"  # noqa: S105  # guards nothing

    NAME = TokenGate(lambda *_: None, TOKEN).cookie

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
        return f"{self.NAME}={TokenGate(lambda *_: None, self.TOKEN).proof}"

    @pytest.mark.parametrize(
        ("query", "cookie"),
        [("", ""), ("token=", ""), ("token=wrong", ""), ("", f"{NAME}=wrong"), ("", f"{NAME}=a token"),
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

    def test_two_servers_of_a_host_keep_their_cookies_apart(self) -> None:
        """Cookies ignore ports: with one name, each server would put the other's away."""
        other = TokenGate(lambda *_: None, "another")
        assert other.cookie != self.NAME
        assert self.ask("http", cookie=f"{other.cookie}={other.proof}; {self.cookie}") == [{"type": "inside"}]
        assert self.ask("http", cookie=f"{other.cookie}={other.proof}")[0]["status"] == 401

    def test_never_sends_to_another_host(self) -> None:
        start = self.ask("http", "//attacker.example/", "token=a+token")[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert headers["location"] == "/attacker.example/"

    @pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
    @pytest.mark.parametrize("others", ["", 'foo={"a":1}; ', "a b; ", "é=1; ", '="; '])
    def test_lets_in_who_has_the_cookie(self, kind: str, others: str) -> None:
        """Whatever another app of the same host has left beside it."""
        assert self.ask(kind, cookie=others + self.cookie) == [{"type": "inside"}]


TOKEN = "a-token"  # noqa: S105  # guards nothing


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server that asks for the token: where it listens, and the key of a slide that it has."""
    home = tmp_path_factory.mktemp("home")
    folder = make_cohort_folder(home / "cohorts" / "made", {PATIENT: "blocks.svs"})
    make_slide(folder / "blocks.svs")
    (home / "page.py").write_text("import streamlit as st\nst.title('A page')\n")
    server = start_server(home / "page.py", home, TOKEN)
    yield urlsplit(server.address).netloc, slide_key(folder, "blocks")
    server.kill()


class TestBehindTheGate:
    """The server as it is assembled for an address that others reach."""

    UPGRADE: ClassVar = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    PATHS: ClassVar = [
        "/", "/cohort", "/slides/{key}/info.json", "/slides/{key}/0/0_0.jpeg", "/viewer/0000.js", "/media/a.csv",
        "/static/index.html", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a/b",
    ]  # fmt: skip

    def ask(self, place: str, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> HTTPResponse:
        connection = HTTPConnection(place, timeout=30)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        if answer.status != 101:
            answer.read()
        connection.close()
        return answer

    @pytest.mark.parametrize("path", PATHS)
    def test_nothing_is_served_without_the_token(self, gated: tuple[str, str], path: str) -> None:
        place, key = gated
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            for cookie in ({}, {"Cookie": f"{TokenGate(lambda *_: None, TOKEN).cookie}=wrong"}):
                assert self.ask(place, path.format(key=key), cookie, method).status == 401

    @pytest.mark.parametrize("path", ["/_stcore/stream", "/_stcore/stream?token=wrong", "/slides/0000"])
    def test_no_websocket_without_the_token(self, gated: tuple[str, str], path: str) -> None:
        assert self.ask(gated[0], path, self.UPGRADE).status == 403

    def test_who_brought_it_once_may_come_again(self, gated: tuple[str, str]) -> None:
        place, key = gated
        welcome = self.ask(place, f"/?token={TOKEN}")
        assert welcome.status == 303
        cookie = {"Cookie": welcome.headers["set-cookie"].split(";")[0]}
        for path in ("/", "/_stcore/health", f"/slides/{key}/info.json", f"/slides/{key}/0/0_0.jpeg"):
            assert self.ask(place, path, cookie).status == 200
        assert self.ask(place, "/slides/0000/info.json", cookie).status == 404
        assert self.ask(place, "/_stcore/stream", self.UPGRADE | cookie | {"Origin": f"http://{place}"}).status == 101

    @pytest.mark.parametrize("path", [*PATHS, "/?token=a-token"])
    @pytest.mark.parametrize("known", [True, False])
    def test_every_answer_keeps_other_sites_frames_out(self, gated: tuple[str, str], path: str, known: bool) -> None:
        place, key = gated
        gate = TokenGate(lambda *_: None, TOKEN)
        cookie = {"Cookie": f"{gate.cookie}={gate.proof}"} if known else {}
        answer = self.ask(place, path.format(key=key), cookie)
        assert answer.headers.get_all("Content-Security-Policy") == ["frame-ancestors 'self'"]
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]

    def test_no_other_sites_page_may_use_the_cookie(self, gated: tuple[str, str]) -> None:
        """A browser sends it along with a websocket that another page opens; it also says which page that is."""
        place, _ = gated
        cookie = {"Cookie": self.ask(place, f"/?token={TOKEN}").headers["set-cookie"].split(";")[0]}
        headers = self.UPGRADE | cookie | {"Origin": "http://attacker.example"}
        assert self.ask(place, "/_stcore/stream", headers).status == 403
