"""Options that several commands have, and the settings that they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from pomp.cli.paths import read_path
from pomp.config import LARGEST_SEED, PRESETS, DeviceName, PresetName, ProtocolName, RunConfig, override
from pomp.errors import ConfigError
from pomp.runs.backends.choice import ADDRESS_VARIABLE, BackendName
from pomp.runs.command import read_setting
from pomp.runs.grid.spec import Grid, choose

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="POMP_HOME",
        parser=read_path,
        help="Workspace with cohorts and runs. Default: ~/pomp.",
        show_default=False,
    ),
]
Cohort = Annotated[str | None, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")]
A_RUN = "its folder, its name in the workspace, or its title"
RunName = Annotated[str | None, typer.Option("--run", help=f"Go on with this run instead of making one: {A_RUN}.")]
Preset = Annotated[PresetName, typer.Option(help="Settings to start from.")]
PresetOfNewRun = Annotated[
    PresetName | None,
    typer.Option("--preset", help="Settings to start from. Default: honest.", show_default=False),
]
ProtocolOption = Annotated[ProtocolName | None, typer.Option("--protocol", help="Default: as the preset has it.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, such as pretrain.epochs=50 or cohort.omics=mrna,mirna. May be repeated."),
]


def _check_protocols(names: list[str] | None) -> list[str] | None:
    """Typer takes a choice, and no list of choices."""
    for name in names or ():
        if name not in get_args(ProtocolName):
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, get_args(ProtocolName)))}.")
    return names


OF_GRID = "Instead of the grid's own. May be repeated."
GridCohorts = Annotated[list[str] | None, typer.Option("--cohort", help=OF_GRID)]
GridProtocols = Annotated[list[str] | None, typer.Option("--protocol", callback=_check_protocols, help=OF_GRID)]
NullProtocols = Annotated[
    list[str] | None,
    typer.Option(
        "--protocol", callback=_check_protocols, help="May be repeated. Default: all three.", show_default=False
    ),
]
GridSeeds = Annotated[list[int] | None, typer.Option("--seed", min=0, max=LARGEST_SEED, help=OF_GRID)]
Title = Annotated[str, typer.Option(help="A title for people.")]
Device = Annotated[DeviceName, typer.Option(help="Where to train.")]
FoldsAtATime = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Folds to work on side by side; they share out the threads, on whose number risks depend in the third "
        "decimal. Default: on the CPU as many as is fastest, with the threads that the run has begun with; on a GPU 1.",
        show_default=False,
    ),
]
BackendOption = Annotated[
    BackendName | None,
    typer.Option(
        "--backend",
        help="Queue the run and return, instead of working on it here and now: local, the queue of this machine; ray, "
        "a Ray cluster.",
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        envvar=ADDRESS_VARIABLE,
        help="Dashboard of the Ray cluster. Default: the one of the workspace, or http://127.0.0.1:8265.",
        show_default=False,
    ),
]


def configuration(preset: PresetName | None, protocol: ProtocolName | None, settings: list[str] | None) -> RunConfig:
    """The preset with the changes of the command line.

    Args:
        preset: None: honest.

    Raises:
        ConfigError: naming every setting that is unknown or out of range.
    """
    changes = dict(parse_setting(text) for text in settings or [])
    if protocol is not None:
        changes["protocol"] = protocol
    return override(PRESETS[preset or "honest"], changes)


def choose_sides(
    grid: Grid,
    preset: PresetName | None,
    settings: list[str] | None,
    cohorts: list[str] | None = None,
    protocols: list[str] | None = None,
    seeds: list[int] | None = None,
) -> Grid:
    """The grid with what the command line says instead.

    Raises:
        ConfigError: a setting is unknown or out of range; the grid is named only where it has a part in that.
    """
    changes = dict(parse_setting(text) for text in settings or [])
    try:
        return choose(
            grid, preset=preset, cohorts=cohorts or (), seeds=seeds or (), protocols=protocols or (), changes=changes
        )
    except ConfigError:
        configuration(preset or grid.preset, None, settings)
        raise


def parse_setting(text: str) -> tuple[str, Any]:
    """'pretrain.epochs=50' → ('pretrain.epochs', 50); the value is written as `setting_text` does."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"'{text}' is no setting: write it as name=value, such as pretrain.epochs=50.")
    return name, read_setting(name, value)
