"""What a page may ask for: start, stop, resume. The work itself is done by other processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dashboard.data import cohort_check, workspace
from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.runs.backends.local import LocalBackend
from pomp.runs.run import Run
from pomp.runs.status import Until


def configuration(preset: str, changes: dict[str, Any]) -> RunConfig:
    """The preset with the page's changes, validated here: limits of widgets hold in the browser only.

    Raises:
        ConfigError: naming every setting that is unknown or out of range.
    """
    if preset not in PRESETS:
        raise ConfigError(f"There is no preset '{preset}'. Choose one of {', '.join(PRESETS)}.")
    return override(PRESETS[preset], changes)


def launch(folder: Path, config: RunConfig, title: str, until: Until = "end") -> tuple[Run, int]:
    """Make a run and queue it; the run and its place in the queue, from 1.

    Args:
        until: how far its worker is to go; "prepare" cuts regions and chooses the genes of every fold.

    Raises:
        PompError: the cohort cannot be used, the settings do not fit it, or the queue is full.
    """
    known = cohort_check(folder).cohort
    cohort = (
        known if known is not None and config.cohort == type(config.cohort)() else read_cohort(folder, config.cohort)
    )
    run = workspace().runs.create(cohort, config, title)
    return run, LocalBackend(workspace()).submit(run, until)


def go_on_preparing(run: Run) -> int:
    """Queue a preparation that was stopped, failed or interrupted again. Its place in the queue, from 1.

    Raises:
        RunError: a worker holds the run, or the queue is full.
    """
    return LocalBackend(workspace()).submit(run, until="prepare")


def stop(run: Run) -> None:
    """Take a run out of the queue, or ask its worker to stop at the next step.

    Raises:
        RunError: the run is in no state to be stopped.
    """
    LocalBackend(workspace()).stop(run)


def kill(run: Run) -> None:
    """End a worker that does not heed `stop`; the run goes on from its last checkpoint when it is resumed.

    Raises:
        RunError: nobody on this machine works on the run.
    """
    LocalBackend(workspace()).kill(run)


def resume(run: Run) -> int:
    """Queue a run again; it goes on from its last checkpoint. Its place in the queue, from 1.

    Raises:
        RunError: the run is not one that was stopped, failed or interrupted, or the queue is full.
    """
    return LocalBackend(workspace()).resume(run)


def wake() -> None:
    """See to it that somebody works on the queue, for example after the machine was started again.

    Raises:
        RunError: the workspace cannot be written.
    """
    LocalBackend(workspace()).ensure_supervisor()
