"""Folds side by side whose processes, or whose parent, come to a sudden end."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pomp.runs.run import Run
from tests.faults import faulty
from tests.faults.conftest import MakeRun, Whole
from tests.faults.faulty import said, start, work
from tests.runs.fakes import eventually

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = ("--folds-at-a-time", "2")
LONG = {"pretrain__epochs": 30}
"""So that there is time for an accident."""


@pytest.fixture(scope="module")
def plain(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run whose folds went one after another."""
    home = tmp_path_factory.mktemp("plain") / "home"
    run = faulty.new_run(home, whole.cohort, whole.cache, faulty.small_config(**LONG))
    assert work(run) == 0, said(run)
    return replace(whole, run=run)


def stat(pid: int) -> tuple[str, int] | None:
    """State and parent of a process; None if there is no such process."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[0], int(words[1])


def lives(pid: int) -> bool:
    found = stat(pid)
    return found is not None and found[0] != "Z"


def children(pid: int) -> list[int]:
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [number for number in numbers if (found := stat(number)) is not None and found[1] == pid]


def fold_processes(worker: int) -> list[int]:
    """Children of the process that the worker has started to fork them."""
    return [pid for child in children(worker) for pid in children(child)]


def under_way(make_run: MakeRun) -> tuple[Run, BaseProcess, int]:
    """A run whose folds are being trained side by side, its worker, and the worker's number."""
    run = make_run(**LONG)
    worker = start(run, None, *SIDE_BY_SIDE)
    eventually(lambda: len(run.metrics()) >= 6)
    assert worker.pid is not None
    return run, worker, worker.pid


def test_side_by_side_is_the_same_to_the_bit(plain: Whole, make_run: MakeRun) -> None:
    run = make_run(**LONG)
    assert work(run, None, *SIDE_BY_SIDE) == 0, said(run)
    plain.same(run)
    assert "Traceback" not in said(run)


def test_a_parent_that_is_killed_takes_its_children_along(plain: Whole, make_run: MakeRun) -> None:
    run, worker, pid = under_way(make_run)
    processes = [*children(pid), *fold_processes(pid)]
    assert len(fold_processes(pid)) == 2
    worker.kill()
    worker.join()
    eventually(lambda: not any(map(lives, processes)), seconds=10)
    assert run.status().state == "INTERRUPTED"
    assert work(run, None, *SIDE_BY_SIDE) == 0, said(run)
    plain.same(run)


def test_a_child_that_is_killed_is_told_of_and_the_other_stops(plain: Whole, make_run: MakeRun) -> None:
    run, worker, pid = under_way(make_run)
    processes = fold_processes(pid)
    os.kill(processes[0], signal.SIGKILL)
    worker.join()
    assert worker.exitcode == 1
    status = run.status()
    assert (status.state, status.resumable) == ("FAILED", True)
    assert "was killed by SIGKILL, perhaps for want of memory. Resume to go on" in str(status.error)
    assert not any(map(lives, processes))
    assert work(run) == 0, said(run)
    plain.same(run)
    assert "Traceback" not in said(run)


@pytest.mark.parametrize("how", ["signal", "file"])
def test_a_stop_reaches_all(how: str, plain: Whole, make_run: MakeRun) -> None:
    run, worker, pid = under_way(make_run)
    processes = fold_processes(pid)
    if how == "signal":
        worker.terminate()
    else:
        run.request_stop()
    worker.join(10)
    assert worker.exitcode == (143 if how == "signal" else 0)
    assert run.status().state == "STOPPED"
    assert not any(map(lives, processes))
    assert work(run, None, *SIDE_BY_SIDE) == 0, said(run)
    plain.same(run)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_is_a_stop(how: signal.Signals, plain: Whole, make_run: MakeRun) -> None:
    """As a service manager ends a service, or Ctrl-C what a terminal has started."""
    run, worker, leader = under_way(make_run)
    for pid in [*fold_processes(leader), *children(leader), leader]:
        os.kill(pid, how)
    worker.join(10)
    assert worker.exitcode == 128 + how
    assert run.status().state == "STOPPED"
    assert work(run, None, *SIDE_BY_SIDE) == 0, said(run)
    plain.same(run)
