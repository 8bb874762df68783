"""`pomp run`, `pomp pretrain` and `pomp finetune`."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from pomp.cli.scores import print_evaluation, run_evaluation
from pomp.cli.terminal import Home, TerminalProgress, console, find_cohort, open_workspace, warnings_as_text
from pomp.config import PRESETS, DeviceName, PresetName, ProtocolName, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.interrupts import INTERRUPTED
from pomp.runs.backends.base import Backend
from pomp.runs.backends.choice import ADDRESS_VARIABLE, BackendName, make_choice, open_backend
from pomp.runs.command import read_setting
from pomp.runs.run import Run
from pomp.runs.status import Status, Until
from pomp.runs.worker import assist, execute
from pomp.runs.workspace import Workspace

Cohort = Annotated[str | None, typer.Argument(help="Cohort folder, or the name of a cohort in the workspace.")]
RunFolder = Annotated[Path | None, typer.Option("--run", help="Go on with this run folder instead of making one.")]
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


def run(
    cohort: Cohort = None,
    run_folder: RunFolder = None,
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
    queue = None if backend is None else open_queue(backend, ray_address, run_folder, home)
    opened = open_run(cohort, run_folder, preset, protocol, settings, title, home)
    if queue is None:
        carry(opened, None if as_queued else device, None if as_queued else "end", folds_at_a_time)
    else:
        enqueue(opened, queue, "end", device)


def pretrain(
    cohort: Cohort = None,
    run_folder: RunFolder = None,
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
        opened = open_run(cohort, run_folder, preset, protocol, settings, title, home)
        carry(opened, device, "pretrain", folds_at_a_time)


def finetune(
    run_folder: Annotated[Path, typer.Option("--run", help="The run folder.")],
    device: Device = "auto",
    folds_at_a_time: FoldsAtATime = None,
) -> None:
    """Fine-tune and evaluate a run from where it stands."""
    if not assist(device):
        carry(Run.open(run_folder), device, "end", folds_at_a_time)


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


def parse_setting(text: str) -> tuple[str, Any]:
    """'pretrain.epochs=50' → ('pretrain.epochs', 50); the value is written as `setting_text` does."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"'{text}' is no setting: write it as name=value, such as pretrain.epochs=50.")
    return name, read_setting(name, value)


def open_run(
    cohort: str | None,
    run_folder: Path | None,
    preset: PresetName | None,
    protocol: ProtocolName | None,
    settings: list[str] | None,
    title: str,
    home: Path | None,
    reuse: bool = False,
) -> Run:
    """The run to go on with, or a new one.

    Args:
        reuse: take the newest run with the same settings on the same files, if there is one.

    Raises:
        ConfigError: neither or both of cohort and run folder are named, a setting is wrong, or a run to go on with is
            to be another.
        CohortError: the cohort cannot be used.
    """
    if (cohort is None) == (run_folder is None):
        raise ConfigError("Name either a cohort to make a new run on, or with --run a run folder to go on with.")
    if run_folder is not None:
        if preset or protocol or settings or title:
            raise ConfigError(
                "With --run a run goes on as it was made: leave --set, --protocol, --preset and --title out."
            )
        return Run.open(run_folder)
    workspace = open_workspace(home)
    config = configuration(preset, protocol, settings)
    read = read_cohort(find_cohort(workspace, str(cohort)), config.cohort)
    opened = workspace.runs.find(read, config) if reuse else None
    opened = opened or workspace.runs.create(read, config, title)
    console.print(f"Run {opened.id} in {opened.folder}", highlight=False, markup=False)
    return opened


def open_queue(backend: BackendName, ray_address: str | None, run_folder: Path | None, home: Path | None) -> Backend:
    """The backend of that name for the workspace in which the run lies or will lie; it answers.

    Raises:
        RunError: there is no such run, the address of the cluster is none, or the cluster does not answer.
    """
    workspace = open_workspace(home) if run_folder is None else Workspace(Run.open(run_folder).folder.parents[1])
    queue = open_backend(workspace, make_choice(workspace, backend, ray_address))
    queue.waiting()  # asks, so that no run is made for a cluster that is down
    return queue


def enqueue(opened: Run, queue: Backend, until: Until, device: DeviceName = "auto") -> None:
    """Have a run worked on by others, who go on when this command is over.

    Raises:
        RunError: the queue does not take the run.
    """
    queue.wake()
    place = queue.submit(opened, until, device)
    console.print(f"Queued on {queue.where}, place {place}.", highlight=False, markup=False)


def carry(opened: Run, device: DeviceName | None, until: Until | None, folds: int | None = None) -> Status:
    """Work on a run here and now, with a progress bar. `device`, `until`, `folds`: as `execute`.

    Raises:
        typer.Exit, SystemExit: the user, or SIGTERM, stopped it; how to go on was told.
    """
    try:
        # What the queue's worker prints goes into the log, which has the warnings already.
        with TerminalProgress() as progress, nullcontext() if until is None else warnings_as_text():
            status = execute(opened, device, progress.status, until, folds)
    except KeyboardInterrupt:
        _say_how_to_go_on(opened, until)
        raise typer.Exit(INTERRUPTED) from None
    except SystemExit:  # SIGTERM
        _say_how_to_go_on(opened, until)
        raise
    console.print(f"{status.state.capitalize()}. {status.message}".strip(), highlight=False, markup=False)
    if status.state == "DONE":
        print_evaluation(opened, run_evaluation(opened))
    return status


def _say_how_to_go_on(opened: Run, until: Until | None) -> None:
    command = "run" if until in {None, "end"} else until
    again = f"pomp {command} --run {shlex.quote(str(opened.folder))}"
    said = f"Stopped. To go on from the last checkpoint: {again}"
    console.print(said, highlight=False, markup=False, soft_wrap=True)
