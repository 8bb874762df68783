"""A running server and a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from streamlit.components.v2 import manifest_scanner

from tests.conftest import REPOSITORY
from tests.dashboard.fake import FakeWorkspace, make_workspace

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Serve = Callable[[Path, Path], str]


@dataclass
class Server:
    """A dashboard's process and where it listens."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        """At once, as a crash would."""
        self.process.kill()
        self.process.__exit__(None, None, None)


def start_server(script: Path, home: Path, *token: str) -> Server:
    """A server that answers, and asks for a token if there is one; the caller kills it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dashboard.serve", str(script), *token],
        cwd=REPOSITORY,
        env=os.environ | {"POMP_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("The dashboard is at "):
            return Server(process, line.split()[-1])
    raise AssertionError(f"The server ended with status {process.wait()}.")


@pytest.fixture(scope="session", autouse=True)
def scan_once() -> Iterator[None]:
    """Streamlit looks through every installed package for components at each `AppTest`, longer than most pages take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def keep_main() -> Iterator[None]:
    """`AppTest` leaves its script behind as the main module, which the processes of later tests would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    """A workspace for the tests of a module; who changes it makes one of their own."""
    return make_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def home(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are of that workspace."""
    monkeypatch.setenv("POMP_HOME", str(fake.root))


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serve a Streamlit script on a workspace of its own, as `python -m dashboard` does; returns its address."""
    with ExitStack() as stack:

        def start(script: Path, home: Path) -> str:
            server = start_server(script, home)
            stack.callback(server.kill)
            return server.address

        yield start


@pytest.fixture(scope="module")  # Playwright keeps an event loop running in this thread for as long
def browser() -> Iterator[Browser]:
    """The system's Chromium. Without one, tests are skipped, but never unnoticed on CI."""
    if not CHROMIUM.is_file():
        message = f"no browser at {CHROMIUM}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class WatchedPage:
    """A page, and what must not happen on it: console errors, and requests to other hosts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "127.0.0.1":
            self.problems.append(f"another host: {request.url}")


@pytest.fixture
def watched(browser: Browser) -> Iterator[WatchedPage]:
    """A fresh page; the test fails if a problem was seen that it did not clear."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = WatchedPage(context.new_page())
    yield page
    context.close()
    assert page.problems == []
