"""`pomp bench …`: what the README claims, measured."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import typer

from pomp.cli.terminal import TerminalProgress, console, duration
from pomp.config import PRESETS
from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace

app = typer.Typer(help="Measure what the README claims.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `demo` a subcommand while it is the only one."""


@app.command()
def demo() -> None:
    """Time the demo from slides to out-of-fold risks, all five folds, in a fresh workspace."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.install_bundle(assets_folder())
        config = PRESETS["demo"]
        run = workspace.runs.create(read_cohort(workspace.cohorts / "demo", config.cohort), config, "bench")
        started = time.monotonic()
        with TerminalProgress() as progress:
            execute(run, "auto", progress.status)
        console.print(f"Demo, end to end: {duration(time.monotonic() - started)} on {run.status().device}.")
