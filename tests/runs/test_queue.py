from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pomp.errors import QueueFullError, RunBusyError, RunError
from pomp.runs.queue import Queue, Ticket
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.fakes import new_run


def launch_nothing(run: Run, ticket: Ticket, descriptor: int) -> None:
    """The worker is over before it began: nobody inherits the ticket."""


def test_first_in_first_out(workspace: Workspace) -> None:
    queue, runs = workspace.queue, [new_run(workspace, seed=seed) for seed in range(12)]
    assert [queue.submit(run) for run in runs] == list(range(1, 13))
    assert queue.waiting() == [run.id for run in runs]
    assert {run.status().state for run in runs} == {"QUEUED"}
    launched: list[str] = []
    while queue.take("cpu", lambda run, ticket, _: launched.append(f"{run.id} {ticket.slot}")):
        pass
    assert launched == [f"{run.id} cpu" for run in runs]
    assert queue.waiting() == []


def test_asking_twice_waits_once(workspace: Workspace) -> None:
    first, second = new_run(workspace), new_run(workspace)
    assert [workspace.queue.submit(run) for run in (first, second, first)] == [1, 2, 1]
    assert workspace.queue.waiting() == [first.id, second.id]


def test_a_full_queue_says_so_and_changes_nothing(workspace: Workspace) -> None:
    queue = Queue(workspace.queue.folder, workspace.runs, limit=2)
    runs = [new_run(workspace) for _ in range(3)]
    queue.submit(runs[0])
    queue.submit(runs[1])
    with pytest.raises(QueueFullError, match="2 runs wait already, and the queue takes no more. Wait until one"):
        queue.submit(runs[2])
    assert (queue.waiting(), runs[2].status().state) == ([runs[0].id, runs[1].id], "STOPPED")
    assert queue.cancel(runs[0])
    assert queue.submit(runs[2]) == 2


def test_a_run_is_taken_off_the_queue(workspace: Workspace) -> None:
    queue, runs = workspace.queue, [new_run(workspace) for _ in range(3)]
    for run in runs:
        queue.submit(run)
    assert queue.cancel(runs[1])
    assert not queue.cancel(runs[1])
    assert queue.waiting() == [runs[0].id, runs[2].id]
    assert (runs[1].status().state, runs[1].status().message) == ("STOPPED", "Taken off the queue before it began.")
    assert queue.submit(runs[1]) == 3


def test_what_is_taken_off_has_no_time_left(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    run.write_status(eta_seconds=60.0)
    workspace.queue.cancel(run)
    assert run.status().eta_seconds is None


def test_a_run_that_has_begun_cannot_be_taken_off(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    workspace.queue.take("cpu", launch_nothing)
    assert not workspace.queue.cancel(run)


def test_the_device_waits_with_the_run(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run, device="cpu")
    assert run.status().wanted == "cpu"
    workspace.queue.cancel(run)
    workspace.queue.submit(run)
    assert run.status().wanted == "auto"


def test_a_deleted_run_loses_its_turn(workspace: Workspace) -> None:
    first, second = new_run(workspace), new_run(workspace)
    workspace.queue.submit(first)
    workspace.queue.submit(second)
    workspace.runs.delete(first.id)
    assert workspace.queue.waiting() == [second.id]
    taken: list[str] = []
    assert workspace.queue.take("cpu", lambda run, *_: taken.append(run.id))
    assert not workspace.queue.take("cpu", lambda run, *_: taken.append(run.id))
    assert taken == [second.id]


def test_runs_that_cannot_be_queued(workspace: Workspace) -> None:
    run = new_run(workspace)
    with run.hold(), pytest.raises(RunBusyError, match="is being worked on by process"):
        workspace.queue.submit(run)
    run.write_status(state="DONE")
    with pytest.raises(RunError, match="is done. Start a new run"):
        workspace.queue.submit(run)
    assert workspace.queue.waiting() == []


def test_a_ticket_is_locked_by_whoever_inherits_it(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    inherited: list[int] = []
    workspace.queue.take("0", lambda run, ticket, descriptor: inherited.append(os.dup(descriptor)))
    [ticket] = workspace.queue.tickets()
    assert (ticket.run_id, ticket.slot, ticket.worked_on()) == (run.id, "0", True)
    with pytest.raises(RunError, match="is being started already"):
        workspace.queue.submit(run)
    os.close(inherited[0])
    assert not ticket.worked_on()
    workspace.queue.settle(ticket, lambda: True)
    assert workspace.queue.waiting() == [run.id]


def test_settling_spares_a_run_that_was_submitted_again(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    workspace.queue.take("cpu", launch_nothing)
    [over] = workspace.queue.tickets()
    workspace.queue.submit(run)
    [again] = workspace.queue.tickets()
    assert again.file == over.file  # the first number that is free
    workspace.queue.settle(over, lambda: False)
    assert workspace.queue.waiting() == [run.id]
    workspace.queue.take("cpu", launch_nothing)
    workspace.queue.settle(over, lambda: False)
    assert workspace.queue.tickets() == []


def test_submitting_again_replaces_the_ticket_of_a_dead_worker(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    workspace.queue.take("cpu", launch_nothing)
    assert workspace.queue.submit(run) == 1
    assert [ticket.slot for ticket in workspace.queue.tickets()] == [""]


def test_a_run_can_be_resumed_while_its_worker_still_ends(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    inherited: list[int] = []
    workspace.queue.take("cpu", lambda run, ticket, descriptor: inherited.append(os.dup(descriptor)))
    run.write_status(state="STOPPED")
    assert workspace.queue.submit(run) == 1
    [ending, waiting] = workspace.queue.tickets()
    assert (ending.worked_on(), waiting.slot) == (True, "")  # its slot is not free yet
    os.close(inherited[0])
    workspace.queue.settle(ending, lambda: pytest.fail("the books of a run that waits are not closed"))
    assert workspace.queue.tickets() == [waiting]
    assert run.status().state == "QUEUED"


def test_a_launch_that_fails_leaves_the_run_waiting(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)

    def fail(*_: object) -> None:
        raise FileNotFoundError("no such command")

    with pytest.raises(FileNotFoundError):
        workspace.queue.take("cpu", fail)
    assert workspace.queue.waiting() == [run.id]


def test_submitting_forgets_an_old_stop(workspace: Workspace) -> None:
    run = new_run(workspace)
    run.request_stop()
    workspace.queue.submit(run)
    assert not run.stop_requested()


def test_strange_files_are_no_tickets(workspace: Workspace) -> None:
    run = new_run(workspace)
    workspace.queue.submit(run)
    for name in (".DS_Store", "notes", "x.y"):
        (workspace.queue.folder / "tickets" / name).touch()
    assert workspace.queue.waiting() == [run.id]


@pytest.mark.parametrize(
    "spoil", [lambda file: file.write_bytes(b"\xff\xfe"), lambda file: (file.unlink(), file.mkdir())]
)
def test_a_damaged_ticket_is_that_of_a_worker_that_is_over(
    workspace: Workspace, spoil: Callable[[Path], object]
) -> None:
    first, second = new_run(workspace), new_run(workspace)
    workspace.queue.submit(first)
    workspace.queue.submit(second)
    spoil(workspace.queue.tickets()[0].file)
    [damaged, waiting] = workspace.queue.tickets()
    assert (damaged.run_id, bool(damaged.slot), damaged.worked_on()) == (first.id, True, False)
    assert workspace.queue.waiting() == [waiting.run_id] == [second.id]


def test_a_queue_that_cannot_be_written(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="Make the folder writable"):
        Queue(tmp_path / "file" / "queue", workspace.runs).submit(new_run(workspace))
