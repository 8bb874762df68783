"""The dashboard's server: Streamlit's pages, with deep-zoom tiles and scripts beside them.

``python -m dashboard`` (or ``pomp dashboard``) starts it on this machine only.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import streamlit as st
import typer
from rich.console import Console
from rich.markup import escape
from starlette.middleware import Middleware

from dashboard import theme
from dashboard.access import PARAMETER, access_middleware, is_loopback
from dashboard.browser.head import Head
from dashboard.failures import say_failure
from dashboard.registry import SlideRegistry
from dashboard.scripts import script_routes
from dashboard.tiles import slide_routes
from pomp.runs.workspace import Workspace

SCRIPT: Final = Path(__file__).with_name("app.py")
PORTS_TRIED: Final = 20
console = Console(emoji=False)  # an address may read :a:


def create_app(
    script: Path,
    folders: Callable[[], Iterable[Path]],
    *,
    address: str = "127.0.0.1",
    token: str | None = None,
    on_start: Callable[[], None] = lambda: None,
) -> st.App:
    """The pages of `script` and the slides of the cohorts in `folders`.

    Args:
        script: Streamlit's entry script.
        folders: The cohort folders whose slides may be shown, asked again when a slide is not known.
        address: Where the server will listen.
        token: What browsers must bring; None on a loopback address only.
        on_start: Called once the port is open.
    """

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncGenerator[None]:
        on_start()
        yield

    return st.App(
        script,
        routes=[*slide_routes(SlideRegistry(folders)), *script_routes()],
        middleware=[*access_middleware(address, token), Middleware(Head)],
        lifespan=lifespan,
        on_script_error=say_failure,
    )


def streamlit_options(address: str, port: int) -> dict[str, Any]:
    """Streamlit's settings, none of which a newcomer should have to make."""
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": True,  # the browser is opened here, and with the token where there is one
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.fileWatcherType": "none",  # it walks through torch's lazy modules and fails
        "browser.gatherUsageStats": False,
        "client.allowedOrigins": [],  # no page around this one may steer it; each would be looked at at every message
        "client.toolbarMode": "viewer",
        "client.disableDataExport": True,  # a table's own CSV would hold live formulas; `save_table` stands below each
        "client.showErrorDetails": "none",  # the traceback stands in the terminal
        "client.showErrorLinks": False,
        "logger.hideWelcomeMessage": True,
        "runner.magicEnabled": False,
        "global.disableWidgetStateDuplicationWarning": True,  # a default is left out of the URL, whoever chooses it
        "global.minCachedMessageSize": 2000.0,  # bytes: what is as it was is not sent again, small figures included
        "runner.postScriptGC": False,  # costs every click 0.1 s; Python collects by itself as need be
        **theme.OPTIONS,
    }


def known_folders(workspace: Workspace) -> set[Path]:
    """The cohorts of the workspace, and those of its runs, wherever they lie."""
    return {*workspace.cohort_folders(), *(run.cohort_folder for run in workspace.runs.list())}


def find_port(address: str, wanted: int) -> int | None:
    """The first free port from `wanted` on, or None if all that are tried are taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    return None


def url_of(address: str, port: int) -> str:
    """What to type into a browser; an address that stands for all is shown as this machine's name."""
    host = socket.gethostname() if address in {"0.0.0.0", "::"} else address  # noqa: S104  # compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def choose_token(address: str) -> str | None:
    """None on this machine alone; elsewhere POMP_TOKEN, or a new one."""
    return None if is_loopback(address) else os.environ.get("POMP_TOKEN") or secrets.token_urlsafe(18)


def main(
    home: Annotated[Path | None, typer.Option(help="The workspace. Default: POMP_HOME, or ~/pomp.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port; if it is taken, the next free one.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on. Other than 127.0.0.1: a token is asked.")] = (
        "127.0.0.1"
    ),
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Serve the dashboard until it is stopped with Ctrl+C."""
    if home is not None:
        os.environ["POMP_HOME"] = str(home.expanduser().resolve())
    free = find_port(address, port)
    if free is None:
        console.print(
            f"[red]{escape(address)} has no free port from {port} to {port + PORTS_TRIED - 1}, or is no address of "
            f"this machine.[/] Name another: --port {port + PORTS_TRIED}"
        )
        raise typer.Exit(1)
    if free != port:
        console.print(f"Port {port} is taken: using {free}.", highlight=False)
    token = choose_token(address)
    url = url_of(address, free) + (f"/?{urlencode({PARAMETER: token})}" if token else "")
    workspace = Workspace.default()
    app = create_app(
        SCRIPT,
        lambda: known_folders(workspace),
        address=address,
        token=token,
        on_start=lambda: announce(url, open_browser=browser),
    )
    app.run(config=streamlit_options(address, free))


def announce(url: str, *, open_browser: bool) -> None:
    """Print the address, and show it in the user's browser."""
    console.print(f"The dashboard is at [bold]{escape(url)}[/]\nStop it with Ctrl+C.", highlight=False, soft_wrap=True)
    if open_browser and _has_screen():
        # In a thread of its own: some browsers block until they are closed.
        threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()


def _has_screen() -> bool:
    """Without one, webbrowser would start a text browser in this very terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
