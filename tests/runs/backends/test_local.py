"""What pages ask of the backend, without a supervisor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pomp.errors import QueueFullError, RunError
from pomp.runs.backends.base import WORKER
from pomp.runs.backends.local import LocalBackend
from pomp.runs.workspace import Workspace
from tests.runs.fakes import eventually, fake_worker, new_run


class Quiet(LocalBackend):
    """Starts no process."""

    started = 0

    def wake(self) -> None:
        self.started += 1


@pytest.mark.slow
def test_the_command_is_the_command_line(workspace: Workspace) -> None:
    assert (sys.executable, "-P", "-m", "pomp", "run", "--as-queued", "--run") == WORKER
    shown = subprocess.run([*WORKER, str(workspace.root)], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert "There is no run in" in shown.stderr


def test_submit_sees_to_a_supervisor(workspace: Workspace) -> None:
    backend, run = Quiet(workspace), new_run(workspace)
    assert backend.submit(run) == 1
    assert backend.started == 1
    assert run.status().until == "end"
    backend.stop(run)
    assert run.status().state == "STOPPED"
    assert backend.submit(run, until="prepare") == 1
    assert run.status().until == "prepare"
    backend.stop(run)
    assert backend.resume(run) == 1
    assert run.status().until == "end"
    assert not backend.supervised()


def test_a_full_queue_starts_nothing(workspace: Workspace) -> None:
    workspace.queue.limit = 0
    backend = Quiet(workspace)
    with pytest.raises(QueueFullError):
        backend.submit(new_run(workspace))
    assert backend.started == 0


@pytest.mark.parametrize(("state", "action", "said"), [
    ("DONE", "resume", "is done: there is nothing to resume"),
    ("QUEUED", "resume", "is queued: there is nothing to resume"),
    ("DONE", "stop", "is done: there is nothing to stop"),
    ("STOPPED", "stop", "is stopped: there is nothing to stop"),
    ("RUNNING", "stop", "is interrupted: there is nothing to stop"),
    ("RUNNING", "kill", "is interrupted: there is nothing to end"),
    ("QUEUED", "kill", "is queued: there is nothing to end"),
])  # fmt: skip
def test_what_cannot_be_asked(workspace: Workspace, state: str, action: str, said: str) -> None:
    run = new_run(workspace)
    run.write_status(state=state)
    with pytest.raises(RunError, match=said):
        getattr(Quiet(workspace), action)(run)
    assert not run.stop_requested()


def test_a_worker_is_asked_to_stop_then_ended(workspace: Workspace, tmp_path: Path) -> None:
    run = new_run(workspace, "deaf")
    worker = subprocess.Popen([*fake_worker(tmp_path), str(run.folder)], start_new_session=True)
    eventually(lambda: run.status().state == "RUNNING")
    backend = Quiet(workspace)
    backend.stop(run)
    assert run.status().state == "STOPPING"
    backend.kill(run)
    assert worker.wait(60) == -9
    assert run.status().state == "INTERRUPTED"
    with pytest.raises(RunError, match="there is nothing to end"):
        backend.kill(run)


def test_a_stop_reaches_a_worker_that_holds_nothing_yet(workspace: Workspace) -> None:
    run, stopped = new_run(workspace), []
    workspace.queue.submit(run)

    def stop_during_launch(*_: object) -> None:
        # As from another process: the queue is free again by then, the ticket still locked.
        stopped.append(any(ticket.worked_on() for ticket in workspace.queue.tickets()))

    workspace.queue.take("cpu", stop_during_launch)
    assert stopped == [True]
    run.request_stop()
    run.clear_stop()  # what a worker does first
    assert run.stop_requested()


def test_a_waiting_run_that_is_worked_on_in_a_terminal_is_stopped(workspace: Workspace) -> None:
    run, backend = new_run(workspace), Quiet(workspace)
    backend.submit(run)
    with run.hold():
        run.write_status(state="RUNNING")
        backend.stop(run)
        assert run.status().state == "STOPPING"
    assert workspace.queue.tickets() == []


def test_the_worker_of_another_machine_is_left_alone(workspace: Workspace) -> None:
    run = new_run(workspace)
    with run.hold():
        (run.folder / "lock").write_text(json.dumps({"pid": 1, "host": "elsewhere", "started": ""}))
        with pytest.raises(RunError, match="is worked on by elsewhere, not by this machine"):
            Quiet(workspace).kill(run)
