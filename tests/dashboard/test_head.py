"""What is added to the head of every page, and that everything else comes as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import scripts
from dashboard.browser.head import Head, added, element_scripts
from dashboard.theme import PRIMARY_BUTTONS

PAGE = "<!DOCTYPE html><html><head><title>é</title></head><body>&lt;head&gt; <head></body></html>"
AS_BROWSERS_DO = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    file = tmp_path / "index.html"
    file.write_text(PAGE, encoding="utf-8")

    def page(_: Request) -> Response:
        return FileResponse(file)

    def in_pieces(_: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            yield from (PAGE.encode()[at : at + 7] for at in range(0, len(PAGE.encode()), 7))

        return StreamingResponse(pieces(), media_type="text/html")

    def missing(_: Request) -> Response:
        return Response(PAGE, status_code=404, media_type="text/html")

    def text(_: Request) -> Response:
        return PlainTextResponse(PAGE, headers={"ETag": '"1"'})

    routes = [Route("/", page), Route("/pieces", in_pieces), Route("/missing", missing), Route("/text", text)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Head)]))


@pytest.mark.parametrize("path", ["/", "/pieces"])
def test_a_page_has_it_before_all_else(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=AS_BROWSERS_DO)
    assert answer.text == PAGE.replace("<head>", "<head>" + added(), 1)
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_page_is_never_said_to_be_as_it_was(client: TestClient) -> None:
    """Streamlit's file stays the same where what is added to it changes."""
    before = client.get("/")
    etag, changed = before.headers["etag"], before.headers["last-modified"]
    asked = {**AS_BROWSERS_DO, "If-None-Match": etag, "If-Modified-Since": changed, "Range": "bytes=0-9"}
    answer = client.get("/", headers=asked)
    assert answer.status_code == 200
    assert answer.text.endswith("</html>")
    assert not {"etag", "last-modified", "accept-ranges"} & set(answer.headers)


@pytest.mark.parametrize(("method", "path", "accept"), [
    ("GET", "/", "*/*"), ("HEAD", "/", "text/html"), ("GET", "/missing", "text/html"), ("GET", "/text", "text/html"),
])  # fmt: skip
def test_everything_else_comes_as_it_is(client: TestClient, method: str, path: str, accept: str) -> None:
    answer = client.request(method, path, headers={"Accept": accept})
    assert answer.text == ("" if method == "HEAD" else PAGE)
    assert "etag" in answer.headers or path == "/missing"


def test_it_is_the_style_of_buttons_and_a_script_that_knows_what_to_fetch() -> None:
    found: list[dict[str, str | None]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "script":
                found.append(dict(attrs))

    Reader().feed(added())
    assert added().startswith(PRIMARY_BUTTONS)
    (script,) = found
    assert script["src"] == scripts.BROWSER.url
    assert json.loads(script["data-ready"] or "") == {
        "figure": scripts.FIGURE.url, "plotly": scripts.PLOTLY.url, "elements": element_scripts(),
    }  # fmt: skip


@pytest.mark.parametrize(
    "how", ["FINISHED_SUCCESSFULLY", "FINISHED_EARLY_FOR_RERUN", "FINISHED_FRAGMENT_RUN_SUCCESSFULLY"]
)
def test_streamlit_still_says_the_end_in_the_same_way(how: str) -> None:
    """As `isEnd` in browser.js reads it; said otherwise, each click would take some milliseconds more."""
    message = ForwardMsg(hash="0" * 40, script_finished=ForwardMsg.ScriptFinishedStatus.Value(how))
    message.metadata.active_script_hash = "0" * 32
    written = message.SerializeToString()
    assert len(written) < 100
    assert written[-2] == 6 << 3
    assert written[-1] < 8
