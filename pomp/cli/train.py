"""`pomp run`, `pomp pretrain` and `pomp finetune`."""

from __future__ import annotations

from typing import Annotated

import typer

from pomp.cli.one_run import carry, enqueue, open_queue, open_run
from pomp.cli.options import (
    A_RUN,
    BackendOption,
    Cohort,
    Device,
    FoldsAtATime,
    Home,
    PresetOfNewRun,
    ProtocolOption,
    RayAddress,
    RunName,
    Settings,
    Title,
    configuration,
)
from pomp.cli.terminal import console, open_workspace
from pomp.errors import ConfigError
from pomp.runs.worker import assist
from pomp.training.device import pick_device


def run(
    cohort: Cohort = None,
    run_name: RunName = None,
    preset: PresetOfNewRun = None,
    protocol: ProtocolOption = None,
    settings: Settings = None,
    title: Title = "",
    device: Device = "auto",
    folds_at_a_time: FoldsAtATime = None,
    home: Home = None,
    backend: BackendOption = None,
    ray_address: RayAddress = None,
    show_config: Annotated[bool, typer.Option("--show-config", help="Print the settings as JSON and stop.")] = False,
    as_queued: Annotated[
        bool, typer.Option("--as-queued", help="With --run: as far, and on the device, as whoever queued it asked for.")
    ] = False,
) -> None:
    """All of it: choose genes, pre-train, fine-tune and evaluate over the folds. Resumes with --run."""
    if show_config:
        console.print_json(configuration(preset, protocol, settings).model_dump_json())
        return
    if assist(device):
        return
    if backend is not None and (as_queued or folds_at_a_time is not None):
        raise ConfigError(
            "With --backend the worker is started by the queue: leave --as-queued and --folds-at-a-time out."
        )
    queue = None if backend is None else open_queue(backend, ray_address, run_name, home)
    if queue is None and not as_queued:
        pick_device(device)  # before a run is made for it
    opened = open_run(cohort, run_name, preset, protocol, settings, title, home)
    if queue is None:
        carry(opened, None if as_queued else device, None if as_queued else "end", folds_at_a_time)
    else:
        enqueue(opened, queue, "end", device)


def pretrain(
    cohort: Cohort = None,
    run_name: RunName = None,
    preset: PresetOfNewRun = None,
    protocol: ProtocolOption = None,
    settings: Settings = None,
    title: Title = "",
    device: Device = "auto",
    folds_at_a_time: FoldsAtATime = None,
    home: Home = None,
) -> None:
    """Choose genes and pre-train every fold, then stop; `pomp finetune --run` goes on."""
    if not assist(device):
        pick_device(device)  # before a run is made for it
        opened = open_run(cohort, run_name, preset, protocol, settings, title, home)
        carry(opened, device, "pretrain", folds_at_a_time)


def finetune(
    run_name: Annotated[str, typer.Option("--run", help=f"The run: {A_RUN}.")],
    device: Device = "auto",
    folds_at_a_time: FoldsAtATime = None,
    home: Home = None,
) -> None:
    """Fine-tune and evaluate a run from where it stands."""
    if not assist(device):
        carry(open_workspace(home).find_run(run_name), device, "end", folds_at_a_time)
