"""`pomp plan`: the time, memory and cost of a run, before it is launched."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pomp.cli.options import Cohort, Home, Preset, ProtocolOption, Settings, configuration
from pomp.cli.terminal import STAGES, console, duration, find_cohort, open_workspace
from pomp.config import RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.runs.forecast.accelerators import ACCELERATORS, THIS
from pomp.runs.forecast.plan import forecast
from pomp.runs.forecast.result import Forecast
from pomp.runs.forecast.wording import activations_in_words, regions_in_words
from pomp.runs.forecast.workload import Workload, assume_workload, count_workload
from pomp.runs.obstacles import find_obstacles
from pomp.runs.resolve import resolve
from pomp.wording import count


def plan(
    cohort: Cohort = None,
    patients: Annotated[int | None, typer.Option(help="Patients, where no cohort is named.")] = None,
    regions: Annotated[
        int | None,
        typer.Option(help="Regions of a patient on average. Default: as the cohort's prepared slides have."),
    ] = None,
    preset: Preset = "honest",
    protocol: ProtocolOption = None,
    settings: Settings = None,
    device: Annotated[
        str, typer.Option(help=f"{THIS}: the one at hand, measured in a few seconds; or {', '.join(ACCELERATORS)}.")
    ] = THIS,
    devices: Annotated[int, typer.Option(help="Devices that share the run.")] = 1,
    price: Annotated[float | None, typer.Option(help="Of a device for an hour, in any currency.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    home: Home = None,
) -> None:
    """Forecast a run: time by stage, memory, disk and cost, and how they grow. Nothing is launched."""
    config = configuration(preset, protocol, settings)
    config, workload, obstacles = _ask(cohort, patients, regions, config, home)
    found = forecast(config, workload, device, devices, price).model_copy(update={"obstacles": obstacles})
    if as_json:
        console.print_json(found.model_dump_json())
    else:
        print_forecast(found)


def _ask(
    cohort: str | None, patients: int | None, regions: int | None, config: RunConfig, home: Home
) -> tuple[RunConfig, Workload, tuple[str, ...]]:
    """The settings, resolved, what they are to be run on, and what would end the training on it."""
    if (cohort is None) == (patients is None):
        raise ConfigError("Name either a cohort, or with --patients how many there are.")
    if cohort is not None:
        read = read_cohort(find_cohort(open_workspace(home), cohort), config.cohort)
        config = resolve(config, read)
        obstacles = tuple(problem.message for problem in find_obstacles(read, config))
        return config, count_workload(read, config, regions), obstacles
    if config.model.modalities == "auto":
        config = override(config, {"model.modalities": "both"})
    if regions is None and config.model.modalities != "omics":
        raise ConfigError("Say with --regions how many regions a patient has on average; TCGA-COAD has 144.")
    return config, assume_workload(int(patients or 0), regions or 0, config), ()


def print_forecast(found: Forecast) -> None:
    """Tables of time, memory and growth, and what they rest on."""
    regions = f" × {found.regions:,.3g} regions" if found.regions else ""
    shared = f"{found.devices} × " if found.devices > 1 else ""
    console.print(_times(found, f"{count(found.patients, 'patient')}{regions} on {shared}{found.machine}"))
    console.print(_memory(found))
    for line in activations_in_words(found.memory), regions_in_words(found.memory):
        console.print(line, highlight=False, markup=False)
    for problem in filter(None, (found.memory.problem, *found.obstacles)):
        console.print(f"[bold red]{escape(problem)}[/]", highlight=False)
    console.print(_growth(found))
    console.print("An estimate. It rests on:", highlight=False)
    for line in found.assumptions:
        console.print(f"  • {line}", highlight=False, markup=False)


def _times(found: Forecast, title: str) -> Table:
    table = Table(title=escape(title), show_footer=True)
    table.add_column("stage", "total")
    table.add_column("work", f"{found.device_hours:.3g} device hours")
    table.add_column("times", justify="right")
    table.add_column("time", duration(found.seconds), justify="right")
    if found.cost is not None:
        table.add_column("cost", f"{found.cost:,.2f}", justify="right")
    for stage in found.stages:
        cost = [] if found.cost is None else [f"{found.cost * stage.seconds / found.seconds:,.2f}"]
        table.add_row(STAGES[stage.name], stage.work, f"{stage.times}", duration(stage.seconds), *cost)
    return table


def _memory(found: Forecast) -> Table:
    memory = found.memory
    table = Table(title="Memory of a device, and disk")
    table.add_column("what")
    table.add_column("GB", justify="right")
    rows = {
        "weights, gradients, optimiser": memory.states,
        "regions kept on the device": memory.on_device,
        "activations of the ViT": memory.activations,
        "activations of the rest": memory.rest,
        "at most, together": memory.peak,
        "free on the device": memory.available,
        "disk: region files": found.region_files,
        "disk: checkpoints, at most": found.checkpoints,
    }
    for what, size in rows.items():
        table.add_row(what, f"{size / 1e9:,.2f}")
    return table


def _growth(found: Forecast) -> Table:
    table = Table(title="How it grows")
    for title in ("patients", "regions", "time", "GB on the device", "GB on disk"):
        table.add_column(title, justify="right")
    for row in found.growth:
        end = row is found.growth[len(found.growth) // 2 - 1]
        sizes = (f"{row.peak / 1e9:,.2f}", f"{row.disk / 1e9:,.2f}")
        table.add_row(f"{row.patients:,}", f"{row.regions:,.3g}", duration(row.seconds), *sizes, end_section=end)
    return table
