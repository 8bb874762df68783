"""`pomp demo` and `pomp dashboard`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pomp.cli.options import Home
from pomp.cli.paths import read_path
from pomp.cli.terminal import TerminalProgress, console, open_workspace
from pomp.data.bundle import assets_folder, rebuild

Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")]
Port = Annotated[int, typer.Option(help="Port on this machine.")]
DEFAULT_PORT = 8501


def demo(
    rebuild_bundle: Annotated[
        bool, typer.Option("--rebuild", help="Make the bundled cohorts and runs again from their seed, and stop.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            parser=read_path,
            help="With --rebuild: folder of the full TCGA-BRCA tables, to reduce them again.",
        ),
    ] = None,
    browser: Browser = True,
    port: Port = DEFAULT_PORT,
    home: Home = None,
) -> None:
    """Put the bundled cohorts and finished runs into the workspace and open the dashboard on them."""
    if rebuild_bundle:
        from pomp.runs.bundle import rebuild_runs  # noqa: PLC0415  trains: torch takes seconds, and opening needs none

        with TerminalProgress() as progress:
            rebuild(assets_folder(), source, progress.count)
            rebuild_runs(assets_folder(), lambda _, status: progress.status(status))
        console.print(f"Made again in {assets_folder()}.", highlight=False, markup=False)
        return
    workspace = open_workspace(home)
    workspace.install_bundle(assets_folder())
    _serve(workspace.root, browser, port)


def dashboard(browser: Browser = True, port: Port = DEFAULT_PORT, home: Home = None) -> None:
    """Open the dashboard on the workspace."""
    _serve(open_workspace(home).root, browser, port)


def _serve(root: Path, browser: bool, port: int) -> None:
    """Become the dashboard's server: the core does not import it."""
    command = [sys.executable, "-m", "dashboard", "--home", str(root), "--port", str(port)]
    os.execv(sys.executable, command if browser else [*command, "--no-browser"])  # noqa: S606
