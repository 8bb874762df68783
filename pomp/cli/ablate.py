"""`pomp ablate`: a grid of runs, filled cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pomp.cli.grid_view import GridView, watch, work_here
from pomp.cli.one_run import open_queue
from pomp.cli.options import (
    BackendOption,
    Device,
    GridCohorts,
    GridProtocols,
    GridSeeds,
    Home,
    RayAddress,
    Settings,
    choose_sides,
)
from pomp.cli.paths import read_path
from pomp.cli.terminal import console, open_workspace
from pomp.config import PresetName
from pomp.errors import ConfigError
from pomp.runs.grid.cells import plan_cells
from pomp.runs.grid.shelf import find_grid


def ablate(
    grid: Annotated[
        str,
        typer.Argument(help="Name of a grid, such as table2, fig3a or fig3b, or a TOML file that describes one."),
    ],
    cohorts: GridCohorts = None,
    protocols: GridProtocols = None,
    seeds: GridSeeds = None,
    preset: Annotated[
        PresetName | None, typer.Option(help="Settings to start from, instead of the grid's own.")
    ] = None,
    settings: Settings = None,
    show: Annotated[bool, typer.Option("--show", help="Print the table as it stands, and launch nothing.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", parser=read_path, help="Write the table to this file: .md or .csv."),
    ] = None,
    device: Device = "auto",
    home: Home = None,
    backend: BackendOption = None,
    ray_address: RayAddress = None,
) -> None:
    """Fill a grid: cohorts × protocols × variants × seeds. What is done already is taken, the rest worked off.

    Without --backend, runs are worked on here, one after another; Ctrl+C stops at the last checkpoint. With --backend,
    they are queued and this command watches; Ctrl+C ends the watching, and what is queued goes on. In both cases the
    same command goes on from where the grid stands. A run that failed is reported and left alone. With --set a setting
    changes for all variants, except those that change it themselves.
    """
    if out is not None and out.suffix not in {".md", ".csv"}:
        raise ConfigError(f"'{out}' ends in neither .md nor .csv: name the file by the format that you want.")
    if backend is not None and (device != "auto" or show):
        raise ConfigError("With --backend the worker is started by the queue: leave --device out, and --show too.")
    workspace = open_workspace(home)
    chosen = choose_sides(find_grid(grid, workspace), preset, settings, cohorts, protocols, seeds)
    view = GridView(chosen, plan_cells(chosen, workspace), workspace)
    if not show:
        view.check()
        queue = None if backend is None else open_queue(backend, ray_address, None, home)
        finished = work_here(view, device) if queue is None else watch(view, queue)
    else:
        view.wake_clusters()
    console.print(view.draw())
    view.print_notes()
    if out is not None:
        view.write(out)
    if not show:
        view.end(finished)
