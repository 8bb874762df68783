"""The supervisor's looks, one at a time, in this process; its workers are real processes."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from pomp.errors import RunError
from pomp.runs.backends.books import close_books
from pomp.runs.backends.supervisor import Supervisor
from pomp.runs.status import State
from pomp.runs.workspace import Workspace
from tests.runs.fakes import eventually, fake_worker, new_run


@pytest.fixture
def supervisor(workspace: Workspace, tmp_path: Path) -> Supervisor:
    return Supervisor(workspace, fake_worker(tmp_path), ["cpu"])


def work_off(supervisor: Supervisor) -> None:
    def empty() -> bool:
        supervisor.step()
        return not supervisor.queue.tickets()

    eventually(empty)


# title, last state, in its message, error or log
ENDS: list[tuple[str, State, str]] = [
    ("", "DONE", ""),
    ("die", "INTERRUPTED", "killed by SIGKILL. Resume"),
    ("refuse", "FAILED", "exit status 1 and gave no reason. The end of its log.txt:\nno such setting"),
    ("leave", "FAILED", "exit status 0 and gave no reason"),
]


@pytest.mark.parametrize(("title", "state", "said"), ENDS)
def test_how_workers_end(supervisor: Supervisor, workspace: Workspace, title: str, state: State, said: str) -> None:
    run = new_run(workspace, title)
    workspace.queue.submit(run)
    work_off(supervisor)
    status = run.status()
    assert status.state == state
    assert said in status.message + (status.error or "")


def test_one_slot_works_in_order(supervisor: Supervisor, workspace: Workspace) -> None:
    runs = [new_run(workspace, seed=seed) for seed in range(5)]
    for run in runs:
        workspace.queue.submit(run)
    work_off(supervisor)
    assert (workspace.root / "order.txt").read_text().split() == [run.id for run in runs]
    assert {run.status().state for run in runs} == {"DONE"}


def test_two_slots_work_side_by_side(workspace: Workspace, tmp_path: Path) -> None:
    supervisor = Supervisor(workspace, fake_worker(tmp_path), ["0", "1"])
    runs = [new_run(workspace, "wait") for _ in range(3)]
    for run in runs:
        workspace.queue.submit(run)
    supervisor.step()
    assert sorted(ticket.slot for ticket in workspace.queue.tickets()) == ["", "0", "1"]
    assert runs[2].status().message == ""
    eventually(lambda: runs[0].held() and runs[1].held())
    supervisor.step()
    assert workspace.queue.waiting() == [runs[2].id]
    for run in runs[:2]:
        run.request_stop()
    eventually(lambda: supervisor.step() or runs[2].held())  # type: ignore[func-returns-value]
    runs[2].request_stop()
    work_off(supervisor)
    assert {run.status().state for run in runs} == {"STOPPED"}


def test_a_new_supervisor_finds_the_workers_of_the_old_one(workspace: Workspace, tmp_path: Path) -> None:
    old, new = (Supervisor(workspace, fake_worker(tmp_path), ["cpu"]) for _ in range(2))
    first, second = new_run(workspace, "wait"), new_run(workspace)
    workspace.queue.submit(first)
    workspace.queue.submit(second)
    old.step()
    assert first.status().message in {"The worker is starting.", ""}
    for _ in range(3):  # also while the worker is starting and holds nothing but its ticket
        new.step()
    assert workspace.queue.waiting() == [second.id]
    eventually(first.held)
    first.request_stop()
    work_off(new)
    assert (first.status().state, second.status().state) == ("STOPPED", "DONE")
    old.step()  # reaps its child


# state as written, exit status, stop requested → last state, waits again
BOOKS: list[tuple[State, int | None, bool, State, bool]] = [
    ("DONE", 0, False, "DONE", False),
    ("STOPPED", -15, False, "STOPPED", False),
    ("FAILED", 1, False, "FAILED", False),
    ("QUEUED", None, False, "QUEUED", True),  # the machine went down while it was starting
    ("QUEUED", None, True, "STOPPED", False),
    ("QUEUED", 1, False, "FAILED", False),
    ("QUEUED", -9, False, "INTERRUPTED", False),
    ("RUNNING", None, False, "INTERRUPTED", False),
    ("RUNNING", None, True, "STOPPED", False),
    ("RUNNING", -9, False, "INTERRUPTED", False),
    ("RUNNING", -9, True, "STOPPED", False),
    ("RUNNING", 2, True, "FAILED", False),
]


@pytest.mark.parametrize(("written", "code", "stop", "state", "again"), BOOKS)
def test_the_books_are_closed(
    workspace: Workspace, written: State, code: int | None, stop: bool, state: State, again: bool
) -> None:
    run = new_run(workspace)
    run.write_status(state=written, fold=1)
    if stop:
        run.request_stop()
    assert close_books(run, code) is again
    assert (run.status().state, run.status().fold) == (state, 1)


def test_a_run_that_was_deleted_while_its_worker_started(supervisor: Supervisor, workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    supervisor.step()
    eventually(lambda: not any(ticket.worked_on() for ticket in workspace.queue.tickets()))
    workspace.runs.delete(run.id)
    supervisor.step()
    assert workspace.queue.tickets() == []
    with pytest.raises(RunError):
        close_books(run, None)


def test_workers_have_sessions_of_their_own(supervisor: Supervisor, workspace: Workspace) -> None:
    run = new_run(workspace, "wait")
    workspace.queue.submit(run)
    supervisor.step()
    eventually(lambda: run.owner() is not None)
    owner = run.owner()
    assert owner is not None
    assert os.getsid(owner.pid) == owner.pid
    run.request_stop()
    work_off(supervisor)


def test_a_second_supervisor_leaves_a_run_that_somebody_holds(supervisor: Supervisor, workspace: Workspace) -> None:
    run = new_run(workspace, "refuse")
    workspace.queue.submit(run)
    with run.hold():
        work_off(supervisor)
        assert run.status().state == "QUEUED"


def test_a_run_that_cannot_be_launched_stops_no_other(supervisor: Supervisor, workspace: Workspace) -> None:
    bad, good = new_run(workspace), new_run(workspace)
    (bad.folder / "log.txt").mkdir()
    workspace.queue.submit(bad)
    workspace.queue.submit(good)
    work_off(supervisor)
    status = bad.status()
    assert status.state == "FAILED"
    assert re.search(
        r"^The worker could not be launched: .*log\.txt'?\. See to that, then resume\.$", status.error or ""
    )
    assert good.status().state == "DONE"


def test_a_damaged_ticket_waits_again(supervisor: Supervisor, workspace: Workspace) -> None:
    runs = [new_run(workspace, seed=seed) for seed in range(2)]
    for run in runs:
        workspace.queue.submit(run)
    workspace.queue.tickets()[0].file.write_bytes(b"\xff\xfe")
    work_off(supervisor)
    assert {run.status().state for run in runs} == {"DONE"}


def test_a_queue_that_makes_trouble_is_looked_at_again(
    supervisor: Supervisor, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is full for a while: nobody can be taken from the queue."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    run = new_run(workspace)
    workspace.queue.submit(run)
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", fail)
        supervisor.step()
        supervisor.step()
    assert (run.status().state, workspace.queue.waiting()) == ("QUEUED", [run.id])
    work_off(supervisor)
    assert run.status().state == "DONE"


def test_terminating_it_leaves_the_worker(supervisor: Supervisor, workspace: Workspace) -> None:
    run = new_run(workspace, "wait")
    workspace.queue.submit(run)
    supervisor.step()
    supervisor.terminate()
    with ExitStack() as own_lock:
        supervisor.serve(own_lock, idle_seconds=60)
    eventually(run.held)
    run.request_stop()
    work_off(supervisor)
    assert run.status().state == "STOPPED"
