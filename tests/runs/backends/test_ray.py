"""A cluster's queue: what is asked of it, and what becomes of runs whose jobs it has lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pomp.errors import RunBusyError, RunError
from pomp.runs.backends.base import WORKER
from pomp.runs.backends.job import Job, read_job, write_job
from pomp.runs.backends.local import LocalBackend
from pomp.runs.backends.ray import RayBackend
from pomp.runs.backends.ray_jobs import RayJob
from pomp.runs.run import Run
from pomp.runs.status import State
from pomp.runs.workspace import Workspace
from tests.runs.fakes import eventually, fake_worker, new_run
from tests.runs.ray_head import needs_ray, ray_head

ADDRESS = "http://127.0.0.1:8265"
START_LIMIT = "Job supervisor actor failed to start within 900.0 seconds. Set RAY_JOB_START_TIMEOUT_SECONDS.\nMore."


class FakeJobs:
    """A cluster that keeps every job waiting until the test says otherwise."""

    def __init__(self) -> None:
        self.address = ADDRESS
        self.known: dict[str, RayJob] = {}
        self.commands: dict[str, str] = {}
        self.slots: list[Mapping[str, float]] = []
        self.stopped: list[str] = []
        self.asked = 0
        self.down = False

    def submit(self, job_id: str, command: str, slot: Mapping[str, float], metadata: Mapping[str, str]) -> None:
        self._answer()
        assert job_id not in self.known
        self.commands[job_id] = command
        self.slots.append(slot)
        self.say(job_id, "PENDING", metadata=metadata)

    def say(self, job_id: str, status: str, **more: object) -> None:
        """What is known of a job from now on."""
        self.known.setdefault(job_id, None)  # type: ignore[arg-type]
        place = list(self.known).index(job_id)
        self.known[job_id] = RayJob.model_validate(
            {"submission_id": job_id, "status": status, "start_time": place} | more
        )

    def all(self) -> dict[str, RayJob]:
        self._answer()
        return dict(self.known)

    def find(self, job_id: str) -> RayJob | None:
        self._answer()
        return self.known.get(job_id)

    def stop(self, job_id: str) -> bool:
        self._answer()
        self.stopped.append(job_id)
        return True

    def slot(self) -> dict[str, float]:
        self._answer()
        return {"entrypoint_num_gpus": 1}

    def _answer(self) -> None:
        self.asked += 1
        if self.down:
            raise RunError("No Ray cluster answers")


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def backend(workspace: Workspace, jobs: FakeJobs, tmp_path: Path) -> RayBackend:
    backend = RayBackend(workspace, ADDRESS, fake_worker(tmp_path))
    backend.jobs = jobs  # type: ignore[assignment]
    return backend


def job_of(run: Run) -> str:
    job = read_job(run.folder)
    assert job is not None
    return job.id


def test_submit_names_the_run_and_returns_its_place(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    jobs.say("somebody else's", "PENDING")
    first, second = new_run(workspace), new_run(workspace, seed=1)
    assert [backend.submit(first, until="prepare"), backend.submit(second)] == [2, 3]
    assert (first.status().state, first.status().until) == ("QUEUED", "prepare")
    assert job_of(first).startswith(f"pomp-{first.id}-")
    assert jobs.known[job_of(first)].metadata == {"run": first.id, "cohort": "tiny"}
    assert jobs.slots == [{"entrypoint_num_gpus": 1}] * 2
    assert backend.waiting() == ["somebody else's", first.id, second.id]
    assert backend.submit(second) == 3
    assert len(jobs.known) == 3


def test_a_run_that_has_begun_is_not_queued_again(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    run = new_run(workspace)
    backend.submit(run)
    jobs.say(job_of(run), "RUNNING")
    with pytest.raises(RunError, match="is being started already"):
        backend.submit(run)
    with run.hold():
        run.write_status(state="RUNNING")
        with pytest.raises(RunBusyError):
            backend.submit(run)
    assert len(jobs.known) == 1


def test_many_runs_of_one_second_are_many_jobs(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    runs = [new_run(workspace) for _ in range(24)]
    assert [backend.submit(run) for run in runs] == list(range(1, 25))
    assert len({run.folder for run in runs}) == len({job_of(run) for run in runs}) == len(jobs.known) == 24


def test_every_attempt_is_a_job_of_its_own(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    run = new_run(workspace)
    backend.submit(run)
    first = job_of(run)
    backend.stop(run)
    backend.resume(run)
    assert job_of(run) != first
    assert jobs.stopped == [first]


def test_the_command_works_only_while_its_job_is_the_runs(backend: RayBackend, jobs: FakeJobs, tmp_path: Path) -> None:
    backend.workspace = workspace = Workspace(tmp_path / "it's; a $HOME")
    run = new_run(workspace)
    backend.submit(run)
    command = jobs.commands[job_of(run)]
    write_job(run, Job(id="another", address=ADDRESS))
    withdrawn = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (withdrawn.returncode, withdrawn.stdout, run.status().state) == (1, "", "QUEUED")
    backend.submit(run)
    subprocess.run(["/bin/sh", "-c", jobs.commands[job_of(run)]], check=True)
    assert run.status().state == "DONE"


def test_a_machine_without_the_workspace_says_so(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    run = new_run(workspace)
    backend.submit(run)
    command = jobs.commands[job_of(run)].replace(str(workspace.root), "/elsewhere")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == f"/elsewhere/runs/{run.id} is not on this machine: all must share it\n"


# status as written, what Ray says (None: it knows no such job), stop requested → last state, in its message or error
ENDS: list[tuple[State, tuple[str, int | None, str] | None, bool, State, str]] = [
    ("QUEUED", None, False, "INTERRUPTED", "the cluster does not know this job: it was started again since. Resume"),
    ("QUEUED", ("FAILED", None, START_LIMIT), False, "INTERRUPTED", "RAY_JOB_START_TIMEOUT_SECONDS. Resume to queue"),
    ("QUEUED", ("STOPPED", None, "Job was intentionally stopped."), False, "INTERRUPTED", "intentionally stopped. R"),
    ("QUEUED", ("FAILED", 1, "/x is not on this machine: all must share it"), False, "FAILED", "all must share it"),
    ("QUEUED", ("SUCCEEDED", 0, ""), False, "FAILED", "exit status 0 and gave no reason"),
    ("RUNNING", None, False, "INTERRUPTED", "ended without a word"),
    ("RUNNING", ("FAILED", None, "The node died"), False, "INTERRUPTED", "ended without a word"),
    ("RUNNING", ("FAILED", -9, "exit code -9"), False, "INTERRUPTED", "killed by SIGKILL"),
    ("RUNNING", ("STOPPED", None, ""), True, "STOPPED", "Stopped by force"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said", "stop", "state", "words"), ENDS)
def test_the_books_are_closed_on_a_job_that_is_over(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace,
    written: State, said: tuple[str, int | None, str] | None, stop: bool, state: State, words: str,
) -> None:  # fmt: skip
    run = new_run(workspace)
    backend.submit(run)
    run.write_status(state=written, progress=0.5)
    if stop:
        run.request_stop()
    if said is None:
        jobs.known.clear()
    else:
        status, code, message = said
        jobs.say(job_of(run), status, driver_exit_code=code, message=message)
        assert message.splitlines()[:1] == [] or message not in run.log_tail()
    backend.wake()
    status_now = run.status()
    assert (status_now.state, status_now.progress) == (state, 0.5)
    assert words in status_now.message + (status_now.error or "")
    assert "Ray: " in run.log_tail()
    jobs.asked = 0
    backend.wake()
    assert jobs.asked == 0  # nothing waits any more


@pytest.mark.parametrize("status", ["PENDING", "RUNNING"])
def test_a_job_that_lives_is_left_alone(backend: RayBackend, jobs: FakeJobs, workspace: Workspace, status: str) -> None:
    run = new_run(workspace)
    backend.submit(run)
    jobs.say(job_of(run), status)
    backend.wake()
    assert run.status().state == "QUEUED"


def test_one_request_tells_of_all_and_none_of_those_at_work(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace
) -> None:
    runs = [new_run(workspace, seed=seed) for seed in range(5)]
    for run in runs:
        backend.submit(run)
    jobs.asked = 0
    backend.wake()
    assert jobs.asked == 1
    for run in runs[1:]:
        backend.stop(run)
    jobs.asked = 0
    with runs[0].hold():
        runs[0].write_status(state="RUNNING")
        backend.wake()
    assert jobs.asked == 0


def test_a_run_that_is_being_submitted_is_not_taken_for_lost(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace
) -> None:
    run = new_run(workspace)

    def look_meanwhile(*_: object) -> None:
        assert run.status().state == "QUEUED"
        backend.wake()
        assert run.status().state == "QUEUED"

    jobs.submit = look_meanwhile  # type: ignore[method-assign, assignment]
    backend.submit(run)
    assert run.status().state == "QUEUED"


def test_a_cluster_that_is_down_changes_nothing(backend: RayBackend, jobs: FakeJobs, workspace: Workspace) -> None:
    waits, new = new_run(workspace), new_run(workspace, seed=1)
    backend.submit(waits)
    jobs.down = True
    ask: list[Callable[[], object]] = [backend.wake, backend.waiting, lambda: backend.submit(new)]
    for question in ask:
        with pytest.raises(RunError, match="No Ray cluster answers"):
            question()
    assert (waits.status().state, new.status().state) == ("QUEUED", "STOPPED")
    assert read_job(new.folder) is None
    backend.stop(waits)  # the job finds itself withdrawn when its turn comes
    assert waits.status().message == "Taken off the queue before it began."
    assert read_job(waits.folder) is None


def test_a_refusal_is_said_and_the_run_is_not_left_waiting(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace
) -> None:
    def refuse(*_: object) -> None:
        raise RunError("The Ray cluster refuses (status 500): no disk.")

    run = new_run(workspace)
    jobs.submit = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(RunError, match="no disk"):
        backend.submit(run)
    assert run.status().state == "STOPPED"
    assert run.status().message == "It could not be queued: The Ray cluster refuses (status 500): no disk."
    assert read_job(run.folder) is None


@pytest.mark.parametrize(("state", "action", "said"), [
    ("DONE", "submit", "is done. Start a new run to train again"),
    ("DONE", "resume", "is done: there is nothing to resume"),
    ("QUEUED", "resume", "is queued: there is nothing to resume"),
    ("STOPPED", "stop", "is stopped: there is nothing to stop"),
    ("RUNNING", "stop", "is interrupted: there is nothing to stop"),
    ("QUEUED", "kill", "is queued: there is nothing to end"),
])  # fmt: skip
def test_what_cannot_be_asked(backend: RayBackend, workspace: Workspace, state: str, action: str, said: str) -> None:
    run = new_run(workspace)
    run.write_status(state=state)
    with pytest.raises(RunError, match=said):
        getattr(backend, action)(run)
    assert not run.stop_requested()


def test_a_worker_that_ray_did_not_launch_is_not_ended(backend: RayBackend, workspace: Workspace) -> None:
    run = new_run(workspace)
    with run.hold():
        (run.folder / "lock").write_text(json.dumps({"pid": 1, "host": "elsewhere", "started": ""}))
        with pytest.raises(RunError, match="is worked on by elsewhere, not by a job of the Ray cluster at http"):
            backend.kill(run)
        with pytest.raises(RunBusyError):
            backend.submit(run)


def test_a_worker_that_ray_can_no_longer_end_is_not_said_to_be(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(workspace)
    backend.submit(run)
    jobs.say(job_of(run), "RUNNING")
    monkeypatch.setattr(jobs, "stop", lambda job_id: False)
    with run.hold():
        (run.folder / "lock").write_text(json.dumps({"pid": 7, "host": "elsewhere", "started": ""}))
        with pytest.raises(RunError, match=r"no job of run .* to end any more, .*end process 7 there"):
            backend.kill(run)


def test_a_run_changes_from_one_queue_to_the_other(
    backend: RayBackend, jobs: FakeJobs, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalBackend, "wake", lambda _: None)
    run = new_run(workspace)
    LocalBackend(workspace).submit(run)
    backend.submit(run)
    assert (workspace.queue.waiting(), list(jobs.known)) == ([], [job_of(run)])
    LocalBackend(workspace).submit(run)
    assert (workspace.queue.waiting(), read_job(run.folder)) == ([run.id], None)
    jobs.known.clear()
    backend.wake()
    assert run.status().state == "QUEUED"
    launched: list[int] = []
    workspace.queue.take("cpu", lambda run, ticket, descriptor: launched.append(os.dup(descriptor)))
    with pytest.raises(RunError, match="is being started on this machine already"):
        backend.submit(run)
    os.close(launched[0])


@pytest.mark.slow
def test_the_command_line_does_not_load_ray() -> None:
    look = "import sys; from pomp.cli.commands import make_app; make_app(); sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", look], check=False).returncode == 0


@needs_ray
def test_a_cluster_works_runs_off(workspace: Workspace, tmp_path: Path) -> None:
    with ray_head() as address:
        backend = RayBackend(workspace, address, fake_worker(tmp_path))
        first, second = new_run(workspace, "wait"), new_run(workspace)
        third, refused = new_run(workspace, seed=1), new_run(workspace, "refuse")
        for run in (first, second, third, refused):
            backend.submit(run)
        eventually(lambda: first.status().state == "RUNNING")
        assert backend.waiting() == [second.id, third.id, refused.id]
        backend.stop(third)
        assert third.status().state == "STOPPED"
        backend.wake()
        assert (first.status().state, second.status().state) == ("RUNNING", "QUEUED")
        backend.stop(first)
        eventually(lambda: second.status().state == "DONE")
        assert first.status().state == "STOPPED"
        eventually(lambda: backend.wake() or refused.status().state == "FAILED")  # type: ignore[func-returns-value]
        assert "no such setting" in refused.log_tail()
        assert (workspace.root / "order.txt").read_text().split() == [first.id, second.id, refused.id]


def test_the_command_is_the_same_as_on_this_machine(workspace: Workspace) -> None:
    assert RayBackend(workspace, ADDRESS).worker == LocalBackend(workspace).worker == WORKER
