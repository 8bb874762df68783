"""Which backend works on runs: this machine, or a Ray cluster."""

from __future__ import annotations

import os
from typing import Literal, get_args

from pydantic import Field, ValidationError

from pomp.atomic import exclusive, write_text
from pomp.config import Frozen
from pomp.errors import ConfigError, RunError
from pomp.runs.backends.base import Backend
from pomp.runs.backends.job import read_job, unsettled_folders
from pomp.runs.backends.local import LocalBackend
from pomp.runs.backends.ray import RayBackend
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

BackendName = Literal["local", "ray"]
ADDRESS_VARIABLE = "POMP_RAY_ADDRESS"
_RAY_HERE = "http://127.0.0.1:8265"


class BackendChoice(Frozen):
    """Where new runs of a workspace are worked on: its `backend.json`."""

    name: BackendName = "local"
    address: str = Field(default_factory=lambda: os.environ.get(ADDRESS_VARIABLE) or _RAY_HERE)
    """Of the Ray cluster's dashboard; kept while the choice is `local`."""


def read_choice(workspace: Workspace) -> BackendChoice:
    """What was chosen for the workspace; this machine if nothing was.

    Raises:
        RunError: the file cannot be read.
    """
    file = workspace.root / "backend.json"
    try:
        return BackendChoice.model_validate_json(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return BackendChoice()
    except (OSError, ValidationError):
        raise RunError(f"{file} cannot be read. Delete it, and choose again where runs are worked on.") from None


def write_choice(workspace: Workspace, choice: BackendChoice) -> None:
    """Remember a choice.

    Raises:
        RunError: the address is none, or the workspace cannot be written.
    """
    open_backend(workspace, choice)
    with exclusive(workspace.root / "backend.lock"):
        write_text(workspace.root / "backend.json", choice.model_dump_json(indent=1))


def make_choice(workspace: Workspace, name: str, address: str | None) -> BackendChoice:
    """A choice by its name.

    Args:
        address: None: the one that the workspace remembers.

    Raises:
        ConfigError: there is no such backend.
        RunError: as `read_choice`.
    """
    if name not in get_args(BackendName):
        raise ConfigError(f"There is no backend '{name}'. Choose one of {', '.join(get_args(BackendName))}.")
    remembered = read_choice(workspace)
    return BackendChoice(name=name, address=address or remembered.address)


def open_backend(workspace: Workspace, choice: BackendChoice) -> Backend:
    """The backend of that name.

    Raises:
        RunError: the address of the cluster is none.
    """
    return RayBackend(workspace, choice.address) if choice.name == "ray" else LocalBackend(workspace)


def backend_of(workspace: Workspace, run: Run) -> Backend:
    """The backend that was given the run last, whatever has been chosen since.

    Raises:
        RunError: its `job.json` cannot be read.
    """
    job = read_job(run.folder)
    return LocalBackend(workspace) if job is None else RayBackend(workspace, job.address)


def clusters(workspace: Workspace) -> list[RayBackend]:
    """Every cluster that runs of the workspace wait for or are worked on by.

    Raises:
        RunError: a run's `job.json` cannot be read.
    """
    jobs = [read_job(folder) for folder in unsettled_folders(workspace.runs.root)]
    return [RayBackend(workspace, address) for address in sorted({job.address for job in jobs if job is not None})]
