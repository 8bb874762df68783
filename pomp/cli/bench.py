"""`pomp bench …`: what the README claims, measured."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.markup import escape
from rich.table import Table

from pomp.bench.measurement import Measurement, Scale
from pomp.bench.pancancer import markdown as pancancer_table
from pomp.bench.pancancer import measure as measure_pancancer
from pomp.cli.paths import read_path
from pomp.cli.terminal import TerminalProgress, console, duration
from pomp.config import PRESETS
from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.markdown import markdown_table
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace

app = typer.Typer(help="Measure what the README claims.", no_args_is_help=True)

PREPARATION = ("slides", "imputation", "forest", "cox_score", "selection")
TRAINING = ("training", "features", "survival", "side_by_side")
"""Modules of `pomp.bench`, each with a function `measure`."""

VERSIONS = ("torch", "timm", "numpy", "numba", "scikit-learn", "scikit-survival", "pandas", "openslide-python",
            "simplejpeg", "h5py")  # fmt: skip

ScaleOption = Annotated[Scale, typer.Option(help="small: toy sizes, to see that it runs.")]
Out = Annotated[Path | None, typer.Option(parser=read_path, help="Write the table as Markdown to this file too.")]


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


@app.command()
def prepare(
    only: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(PREPARATION)}. Default: all.")] = "",
    scale: ScaleOption = "full",
    out: Out = None,
) -> None:
    """Cohort preparation, ours beside others' ways, both measured in this run."""
    _measure("prepare", PREPARATION, only, scale, out)


@app.command()
def train(
    only: Annotated[str, typer.Option(help=f"Comma-separated: {', '.join(TRAINING)}. Default: all.")] = "",
    scale: ScaleOption = "full",
    out: Out = None,
) -> None:
    """Training, ours beside the paper's loop and others' ways, both measured in this run."""
    _measure("train", TRAINING, only, scale, out)


@app.command()
def pancancer(
    tcga: Annotated[Path, typer.Argument(parser=read_path, help="Folder of the cohort folders BRCA, LIHC and STAD.")],
    out: Out = None,
) -> None:
    """Pre-training on three cancers together, beside pre-training on each alone and none: out-of-fold C-index."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure_pancancer(tcga, Path(folder), lambda what: console.print(what, highlight=False, markup=False))
    text = pancancer_table(found, f"pomp bench pancancer {tcga.name}")
    console.print(text, highlight=False, markup=False)
    if out is not None:
        out.write_text(text, encoding="utf-8")


@app.command()
def dashboard(
    only: Annotated[str, typer.Option(help="Comma-separated: tiles, figures, pages, load. Default: all.")] = "",
    scale: ScaleOption = "full",
    minutes: Annotated[float, typer.Option(min=0.01, help="How long the load of many users lasts.")] = 3.0,
    out: Out = None,
) -> None:
    """Tiles, figures, every page in a real browser beside an empty Streamlit app, and many users at once."""
    options = ["--only", only, "--scale", scale, "--minutes", f"{minutes:g}"]
    # In a process of its own: the core does not import the dashboard.
    command = [sys.executable, "-m", "dashboard.bench", *options, *(["--out", str(out)] if out else [])]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _measure(kind: str, modules: Sequence[str], only: str, scale: Scale, out: Path | None) -> None:
    names = [name.strip() for name in only.split(",") if name.strip()] or list(modules)
    unknown = [name for name in names if name not in modules]
    if unknown:
        raise ConfigError(f"'{', '.join(unknown)}' cannot be measured. Choose from {', '.join(modules)}.")
    found: list[Measurement] = []
    with TerminalProgress() as progress:
        for place, name in enumerate(names):
            progress.count(place, len(names), name)
            # Imported when its turn comes: some start up slowly, and one that is left out costs nothing.
            found += import_module(f"pomp.bench.{name}").measure(scale)
    print_measurements(found)
    if out is not None:
        options = [*(["--only", only] if only else []), *(["--scale", scale] if scale != "full" else [])]
        out.write_text(markdown(found, " ".join([f"pomp bench {kind}", *options])), encoding="utf-8")


def print_measurements(found: Sequence[Measurement]) -> None:
    table = Table(title="Median seconds, in turns", show_lines=True)
    table.add_column("work", ratio=3)
    table.add_column("ours", justify="right")
    table.add_column("against", ratio=2)
    for title in ("theirs", "ratio", "to reach"):
        table.add_column(title, justify="right")
    for row in _rows(found):
        table.add_row(*map(escape, row))
    console.print(table)
    for measured in found:
        for check in measured.checks:
            console.print(f"{measured.work}: {check}", highlight=False, markup=False)


def markdown(found: Sequence[Measurement], command: str) -> str:
    """The table with machine, versions and command, to be kept."""
    head = ["work", "ours, s", "against", "theirs, s", "ratio", "to reach"]
    lines = [f"# `{command}`", "", *_machine(), "", *markdown_table(head, _rows(found))]
    checks = [f"- {measured.work}: {check}" for measured in found for check in measured.checks]
    return "\n".join([*lines, *(["", "Checked in the same run:", "", *checks] if checks else []), ""])


def _rows(found: Sequence[Measurement]) -> list[list[str]]:
    rows = []
    for measured in found:
        work, ours = measured.work, f"{measured.seconds:.3g}"
        for rival in measured.rivals:
            ratio = measured.ratio(rival)
            name = f"{rival.name} ({rival.note})" if rival.note else rival.name
            rows.append([
                work, ours, name,
                "–" if rival.seconds is None else f"{rival.seconds:.3g}",
                "–" if ratio is None else f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2f}×",
                "" if rival.least is None else f"≥ {rival.least:g}×",
            ])  # fmt: skip
            work = ours = ""
        if not measured.rivals:
            rows.append([work, ours, "", "", "", ""])
    return rows


def _machine() -> list[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        f"{cores} cores, {platform.machine()}, {platform.system()}, {_gpu()}; Python {platform.python_version()}, "
        f"{versions}. Medians of runs in turns; `{time.strftime('%Y-%m-%d')}`."
    ]


def _gpu() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
