"""Workers that race, die, or are gone after a reboot: pages say so, and one click goes on."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from pathlib import Path

import pytest

from pomp.runs import lock
from pomp.runs.backends.local import WORKER, LocalBackend
from pomp.runs.backends.supervisor import Supervisor
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.pages import open_page, words
from tests.faults.conftest import MakeRun, Whole
from tests.faults.faulty import Fault, said, start, steps, work
from tests.runs.fakes import eventually, fake_worker


def workspace_of(run: Run) -> Workspace:
    return Workspace(run.folder.parents[1])


@pytest.fixture
def home(make_run: MakeRun, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in the workspace that pages show; nobody works on its queue but the test."""
    run = make_run()
    workspace_of(run).register(whole.cohort.folder)
    monkeypatch.setenv("POMP_HOME", str(run.folder.parents[1]))
    monkeypatch.setattr(LocalBackend, "wake", lambda _: None)
    return run


def test_the_second_worker_is_told_who_is_the_first(whole: Whole, make_run: MakeRun) -> None:
    run = make_run()
    process = start(run)
    eventually(lambda: steps(run) > 0)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)  # it would be done before the other one is there, on a busy machine
    assert work(run) == 1
    os.kill(process.pid, signal.SIGCONT)
    assert f"Run {run.id} is being worked on by process {process.pid} on {platform.node()} since" in said(run)
    assert "Wait until it ends, or stop it." in said(run)
    process.join()
    assert process.exitcode == 0
    whole.same(run)


@pytest.mark.slow
def test_two_launches_at_once(make_run: MakeRun) -> None:
    """By the command that backends launch, from nothing."""
    run = make_run(pretrain__epochs=200)
    command = [*WORKER, str(run.folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    eventually(lambda: any(process.poll() is not None for process in both), 200)
    loser, winner = sorted(both, key=lambda process: process.poll() is None)
    text = " ".join(loser.communicate()[0].split())
    assert (loser.returncode, winner.poll()) == (1, None)
    assert f"is being worked on by process {winner.pid} on {platform.node()}" in text
    run.request_stop()
    winner.communicate()
    assert (winner.returncode, run.status().state) == (0, "STOPPED")


def test_a_killed_worker_on_the_page(home: Run, whole: Whole) -> None:
    """Interrupted at the next look, which comes every two seconds; one click queues it again, and it goes on."""
    process = start(home)
    eventually(lambda: steps(home) > 0)
    page = open_page("train", run=home)
    assert not any(button.key == "resume" for button in page.button)
    process.kill()
    process.join()
    page.run()
    assert "resume to go on from the last checkpoint" in words(page)
    page.button(key="resume").click().run()
    assert not page.exception
    assert home.status().state == "QUEUED"
    assert workspace_of(home).queue.waiting() == [home.id]
    assert work(home, None, "--as-queued") == 0, said(home)
    whole.same(home)


def test_a_damaged_status_on_the_page(home: Run) -> None:
    (home.folder / "status.json").write_bytes(b"\x00" * 40)
    page = open_page("train", run=home)
    assert "status.json cannot be read. Resume the run to go on from its last checkpoint." in words(page)
    assert page.button(key="resume")


def test_a_damaged_run_on_the_page(home: Run) -> None:
    file = home.folder / "run.json"
    file.write_bytes(file.read_bytes().replace(b'"patients": 32', b'"patients": 33'))
    assert "run.json is damaged (the file: its content does not match its seal)" in words(open_page("train"))


def test_after_a_reboot(home: Run, whole: Whole, tmp_path: Path) -> None:
    """A status that says running, a lock and a ticket of processes that are no more."""
    workspace = workspace_of(home)
    following = workspace.runs.create(whole.cohort, home.config)
    for run in (home, following):
        workspace.queue.submit(run)
    workspace.queue.take("cpu", lambda *_: None)
    assert work(home, Fault("step", count=14), "--as-queued") == -signal.SIGKILL
    assert b'"RUNNING"' in (home.folder / "status.json").read_bytes()
    assert lock.read_owner(home.folder / "lock") is not None
    assert "resume to go on from the last checkpoint" in words(open_page("train", run=home))
    supervisor = Supervisor(workspace, fake_worker(tmp_path), ["cpu"])
    eventually(lambda: supervisor.step() or following.status().state == "DONE")  # type: ignore[func-returns-value]
    eventually(lambda: supervisor.step() or workspace.queue.tickets() == [])  # type: ignore[func-returns-value]
    assert home.status().state == "INTERRUPTED"
    page = open_page("train", run=home)
    page.button(key="resume").click().run()
    assert work(home, None, "--as-queued") == 0, said(home)
    whole.same(home)


@pytest.mark.slow
def test_one_click_goes_on_with_a_real_supervisor(
    make_run: MakeRun, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    workspace_of(run).register(whole.cohort.folder)
    monkeypatch.setenv("POMP_HOME", str(run.folder.parents[1]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as the whole run
    assert work(run, Fault("step", count=14)) == -signal.SIGKILL
    page = open_page("train", run=run)
    page.button(key="resume").click().run()
    eventually(lambda: run.status().state not in {"QUEUED", "RUNNING"}, 250)
    whole.same(run)
    page.run()
    assert not page.exception
    eventually(lambda: not LocalBackend(workspace_of(run)).supervised(), 60)
