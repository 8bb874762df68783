"""Many users at once: errors, and whether the server gives back the memory that it took for them."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.bench.browser import WatchedPage, chromium
from dashboard.bench.finding import Finding
from dashboard.bench.pages import CLICKS, FORMATS, page_names, path_of
from dashboard.bench.protocol import Client
from dashboard.bench.server import Server, dashboard_of
from dashboard.bench.workspace import make_workspace
from pomp.bench.measurement import Scale

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CLIENTS: dict[Scale, int] = {"full": 20, "small": 3}
BROWSERS: dict[Scale, int] = {"full": 3, "small": 1}
MOST_GROWTH = 1.2
SESSIONS_KEPT_SECONDS: dict[Scale, float] = {"full": 180.0, "small": 0.0}
"""Streamlit keeps a session for two minutes after its browser has gone, in case it comes back."""


def measure(scale: Scale, progress: Callable[[str], None], minutes: float) -> list[Finding]:
    """Clients that run page after page, and browsers that click, on the large workspace.

    Args:
        minutes: for how long.

    Raises:
        PompError: there is no browser, or the server does not start.
    """
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(dashboard_of(make_workspace(folder, scale, progress).root))
        with Client(server.url) as client:  # once through everything, so that what is kept on purpose is there
            for page in page_names():
                client.run(path_of(page))
        before = settle(server, 0, SESSIONS_KEPT_SECONDS[scale] / 3)
        progress(f"{CLIENTS[scale]} clients, {BROWSERS[scale]} browsers, {minutes:g} minutes")
        clients, clicks, problems = crowd(server, browser, scale, 60 * minutes)
        problems += [problem for client in clients for problem in client.errors]
        most = server.resident()
        progress("waiting for sessions to be forgotten")
        after = settle(server, int(before * MOST_GROWTH), SESSIONS_KEPT_SECONDS[scale])
    reruns = sum(client.reruns for client in clients)
    common = "; ".join(f"{count} × {problem}" for problem, count in Counter(problems).most_common(5))
    return [
        Finding(f"{len(clients)} clients: reruns a second", reruns / (60 * minutes), "1/s", note=f"{reruns} in all"),
        Finding(f"{BROWSERS[scale]} browsers: clicks a minute", clicks / minutes, "1/min", note=f"{clicks} in all"),
        Finding("errors", len(problems), "", most=0, note=common),
        Finding("memory held after the load, against before", after / 2**20, "MiB", before / 2**20, MOST_GROWTH,
                note=f"{most / 2**20:,.0f} MiB under load"),
    ]  # fmt: skip


def crowd(server: Server, browser: Browser, scale: Scale, seconds: float) -> tuple[list[Client], int, list[str]]:
    """The clients when they are done, the clicks of the browsers, and what went wrong in these."""
    clients = [Client(server.url) for _ in range(CLIENTS[scale])]
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=keep_running, args=[client, end, number]) for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    clicks, problems = keep_clicking(server, browser, BROWSERS[scale], end)
    for thread in threads:
        thread.join()
    return clients, clicks, problems


def keep_running(client: Client, end: float, start: int) -> None:
    """Page after page, each client from another one on."""
    names = page_names()
    try:
        with client:
            while time.monotonic() < end and not client.errors:
                client.run(path_of(names[(start + client.reruns) % len(names)]))
    except OSError as error:
        client.errors.append(f"no connection: {error}")


def keep_clicking(server: Server, browser: Browser, count: int, end: float) -> tuple[int, list[str]]:
    """Each browser stays on a page for a click, then goes to the next. Returns clicks and problems."""
    names: Sequence[str] = page_names()
    contexts = [browser.new_context(viewport={"width": 1400, "height": 1000}) for _ in range(count)]
    pages = [WatchedPage(context.new_page()) for context in contexts]
    clicks = 0
    while time.monotonic() < end:
        for page in pages:
            name = names[clicks % len(names)]
            page.open(f"{server.url}/{path_of(name)}")
            page.click(*CLICKS.get(name, FORMATS))
            clicks += 1
    for context in contexts:
        context.close()
    return clicks, [problem for page in pages for problem in page.problems]


def settle(server: Server, enough: int, seconds: float) -> int:
    """Bytes that the server holds once they are at most `enough`, or when the time is over."""
    end = time.monotonic() + seconds
    while server.resident() > enough and time.monotonic() < end:
        time.sleep(1)
    return server.resident()
