"""Which backend works on a run."""

from __future__ import annotations

import pytest

from pomp.errors import ConfigError, RunError
from pomp.runs.backends.base import Backend
from pomp.runs.backends.choice import (
    BackendChoice,
    backend_of,
    clusters,
    make_choice,
    open_backend,
    read_choice,
    write_choice,
)
from pomp.runs.backends.job import Job, read_job, write_job
from pomp.runs.backends.local import LocalBackend
from pomp.runs.backends.ray import RayBackend
from pomp.runs.workspace import Workspace
from tests.runs.fakes import new_run

HERE, HEAD = "http://127.0.0.1:8265", "http://head:8265"


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POMP_RAY_ADDRESS", raising=False)


# environment, remembered, option → address
ADDRESSES = [
    (None, None, None, HERE),
    ("http://env:1", None, None, "http://env:1"),
    ("http://env:1", "http://file:2", None, "http://file:2"),
    ("http://env:1", "http://file:2", "http://option:3", "http://option:3"),
]


@pytest.mark.parametrize(("environment", "remembered", "option", "address"), ADDRESSES)
def test_whose_word_counts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch,
    environment: str | None, remembered: str | None, option: str | None, address: str,
) -> None:  # fmt: skip
    if environment:
        monkeypatch.setenv("POMP_RAY_ADDRESS", environment)
    if remembered:
        write_choice(workspace, BackendChoice(address=remembered))
    assert make_choice(workspace, "ray", option) == BackendChoice(name="ray", address=address)


def test_names_stand_for_backends(workspace: Workspace) -> None:
    def described(backend: Backend) -> tuple[type[Backend], str]:
        return type(backend), backend.where

    assert described(open_backend(workspace, read_choice(workspace))) == (LocalBackend, "this machine")
    chosen = BackendChoice(name="ray", address=HEAD)
    assert described(open_backend(workspace, chosen)) == (RayBackend, f"the Ray cluster at {HEAD}")
    write_choice(workspace, chosen)
    assert read_choice(workspace) == chosen
    with pytest.raises(ConfigError, match="There is no backend 'slurm'. Choose one of local, ray"):
        make_choice(workspace, "slurm", None)


def test_an_address_that_is_none_is_not_remembered(workspace: Workspace) -> None:
    with pytest.raises(RunError, match="'ray://head:1' is no address of a Ray cluster"):
        write_choice(workspace, BackendChoice(name="ray", address="ray://head:1"))
    assert read_choice(workspace) == BackendChoice()


@pytest.mark.parametrize("text", ["", "{", '{"name": "slurm"}', '{"name": "ray", "host": "x"}'])
def test_a_choice_that_cannot_be_read(workspace: Workspace, text: str) -> None:
    workspace.root.mkdir()
    (workspace.root / "backend.json").write_text(text)
    with pytest.raises(RunError, match="backend.json cannot be read. Delete it, and choose again"):
        read_choice(workspace)


def test_a_run_stays_with_the_backend_that_has_it(workspace: Workspace) -> None:
    here, there = new_run(workspace), new_run(workspace, seed=1)
    write_choice(workspace, BackendChoice(name="ray", address=HEAD))
    write_job(there, Job(id="x", address=HERE))
    assert isinstance(backend_of(workspace, here), LocalBackend)
    assert backend_of(workspace, there).where == f"the Ray cluster at {HERE}"
    assert clusters(workspace) == []  # nothing is under way
    there.write_status(state="QUEUED")
    assert [cluster.jobs.address for cluster in clusters(workspace)] == [HERE]


def test_a_damaged_job_says_what_to_do(workspace: Workspace) -> None:
    run = new_run(workspace)
    assert read_job(run.folder) is None
    (run.folder / "job.json").write_text("{")
    with pytest.raises(RunError, match=f"{run.id}/job.json cannot be read. Delete it: the run then no longer waits"):
        backend_of(workspace, run)
