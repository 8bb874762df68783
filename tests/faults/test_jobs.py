"""Processes that die, and processes that race: no run is lost, and every page sees the truth."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from pomp.errors import RunBusyError
from pomp.runs import lock
from pomp.runs.backends import supervisor
from pomp.runs.backends.local import LocalBackend
from pomp.runs.workspace import Workspace
from tests.runs.fakes import eventually, fake_worker, new_run


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalBackend:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # one slot, and torch is not asked
    return LocalBackend(Workspace(tmp_path / "home"), fake_worker(tmp_path), idle_seconds=0.2)


def supervisor_pid(backend: LocalBackend) -> int:
    file = backend.workspace.queue.folder / supervisor.LOCK_NAME
    eventually(lambda: backend.supervised() and lock.read_owner(file) is not None)
    owner = lock.read_owner(file)
    assert owner is not None
    return owner.pid


def test_a_killed_worker_is_interrupted_and_can_go_on(backend: LocalBackend) -> None:
    run, following = new_run(backend.workspace, "deaf"), new_run(backend.workspace)
    backend.submit(run)
    backend.submit(following)
    eventually(lambda: run.status().state == "RUNNING")
    owner = run.owner()
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    eventually(lambda: following.status().state == "DONE")
    assert run.status().state == "INTERRUPTED"
    assert "killed by SIGKILL" in run.status().message
    assert run.status().progress == 0.5
    backend.resume(run)
    eventually(lambda: run.status().state == "RUNNING")
    backend.kill(run)
    eventually(lambda: run.status().state == "STOPPED")
    eventually(lambda: not backend.supervised())


# Submits a run and dies with its whole process group, as when a terminal is closed.
SUBMITTER = """
import os, signal, sys
from pathlib import Path
from pomp.runs.backends.local import LocalBackend
from pomp.runs.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
LocalBackend(workspace, sys.argv[2:], 0.2).submit(workspace.runs.list()[0])
os.killpg(os.getpgid(0), signal.SIGKILL)
"""


def test_a_run_outlives_whoever_submitted_it(backend: LocalBackend) -> None:
    run = new_run(backend.workspace, "wait")
    command = [sys.executable, "-P", "-c", SUBMITTER, str(backend.workspace.root), *backend.worker]
    assert subprocess.run(command, start_new_session=True, check=False).returncode == -signal.SIGKILL
    eventually(lambda: run.status().state == "RUNNING")
    backend.stop(run)
    eventually(lambda: run.status().state == "STOPPED")
    eventually(lambda: not backend.supervised())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_supervisor_that_ends_loses_nothing(backend: LocalBackend, how: signal.Signals) -> None:
    first, second = new_run(backend.workspace, "wait"), new_run(backend.workspace)
    backend.workspace.queue.submit(first)
    backend.submit(second)
    eventually(lambda: first.status().state == "RUNNING")
    os.kill(supervisor_pid(backend), how)
    eventually(lambda: not backend.supervised())
    assert (first.status().state, second.status().state) == ("RUNNING", "QUEUED")
    backend.wake()
    supervisor_pid(backend)
    assert (first.status().state, second.status().state) == ("RUNNING", "QUEUED")  # one slot, and it is taken
    backend.stop(first)
    eventually(lambda: second.status().state == "DONE")
    assert first.status().state == "STOPPED"
    eventually(lambda: not backend.supervised())


def test_a_machine_that_went_down_goes_on_with_what_waited(backend: LocalBackend) -> None:
    started, waiting = new_run(backend.workspace), new_run(backend.workspace)
    queue = backend.workspace.queue
    queue.submit(started)
    queue.submit(waiting)
    queue.take("cpu", lambda *_: None)  # launched, and gone before it held anything
    backend.wake()
    eventually(lambda: waiting.status().state == "DONE")
    assert started.status().state == "DONE"
    eventually(lambda: not backend.supervised())


def test_without_work_no_supervisor_starts(backend: LocalBackend) -> None:
    backend.wake()
    assert not backend.workspace.queue.folder.exists()


class Threaded(LocalBackend):
    """Its supervisors are threads of this process, so that many may come and go."""

    def __init__(self, workspace: Workspace, worker: tuple[str, ...]) -> None:
        super().__init__(workspace, worker, idle_seconds=0.0)
        self.threads: list[threading.Thread] = []

    def wake(self) -> None:
        if self.workspace.queue.tickets() and not self.supervised():
            self.threads.append(threading.Thread(target=self._supervise))
            self.threads[-1].start()

    def _supervise(self) -> None:
        with ExitStack() as own_lock:
            try:
                own_lock.enter_context(lock.hold(self.workspace.queue.folder / supervisor.LOCK_NAME, "The queue"))
            except RunBusyError:
                return
            supervisor.Supervisor(self.workspace, self.worker, ["cpu"]).serve(own_lock, self.idle_seconds)


def test_no_ticket_is_lost_to_a_supervisor_that_is_leaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "POLL_SECONDS", 0.002)
    script = tmp_path / "worker.sh"
    script.write_text("""printf '{"state": "DONE"}' > "$1/new" && mv "$1/new" "$1/status.json" """)
    workspace, chance = Workspace(tmp_path / "home"), random.Random(5)
    backend = Threaded(workspace, ("/bin/sh", str(script)))
    for seed in range(40):
        run = new_run(workspace, seed=seed)
        backend.submit(run)
        eventually(lambda run=run: run.status().state == "DONE")  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.01))  # the supervisor leaves about now
    for thread in backend.threads:
        thread.join(60)
    assert len(backend.threads) > 3  # supervisors did come and go
    assert workspace.queue.tickets() == []


def test_many_pages_submit_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    runs = [new_run(workspace, seed=seed) for seed in range(16)]
    pages = [threading.Thread(target=workspace.queue.submit, args=[run]) for run in runs for _ in range(2)]
    for page in pages:
        page.start()
    for page in pages:
        page.join(60)
    assert sorted(workspace.queue.waiting()) == sorted(run.id for run in runs)
    assert [ticket.number for ticket in workspace.queue.tickets()] == list(range(1, 17))
