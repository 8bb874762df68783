"""`pomp report`: what a run or a grid found, as a table, JSON, one HTML file, or an information sheet."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from pomp.atomic import write_text
from pomp.cli.options import A_RUN, GridCohorts, GridProtocols, GridSeeds, Home, Settings, choose_sides
from pomp.cli.paths import read_path
from pomp.cli.scores import print_evaluation, print_repeats, run_evaluation
from pomp.cli.terminal import console, open_workspace
from pomp.config import PresetName
from pomp.errors import ConfigError
from pomp.runs.backends.choice import clusters
from pomp.runs.grid.shelf import find_grid
from pomp.runs.info_sheet.facts import check_finished, gather_facts
from pomp.runs.info_sheet.items import markdown
from pomp.runs.info_sheet.sheet import info_sheet
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        parser=read_path,
        help="Write it, with its figures, to this one file, which needs no other.",
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--sheet",
        parser=read_path,
        help="Write the information sheet of the run (leakage, TRIPOD+AI) to this Markdown file.",
    ),
]


def report(
    run: Annotated[str | None, typer.Argument(help=f"The run: {A_RUN}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    html: Html = None,
    sheet: Sheet = None,
    grid: Annotated[
        str | None, typer.Option("--grid", help="A grid by name, or a TOML file, instead of a run; needs --html.")
    ] = None,
    cohorts: GridCohorts = None,
    protocols: GridProtocols = None,
    seeds: GridSeeds = None,
    preset: Annotated[PresetName | None, typer.Option(help="With --grid, instead of the grid's own.")] = None,
    settings: Settings = None,
    home: Home = None,
) -> None:
    """C-index by fold, beside plain models on the same folds; or a whole report as a file.

    Where runs beside it differ in nothing but the seed, all of them together follow as repeated cross-validation.
    """
    _check_files(html, sheet)
    if (run is None) == (grid is None):
        raise ConfigError("Name either a run, or a grid with --grid.")
    if run is None:
        if html is None or as_json or sheet is not None:
            raise ConfigError("A grid has a report as HTML alone: name its file with --html, and nothing else.")
        _report_grid(str(grid), cohorts or [], protocols or [], seeds or [], preset, settings or [], home, html)
        return
    if cohorts or protocols or seeds or preset or settings:
        raise ConfigError(
            "A run is reported as it was made: --cohort, --protocol, --seed, --preset and --set go with --grid."
        )
    _report_run(open_workspace(home).find_run(run), as_json, html, sheet)


def _check_files(html: Path | None, sheet: Path | None) -> None:
    for file, endings in ((html, (".html", ".htm")), (sheet, (".md",))):
        if file is not None and file.suffix.lower() not in endings:
            raise ConfigError(f"'{file}' does not end in {' or '.join(endings)}: name the file by what it will be.")


def _report_run(opened: Run, as_json: bool, html: Path | None, sheet: Path | None) -> None:
    if opened.status().active:  # as far as its folder says: its job may be lost
        for cluster in clusters(Workspace(opened.workspace_folder)):
            cluster.wake()
    if html is not None or sheet is not None:
        check_finished(opened)
    if sheet is not None:
        write_text(sheet, markdown(info_sheet(gather_facts(opened))))
        _say_written(sheet)
    if html is not None:
        _draw("run", str(opened.folder), str(html))
        _say_written(html)
    if as_json:
        console.print_json(json.dumps(run_evaluation(opened).to_json()))
    elif html is None and sheet is None:
        evaluation = run_evaluation(opened)
        print_evaluation(opened, evaluation)
        print_repeats(opened, evaluation)


def _report_grid(
    name: str, cohorts: list[str], protocols: list[str], seeds: list[int], preset: PresetName | None,
    settings: list[str], home: Path | None, html: Path,
) -> None:  # fmt: skip
    workspace = open_workspace(home)
    chosen = choose_sides(find_grid(name, workspace), preset, settings, cohorts, protocols, seeds)
    sides: tuple[tuple[str, list[str]], ...] = (
        ("--preset", [preset] if preset else []), ("--cohort", cohorts), ("--protocol", [*protocols]),
        ("--seed", [*map(str, seeds)]), ("--set", settings),
    )  # fmt: skip
    words = [word for option, values in sides for value in values for word in (option, value)]
    command = shlex.join(["pomp", "ablate", name, *words])
    options = ["--home", str(workspace.root), "--command", command]
    _draw("grid", str(html), *options, text=chosen.model_dump_json(by_alias=True))
    _say_written(html)


def _draw(*words: str, text: str | None = None) -> None:
    """Have the dashboard draw it, in a process of its own: the core does not import it."""
    done = subprocess.run([sys.executable, "-m", "dashboard.report", *words], input=text, text=True, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


def _say_written(file: Path) -> None:
    console.print(f"Written to {file}.", highlight=False, markup=False)
