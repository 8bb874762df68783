"""Runs on this machine: a queue, and a supervisor that outlives pages and servers."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pomp.config import DeviceName
from pomp.errors import RunBusyError, RunError
from pomp.runs import lock
from pomp.runs.backends.base import WORKER, Backend
from pomp.runs.backends.job import forget_job
from pomp.runs.backends.supervisor import LOCK_NAME
from pomp.runs.run import Run
from pomp.runs.status import Until
from pomp.runs.workspace import Workspace

IDLE_SECONDS = 5.0


class LocalBackend(Backend):
    """Asks for work; others do it. Any number of pages and commands may use one workspace at the same time."""

    where = "this machine"

    def __init__(
        self, workspace: Workspace, worker: Sequence[str] = WORKER, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """What to launch, and for how long to wait.

        Args:
            worker: command that works on one run, to which the run folder is added.
            idle_seconds: how long the supervisor waits for more when the queue is empty.
        """
        self.workspace, self.worker, self.idle_seconds = workspace, tuple(worker), idle_seconds

    def submit(self, run: Run, until: Until = "end", device: DeviceName = "auto") -> int:
        """As `Backend.submit`. A job of a cluster that the run still waits for does not begin any more.

        Raises:
            QueueFullError: too many wait.
            RunBusyError: a worker holds the run.
            RunError: the run is done, or the queue cannot be written.
        """
        place = self.workspace.queue.submit(run, until, device)
        forget_job(run)
        self.wake()
        return place

    def stop(self, run: Run) -> None:
        try:
            if self.workspace.queue.cancel(run):
                return
        except RunBusyError:  # somebody works on it in a terminal although it waits here
            self.workspace.queue.drop(run)
        if not run.held() and not self._launched(run):
            raise RunError(f"Run {run.id} is {run.status().state.lower()}: there is nothing to stop.")
        run.request_stop()

    def kill(self, run: Run) -> None:
        owner = run.owner()
        if owner is None:
            raise RunError(f"Run {run.id} is {run.status().state.lower()}: there is nothing to end.")
        if owner.host != platform.node():
            raise RunError(f"Run {run.id} is worked on by {owner.host}, not by this machine: end it there.")
        run.request_stop()
        try:
            # A worker leads a process group of its own, with its data-loading processes in it.
            if os.getpgid(owner.pid) == owner.pid:
                os.killpg(owner.pid, signal.SIGKILL)
            else:
                os.kill(owner.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        except PermissionError:
            raise RunError(f"Process {owner.pid} of run {run.id} belongs to another user, who can end it.") from None

    def waiting(self) -> list[str]:
        return self.workspace.queue.waiting()

    @property
    def log(self) -> Path:
        """What the supervisor says; its lines begin with a time, unless it ended in an error."""
        return self.workspace.queue.folder / "supervisor.log"

    def supervised(self) -> bool:
        """Whether a supervisor runs."""
        return lock.is_held(self.workspace.queue.folder / LOCK_NAME)

    def wake(self) -> None:
        """Start a supervisor if there is work and none runs, for example after the machine was started again.

        Raises:
            RunError: the workspace cannot be written.
        """
        queue = self.workspace.queue
        if not queue.tickets() or self.supervised():
            return
        module = [sys.executable, "-P", "-m", "pomp.runs.backends.supervisor"]
        options = ["--home", str(self.workspace.root), "--idle", str(self.idle_seconds), "--", *self.worker]
        with self.log.open("ab") as output:
            # The shell ends at once, so that the supervisor is no child of this process, nor ever its zombie.
            subprocess.run(
                ["/bin/sh", "-c", '"$@" &', "sh", *module, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.workspace.root,
                start_new_session=True,
                check=True,
            )

    def _launched(self, run: Run) -> bool:
        """Whether a worker has been launched for it, even if it does not hold the run yet."""
        return any(ticket.run_id == run.id and ticket.worked_on() for ticket in self.workspace.queue.tickets())
