"""Folds of one run side by side, each in a process of its own; the run's status, metrics and log stay with this one."""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from pomp.errors import PompError, TrainingError
from pomp.interrupts import deaf_children
from pomp.runs.fold_process import FoldTask, work_on_fold
from pomp.runs.fold_work import FoldListener
from pomp.runs.run import Run
from pomp.runs.under_way import together
from pomp.training.loop import StopRequested

HEARTBEAT_SECONDS = 0.25
"""How often a request to stop is looked for."""

# Its processes are forks of one that has imported everything and started no thread of its own: they begin at once.
CONTEXT = multiprocessing.get_context("forkserver")

log = logging.getLogger(__name__)


@dataclass
class _Child:
    """A process at work on a fold."""

    fold: int
    process: BaseProcess
    listening: Connection
    leash: Connection
    told_to_stop: bool = False
    stands: dict[str, Any] = field(default_factory=dict)  # fields of the status, as far as they are the fold's

    def stop(self) -> None:
        """Ask it to stop at its next step, once."""
        if not self.told_to_stop:
            self.told_to_stop = True
            with suppress(OSError):  # it may be gone, which is found out when it is listened to
                self.leash.send("stop")


class SideBySide:
    """The parent of the folds' processes."""

    def __init__(self, run: Run, listener: FoldListener, on_done: Callable[[], None]) -> None:
        """`on_done`: called whenever a fold is."""
        self._run, self._listener, self._on_done = run, listener, on_done

    def work(self, tasks: Sequence[FoldTask], at_a_time: int) -> None:
        """Work on every task, in their order, at most so many at a time.

        Processes come from one that is started for this, so a script that gets here needs
        `if __name__ == "__main__":` around its own work.

        Raises:
            StopRequested: the state of all is saved.
            PompError: of the fold that failed first, or its process died; the others have stopped, with their state
                saved.
        """
        CONTEXT.set_forkserver_preload([work_on_fold.__module__])
        waiting, errors, stopping = list(tasks), list[PompError](), False
        with _ended_at_last() as children:
            while children or (waiting and not stopping):
                while waiting and not stopping and len(children) < at_a_time:
                    child = _start(waiting.pop(0))
                    children[child.listening] = child
                for listening in wait(list(children), HEARTBEAT_SECONDS):
                    errors += self._hear(children, children[listening])  # type: ignore[index]
                stopping = stopping or bool(errors) or self._listener.should_stop()
                if stopping:
                    for child in children.values():
                        child.stop()
        if errors:
            raise errors[0]
        if stopping:
            raise StopRequested

    def _hear(self, children: dict[Connection, _Child], child: _Child) -> list[PompError]:
        """One thing that a child says, or that it died; the errors that end it."""
        try:
            what, arguments, named = child.listening.recv()
        except (EOFError, OSError):
            del children[child.listening]
            child.process.join()
            return [_death(child)]
        if what == "end":
            del children[child.listening]
            child.listening.send(None)
            child.process.join()
            self._on_done()
            return [error for error in arguments if error is not None]
        if what == "tick":
            child.stands |= named
            force = child.stands.pop("force")
            self._listener.tick(force=force, **together([one.stands for one in children.values() if one.stands]))
        elif what == "finish":
            self._listener.finish(*arguments)
        elif what == "log":
            level, text = arguments
            log.log(level, "Fold %d: %s", child.fold + 1, text)
        elif what == "append_metrics":
            self._run.append_metrics(*arguments)
        else:
            self._run.rewind_metrics(*arguments)
        child.listening.send(None)
        return []


def _start(task: FoldTask) -> _Child:
    listening, speaking = CONTEXT.Pipe()
    leash, held = CONTEXT.Pipe()
    process = CONTEXT.Process(target=work_on_fold, args=(task, speaking, held), daemon=True)
    with deaf_children():
        process.start()
    speaking.close()  # their only other ends are now the child's
    held.close()
    return _Child(task.fold.index, process, listening, leash)


def _death(child: _Child) -> TrainingError:
    code = child.process.exitcode
    how = f"ended with status {code}" if code is None or code >= 0 else f"was killed by {signal.Signals(-code).name}"
    return TrainingError(
        f"The process of fold {child.fold + 1} {how}, perhaps for want of memory. Resume to go on from the last "
        "checkpoint; with --folds-at-a-time 1 folds go one after another, which takes less memory."
    )


@contextmanager
def _ended_at_last() -> Iterator[dict[Connection, _Child]]:
    """Children by the pipe they speak on; whatever happens, none outlives the block."""
    children: dict[Connection, _Child] = {}
    try:
        yield children
    finally:
        for child in children.values():
            child.process.kill()
        for child in children.values():
            child.process.join()
