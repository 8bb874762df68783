"""What pages and commands may ask of whoever works on runs, on this machine or on others."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod

from pomp.config import DeviceName
from pomp.errors import RunError
from pomp.runs.run import Run
from pomp.runs.status import Until
from pomp.runs.workspace import Workspace

# -P: the workspace is the current folder of a worker, and whatever lies there is not to be imported.
WORKER = (sys.executable, "-P", "-m", "pomp", "run", "--as-queued", "--run")


class Backend(ABC):
    """Launches commands on run folders. The truth about a run stays in its folder, whoever works on it."""

    workspace: Workspace
    where: str
    """For people: 'this machine'."""

    @abstractmethod
    def submit(self, run: Run, until: Until = "end", device: DeviceName = "auto") -> int:
        """Put a run on the queue, see to it that somebody works on it, and return its place, from 1.

        Args:
            until: how far its worker is to go.
            device: on which it is to train.

        Raises:
            RunBusyError: a worker holds the run.
            RunError: the run is done, or the queue does not take it.
        """

    def resume(self, run: Run, device: DeviceName = "auto") -> int:
        """Submit a run that stopped, failed or was interrupted; it goes on from where it stands.

        Args:
            device: on which it is to train from here.

        Raises:
            RunError: it is in another state; or as `submit`.
        """
        status = run.status()
        if not status.resumable:
            raise RunError(f"Run {run.id} is {status.state.lower()}: there is nothing to resume.")
        return self.submit(run, device=device)

    @abstractmethod
    def stop(self, run: Run) -> None:
        """Take a waiting run off the queue, or ask its worker to stop at the next step, with its state saved.

        Raises:
            RunError: nobody works on it and it does not wait.
        """

    @abstractmethod
    def kill(self, run: Run) -> None:
        """End a worker that does not heed `stop`. Its last checkpoint stays, and the run can be resumed from it.

        Raises:
            RunError: nobody works on the run, or somebody whom this backend did not launch.
        """

    @abstractmethod
    def waiting(self) -> list[str]:
        """Ids of the runs that wait, the next one first.

        Raises:
            RunError: whoever keeps the queue does not answer.
        """

    @abstractmethod
    def wake(self) -> None:
        """See to it that what waits is worked on, and that no run waits for a worker that is lost.

        Raises:
            RunError: the workspace cannot be written, or whoever keeps the queue does not answer.
        """
