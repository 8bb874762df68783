"""What stands in the head of every page beside what Streamlit has put there."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import scripts
from dashboard.theme import PRIMARY_BUTTONS

ELEMENTS: Final = (
    "DataFrame", "DownloadButton", "Metric", "Multiselect", "NumberInput", "Progress", "Selectbox",
    "StreamlitSyntaxHighlighter", "TextInput",
)  # fmt: skip
"""Those that pages show at the second click rather than the first, by the names of Streamlit's scripts."""
_BEFORE: Final = b"<head>"
# Of a page that is not read as it lies on the disk: it comes whole, as it is, and is never said to be as it was.
_NOT_ASKED: Final = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
_NOT_SAID: Final = ("etag", "last-modified", "accept-ranges")


class Head:
    """Adds to the head of every page that the server sends, and leaves everything else as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        asked = [(name, value) for name, value in scope["headers"] if name not in _NOT_ASKED]
        await self.app({**scope, "headers": asked, "extensions": {}}, receive, _Page(send))


def _asks_for_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class _Page:
    """An answer on its way, of which nothing is sent before it is whole, if it is a page."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_whole(self._start, self._body.replace(_BEFORE, _BEFORE + added().encode(), 1))

    async def _send_whole(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        for name in _NOT_SAID:
            del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(scope=start).get("content-type", "").startswith("text/html")


def added() -> str:
    """The style of buttons, and the script of this package with what it makes ready."""
    ready = {"figure": scripts.FIGURE.url, "plotly": scripts.PLOTLY.url, "elements": element_scripts()}
    return f'{PRIMARY_BUTTONS}<script src="{scripts.BROWSER.url}" data-ready="{escape(json.dumps(ready))}"></script>'


@cache
def element_scripts() -> list[str]:
    """Where Streamlit's server offers them; of another version, those that it still has."""
    folder = Path(st.__file__).parent / "static"
    found = (file for name in ELEMENTS for file in folder.glob(f"static/js/{name}.*.js"))
    return [file.relative_to(folder).as_posix() for file in found]
