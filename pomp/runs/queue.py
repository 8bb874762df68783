"""First in, first out: one ticket, a small file, for every run that waits or is worked on.

An empty ticket waits. When a worker is launched, its slot is written into the ticket, and the worker inherits the open,
locked ticket: the kernel gives that lock back when the worker ends, whoever is there to see it. A ticket with a slot
whose lock is free therefore belongs to a worker that is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pomp.atomic import exclusive
from pomp.config import DeviceName
from pomp.errors import QueueFullError, RunError
from pomp.runs import lock
from pomp.runs.run import Run
from pomp.runs.status import Until
from pomp.runs.store import RunStore
from pomp.wording import count

_UNREADABLE = "?"
"""The slot of a ticket that cannot be read."""


@dataclass(frozen=True)
class Ticket:
    """One place in the queue, as it was when it was read."""

    file: Path
    number: int
    run_id: str
    slot: str
    """Empty while the run waits."""

    def worked_on(self) -> bool:
        """Whether its worker lives, from the moment of its launch."""
        return bool(self.slot) and lock.is_held(self.file)


Launch = Callable[[Run, Ticket, int], None]
"""Called with the run, its ticket, and the ticket's descriptor, which the worker must inherit."""


class Queue:
    """The folder `queue` of a workspace."""

    def __init__(self, folder: Path, runs: RunStore, limit: int = 20) -> None:
        """`limit`: runs that may wait."""
        self.folder, self.runs, self.limit = folder, runs, limit

    def submit(self, run: Run, until: Until = "end", device: DeviceName = "auto") -> int:
        """Put a run on the queue and return its place, from 1. It is new, or it goes on from where it stands.

        Args:
            until: how far its worker is to go.
            device: on which it is to train.

        Raises:
            QueueFullError: too many wait.
            RunBusyError: a worker holds the run.
            RunError: the run is done.
        """
        with self.locked():
            waiting = self.waiting()
            if run.id in waiting:
                return waiting.index(run.id) + 1
            tickets = [ticket for ticket in self.tickets() if ticket.run_id == run.id]
            # A worker that has written its last state may still take a moment to end: its ticket stays beside the new.
            over = [ticket for ticket in tickets if not ticket.worked_on()]
            if len(over) < len(tickets) and run.status().active:
                raise RunError(f"Run {run.id} is being started already.")
            with run.hold():
                self._check(run, len(waiting))
                for ticket in over:
                    ticket.file.unlink()
                # The ticket first: a crash in between leaves a run that starts, not one that waits for ever.
                self._write_ticket(run)
                say_queued(run, until, device)
            return len(waiting) + 1

    def waiting(self) -> list[str]:
        """Ids of the runs that wait, the next one first."""
        return [ticket.run_id for ticket in self.tickets() if not ticket.slot and self._exists(ticket)]

    def cancel(self, run: Run) -> bool:
        """Take a waiting run off the queue; False if it does not wait (any more).

        Raises:
            RunBusyError: somebody works on the run although it waits here.
        """
        with self.locked():
            for ticket in self.tickets():
                if ticket.run_id == run.id and not ticket.slot:
                    with run.hold():
                        ticket.file.unlink()
                        say_withdrawn(run)
                    return True
        return False

    def drop(self, run: Run) -> None:
        """Forget that a run waits; whoever works on it meanwhile goes on."""
        with self.locked():
            for ticket in self.tickets():
                if ticket.run_id == run.id and not ticket.slot:
                    ticket.file.unlink()

    def take(self, slot: str, launch: Launch) -> bool:
        """Launch a worker for the run whose turn it is; False if none waits.

        Raises:
            OSError: what `launch` raises; the run waits on.
        """
        with self.locked():
            for ticket in self.tickets():
                if ticket.slot:
                    continue
                if not self._exists(ticket):
                    ticket.file.unlink()
                    continue
                self._launch(ticket, slot, launch)
                return True
        return False

    def settle(self, ticket: Ticket, waits_again: Callable[[], bool]) -> None:
        """Forget a ticket whose worker is over, or let it wait in its old place.

        Args:
            waits_again: asked while nobody can submit the run; not asked if somebody has done so since.
        """
        with self.locked():
            tickets = self.tickets()
            if ticket not in tickets:
                return
            newer = any(other.run_id == ticket.run_id for other in tickets if other != ticket)
            if not newer and waits_again():
                os.truncate(ticket.file, 0)
            else:
                ticket.file.unlink()

    def tickets(self) -> list[Ticket]:
        """All tickets, oldest first."""
        if not self._tickets.is_dir():
            return []
        found = (_read_ticket(file) for file in sorted(self._tickets.iterdir()))
        return [ticket for ticket in found if ticket is not None]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the queue during the block, which must be short.

        Raises:
            RunError: the folder cannot be written.
        """
        with exclusive(self.folder / "lock"):
            yield

    def _check(self, run: Run, waiting: int) -> None:
        check_unfinished(run)
        if waiting >= self.limit:
            raise QueueFullError(
                f"{count(waiting, 'run waits', 'runs wait')} already, and the queue takes no more. Wait until one has "
                "begun, or take one off."
            )

    def _write_ticket(self, run: Run) -> None:
        number = max((ticket.number for ticket in self.tickets()), default=0) + 1
        try:
            self._tickets.mkdir(exist_ok=True)
            (self._tickets / f"{number:08d}.{run.id}").touch(exist_ok=False)
        except OSError as error:
            raise RunError(f"{self._tickets} could not be written: {error.strerror}. Free disk space.") from error

    def _launch(self, ticket: Ticket, slot: str, launch: Launch) -> None:
        descriptor = lock.acquire(ticket.file, f"The ticket of run {ticket.run_id}")
        try:
            os.pwrite(descriptor, slot.encode(), 0)
            launch(self.runs.get(ticket.run_id), replace(ticket, slot=slot), descriptor)
        except OSError:
            os.ftruncate(descriptor, 0)
            raise
        finally:
            os.close(descriptor)

    def _exists(self, ticket: Ticket) -> bool:
        """Whether the run was not deleted or damaged while it waited."""
        try:
            self.runs.get(ticket.run_id)
        except RunError:
            return False
        return True

    @property
    def _tickets(self) -> Path:
        return self.folder / "tickets"


def check_unfinished(run: Run) -> None:
    """Whether there is something left to do.

    Raises:
        RunError: the run is done.
    """
    if run.status().state == "DONE":
        raise RunError(f"Run {run.id} is done. Start a new run to train again.")


def say_queued(run: Run, until: Until, device: DeviceName) -> None:
    """From now on the run, which is held, waits for a worker; what was asked of an earlier one is forgotten."""
    run.forget_stop()
    run.write_status(
        state="QUEUED", until=until, wanted=device, message="", error=None, eta_seconds=None, finished=None
    )


def say_withdrawn(run: Run, message: str = "Taken off the queue before it began.") -> None:
    """The run, which is held, waits no longer."""
    run.write_status(state="STOPPED", eta_seconds=None, message=message)


def _read_ticket(file: Path) -> Ticket | None:
    """None if the file is gone by now, or no ticket. One that is damaged is that of a worker that is over."""
    number, _, run_id = file.name.partition(".")
    if not number.isdecimal():
        return None
    try:
        return Ticket(file, int(number), run_id, file.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return None
    except OSError:
        return Ticket(file, int(number), run_id, _UNREADABLE)
