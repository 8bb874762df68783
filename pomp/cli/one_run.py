"""One run: opened, then worked on here and now, or queued."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path

import typer

from pomp.cli.options import configuration
from pomp.cli.scores import print_evaluation, run_evaluation
from pomp.cli.terminal import TerminalProgress, console, find_cohort, open_workspace, warnings_as_text
from pomp.config import DeviceName, PresetName, ProtocolName
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.interrupts import INTERRUPTED
from pomp.runs.backends.base import Backend
from pomp.runs.backends.choice import BackendName, make_choice, open_backend
from pomp.runs.run import Run
from pomp.runs.status import Status, Until
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace


def open_run(
    cohort: str | None,
    run: str | None,
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
        ConfigError: neither or both of cohort and run are named, a setting is wrong, or a run to go on with is to be
            another.
        CohortError: the cohort cannot be used.
    """
    if (cohort is None) == (run is None):
        raise ConfigError("Name either a cohort to make a new run on, or with --run a run to go on with.")
    workspace = open_workspace(home)
    if run is not None:
        if preset or protocol or settings or title:
            raise ConfigError(
                "With --run a run goes on as it was made: leave --set, --protocol, --preset and --title out."
            )
        return workspace.find_run(run)
    config = configuration(preset, protocol, settings)
    read = read_cohort(find_cohort(workspace, str(cohort)), config.cohort)
    opened = workspace.runs.find(read, config) if reuse else None
    opened = opened or workspace.runs.create(read, config, title)
    console.print(f"Run {opened.id} in {opened.folder}", highlight=False, markup=False)
    return opened


def open_queue(backend: BackendName, ray_address: str | None, run: str | None, home: Path | None) -> Backend:
    """The backend of that name for the workspace in which the run lies or will lie; it answers.

    Raises:
        RunError: there is no such run, the address of the cluster is none, or the cluster does not answer.
    """
    workspace = open_workspace(home)
    if run is not None:
        workspace = Workspace(workspace.find_run(run).workspace_folder)
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
