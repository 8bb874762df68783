"""A real cluster whose workers, jobs and head die, and a real run on it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.errors import RunError
from pomp.runs.backends.base import WORKER
from pomp.runs.backends.ray import RayBackend
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import make_cohort
from tests.runs.fakes import eventually, fake_worker, new_run
from tests.runs.ray_head import free_ports, needs_ray, ray_head

pytestmark = [needs_ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ray_head() as address:
        yield address


@pytest.fixture
def backend(address: str, tmp_path: Path) -> RayBackend:
    return RayBackend(Workspace(tmp_path / "home"), address, fake_worker(tmp_path))


def becomes(backend: RayBackend, run: Run, state: str) -> None:
    def holds() -> bool:
        backend.wake()
        return run.status().state == state

    eventually(holds)


def owner_pid(run: Run) -> int:
    owner = run.owner()
    assert owner is not None
    return owner.pid


def test_a_killed_worker_is_interrupted_and_can_go_on(backend: RayBackend) -> None:
    run = new_run(backend.workspace, "deaf")
    backend.submit(run)
    eventually(run.held)
    os.kill(owner_pid(run), signal.SIGKILL)
    eventually(lambda: backend.wake() or "killed by SIGKILL" in run.status().message)  # type: ignore[func-returns-value]
    assert (run.status().state, run.status().progress) == ("INTERRUPTED", 0.5)
    assert "failed with exit code -9" in run.log_tail()
    backend.resume(run)
    eventually(run.held)
    backend.stop(run)
    assert run.status().state == "STOPPING"
    backend.kill(run)
    becomes(backend, run, "STOPPED")
    assert run.status().message == "Stopped by force. Resume to go on."


def test_a_job_that_somebody_stops_in_ray(backend: RayBackend) -> None:
    run = new_run(backend.workspace, "deaf")
    backend.submit(run)
    eventually(run.held)
    (job,) = [job for job in backend.jobs.all().values() if job.run_id == run.id]
    backend.jobs.stop(job.id)
    becomes(backend, run, "INTERRUPTED")
    assert not run.held()


def test_a_stopped_run_that_is_resumed_is_worked_on_once(backend: RayBackend) -> None:
    first, second = new_run(backend.workspace, "wait"), new_run(backend.workspace)
    backend.submit(first)
    eventually(first.held)
    backend.submit(second)
    backend.stop(second)
    backend.resume(second)
    backend.stop(first)
    becomes(backend, second, "DONE")
    eventually(lambda: all(job.over for job in backend.jobs.all().values()))
    assert (backend.workspace.root / "order.txt").read_text().split() == [first.id, second.id]


def test_a_head_that_is_started_again_has_lost_its_jobs(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with ray_head(port) as address:
        backend = RayBackend(Workspace(tmp_path / "home"), address, fake_worker(tmp_path))
        works, waits = new_run(backend.workspace, "deaf"), new_run(backend.workspace)
        backend.submit(works)
        eventually(works.held)
        backend.submit(waits)
    with pytest.raises(RunError, match="No Ray cluster answers"):
        backend.wake()
    assert waits.status().state == "QUEUED"
    eventually(lambda: works.status().state == "INTERRUPTED")
    with ray_head(port):
        becomes(backend, waits, "INTERRUPTED")
        assert "does not know this job" in waits.status().message
        backend.resume(waits)
        becomes(backend, waits, "DONE")


def test_a_run_that_waits_too_long_for_ray(tmp_path: Path) -> None:
    with ray_head(RAY_JOB_START_TIMEOUT_SECONDS="6") as address:
        backend = RayBackend(Workspace(tmp_path / "home"), address, fake_worker(tmp_path))
        works, waits = new_run(backend.workspace, "wait"), new_run(backend.workspace)
        backend.submit(works)
        eventually(works.held)
        backend.submit(waits)
        becomes(backend, waits, "INTERRUPTED")
        assert "RAY_JOB_START_TIMEOUT_SECONDS" in waits.status().message
        backend.stop(works)
        eventually(lambda: works.status().state == "STOPPED")
        backend.resume(waits)
        becomes(backend, waits, "DONE")


def test_a_run_from_its_cohort_to_its_predictions(address: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    make_cohort(workspace.cohorts / "tumours", slides=False)
    cohort = read_cohort(workspace.cohorts / "tumours")
    changes = {
        "folds": 2, "model.modalities": "omics", "model.width": 16, "model.heads": 2, "omics.genes": 5,
        "omics.trees": 10, "pretrain.epochs": 1, "finetune.epochs": 1,
    }  # fmt: skip
    run = workspace.runs.create(cohort, override(PRESETS["demo"], changes))
    backend = RayBackend(workspace, address, WORKER)
    backend.submit(run, until="prepare")
    becomes(backend, run, "STOPPED")
    assert run.status().message.startswith("Prepared")
    backend.resume(run)
    eventually(lambda: backend.wake() or not run.status().active, seconds=240)  # type: ignore[func-returns-value]
    assert run.status().state == "DONE", run.log_tail()
    predictions = run.require_predictions()
    assert sorted(predictions["patient"]) == sorted(cohort.patients)
