"""The process that gives waiting runs to free slots: `python -m pomp.runs.backends.supervisor --home DIR`.

It belongs to no server and no page. It holds a lock, so there is one; it ends when the queue has been empty for a
while. Workers outlive it: they are in sessions of their own, and the next one finds them by their locked tickets.
"""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pomp.errors import RunBusyError, RunError
from pomp.runs import lock
from pomp.runs.backends.books import close_books
from pomp.runs.backends.slots import find_slots, slot_environment
from pomp.runs.queue import Ticket
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

POLL_SECONDS = 0.2
LOCK_NAME = "supervisor.lock"
log = logging.getLogger(__name__)


class Supervisor:
    """Launches workers, first in first out, and closes the books on those that died without a word."""

    def __init__(self, workspace: Workspace, worker: Sequence[str], slots: Sequence[str]) -> None:
        """`worker`: the command, to which the run folder is added."""
        self.workspace, self.queue = workspace, workspace.queue
        self.worker, self.slots = tuple(worker), tuple(slots)
        self._children: dict[Path, subprocess.Popen[bytes]] = {}
        self._terminated = False
        self._said = ""

    def terminate(self) -> None:
        """End at the next look; workers go on."""
        self._terminated = True

    def serve(self, own_lock: ExitStack, idle_seconds: float) -> None:
        """Work until the queue has been empty for `idle_seconds`, or `terminate`.

        Args:
            own_lock: gives the supervisor's lock back when it is closed.
        """
        busy = time.monotonic()
        while not self._terminated:
            self.step()
            if self.queue.tickets():
                busy = time.monotonic()
            elif time.monotonic() - busy >= idle_seconds and self._leave(own_lock):
                return
            time.sleep(POLL_SECONDS)

    def step(self) -> None:
        """One look: settle what is over, then fill the slots that are free."""
        # Reaps every child that is over, also those whose run was submitted again before this look.
        self._children = {
            file: child for file, child in self._children.items() if child.poll() is None or file.exists()
        }
        for ticket in self.queue.tickets():
            if ticket.slot and self._over(ticket):
                with self._going_on():
                    self._settle(ticket)
        taken = {ticket.slot for ticket in self.queue.tickets()}
        for slot in self.slots:
            if slot not in taken:
                with self._going_on():
                    self.queue.take(slot, self._launch)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """One ticket that makes trouble does not stop the others. It is said once; the next look tries again."""
        try:
            yield
        except (OSError, RunError) as error:
            if str(error) != self._said:
                self._said = str(error)
                log.info("%s", error)

    def _leave(self, own_lock: ExitStack) -> bool:
        """Give the lock back while nobody can submit: whoever submits next then finds it free and starts another."""
        with self.queue.locked():
            if self.queue.tickets():
                return False
            own_lock.close()
            return True

    def _launch(self, run: Run, ticket: Ticket, descriptor: int) -> None:
        """Start a worker. A run for which that fails has failed; its ticket is that of a worker that is over."""
        try:
            self._start(run, ticket, descriptor)
        except (OSError, RunError) as error:
            log.info("Run %s could not be launched: %s", run.id, error)
            with suppress(RunBusyError), run.hold():
                said = f"The worker could not be launched: {error}. See to that, then resume."
                run.write_status(state="FAILED", eta_seconds=None, message="", error=said)

    def _start(self, run: Run, ticket: Ticket, descriptor: int) -> None:
        # Somebody may work on it by hand: the worker will find out, and end.
        with suppress(RunBusyError), run.hold():
            run.write_status(message="The worker is starting.")
        with (run.folder / "log.txt").open("ab") as output:
            child = subprocess.Popen(
                [*self.worker, str(run.folder)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.workspace.root,
                env=slot_environment(ticket.slot),
                start_new_session=True,
                pass_fds=(descriptor,),
            )
        self._children[ticket.file] = child
        log.info("Run %s: launched as process %d in slot %s", run.id, child.pid, ticket.slot)

    def _over(self, ticket: Ticket) -> bool:
        child = self._children.get(ticket.file)
        return not ticket.worked_on() if child is None else child.poll() is not None

    def _settle(self, ticket: Ticket) -> None:
        """A worker is over. If it left no final state, write what is known."""
        child = self._children.pop(ticket.file, None)
        code = None if child is None else child.returncode
        log.info("Run %s: its worker is over, exit status %s", ticket.run_id, code)

        def waits_again() -> bool:
            try:
                return close_books(self.workspace.runs.get(ticket.run_id), code)
            except RunError as error:
                log.info("%s", error)
                return False

        self.queue.settle(ticket, waits_again)


def main() -> None:
    """Become the supervisor of a workspace, or end at once if it has one."""
    parser = argparse.ArgumentParser(description="Gives waiting runs to free slots.")
    parser.add_argument("--home", type=Path, required=True, help="the workspace")
    parser.add_argument("--idle", type=float, required=True, help="seconds without work after which it ends")
    parser.add_argument("worker", nargs="+", help="after --: the command, to which the run folder is added")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    workspace = Workspace(options.home)
    with ExitStack() as own_lock:
        try:
            own_lock.enter_context(lock.hold(workspace.queue.folder / LOCK_NAME, "The queue"))
        except RunBusyError:
            return
        supervisor = Supervisor(workspace, options.worker, find_slots())
        signal.signal(signal.SIGTERM, lambda *_: supervisor.terminate())
        log.info("Slots: %s", ", ".join(supervisor.slots))
        supervisor.serve(own_lock, options.idle)


if __name__ == "__main__":
    main()
