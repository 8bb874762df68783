"""What a page may ask for: start, stop, resume, delete. The work itself is done by other processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboard.data import cohort_check, workspace
from pomp.config import PRESETS, DeviceName, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError, RunError
from pomp.runs.backends.base import Backend
from pomp.runs.backends.choice import backend_of, clusters, make_choice, open_backend, read_choice, write_choice
from pomp.runs.backends.local import LocalBackend
from pomp.runs.run import Run
from pomp.runs.status import Until
from pomp.runs.workspace import Workspace

LOOK_SECONDS = 15
"""A cluster is asked at most this often, however many pages watch: one that is down takes seconds not to answer."""


class Look(NamedTuple):
    """What the clusters say."""

    waiting: dict[str, list[str]]
    """Where → the runs that wait there, the next one first."""
    complaint: str
    """Why one of them does not answer; empty if all do."""


def configuration(preset: str, changes: dict[str, Any]) -> RunConfig:
    """The preset with the page's changes, validated here: limits of widgets hold in the browser only.

    Raises:
        ConfigError: naming every setting that is unknown or out of range.
    """
    if preset not in PRESETS:
        raise ConfigError(f"There is no preset '{preset}'. Choose one of {', '.join(PRESETS)}.")
    return override(PRESETS[preset], changes)


def launch(
    folder: Path, config: RunConfig, title: str, until: Until = "end", device: DeviceName = "auto"
) -> tuple[Run, int]:
    """Make a run and queue it; the run and its place in the queue, from 1.

    Args:
        until: how far its worker is to go; "prepare" cuts regions and chooses the genes of every fold.
        device: on which it is to train.

    Raises:
        PompError: the cohort cannot be used, the settings do not fit it, or the queue is full.
    """
    known = cohort_check(folder).cohort
    cohort = (
        known if known is not None and config.cohort == type(config.cohort)() else read_cohort(folder, config.cohort)
    )
    run = workspace().runs.create(cohort, config, title)
    return run, _submit(run, until, device)


def go_on_preparing(run: Run) -> int:
    """Queue a preparation that was stopped, failed or interrupted again. Its place in the queue, from 1.

    Raises:
        RunError: a worker holds the run, or the queue is full.
    """
    return _submit(run, "prepare")


def stop(run: Run) -> None:
    """Take a run out of the queue, or ask its worker to stop at the next step.

    Raises:
        RunError: the run is in no state to be stopped.
    """
    backend_of(workspace(), run).stop(run)
    _look.clear()


def kill(run: Run) -> None:
    """End a worker that does not heed `stop`; the run goes on from its last checkpoint when it is resumed.

    Raises:
        RunError: nobody whom the run's backend launched works on it.
    """
    backend_of(workspace(), run).kill(run)


def resume(run: Run, device: DeviceName = "auto") -> int:
    """Queue a run again; it goes on from its last checkpoint. Its place in the queue, from 1.

    Args:
        device: on which it is to train from here.

    Raises:
        RunError: the run is not one that was stopped, failed or interrupted, or the queue is full.
    """
    _look.clear()
    return chosen_backend().resume(run, device)


def delete(run: Run) -> None:
    """Remove a run on which nobody works, for good.

    Raises:
        RunBusyError: a worker holds it.
        RunError: it waits or is worked on, or its folder cannot be removed.
    """
    if run.status().active:
        raise RunError(f"Run {run.id} is {run.status().state.lower()}: stop it first, then delete it.")
    workspace().runs.delete(run.id)


def waiting(run: Run) -> tuple[list[str], str]:
    """The queue in which a run waits, the next one first, and where that is."""
    backend = backend_of(workspace(), run)
    here = isinstance(backend, LocalBackend)
    return backend.waiting() if here else look_at_clusters().waiting.get(backend.where, []), backend.where


def wake() -> None:
    """See to it that somebody works on this machine's queue, for example after the machine was started again.

    Raises:
        RunError: the workspace cannot be written.
    """
    LocalBackend(workspace()).wake()


def look_at_clusters() -> Look:
    """What the clusters say that runs were given to. The books are closed on runs whose jobs are over or lost.

    Raises:
        RunError: a run's `job.json` cannot be read.
    """
    return _look(str(workspace().root))


def chosen_backend() -> Backend:
    """Who works on runs that are started or resumed now.

    Raises:
        RunError: the workspace's choice cannot be read.
    """
    return open_backend(workspace(), read_choice(workspace()))


def choose_backend(name: str, address: str | None) -> None:
    """Remember who is to work on runs from now on.

    Args:
        address: of the cluster; None: the one that is remembered.

    Raises:
        PompError: there is no such backend, or the address is none.
    """
    write_choice(workspace(), make_choice(workspace(), name, address))


def _submit(run: Run, until: Until, device: DeviceName = "auto") -> int:
    _look.clear()
    return chosen_backend().submit(run, until, device)


@st.cache_data(ttl=LOOK_SECONDS, max_entries=4, show_spinner=False)
def _look(root: str) -> Look:
    queues, complaints = {}, []
    for cluster in clusters(Workspace(Path(root))):
        try:
            cluster.wake()
            queues[cluster.where] = cluster.waiting()
        except RunError as error:
            complaints.append(str(error))
    return Look(queues, " ".join(complaints))
