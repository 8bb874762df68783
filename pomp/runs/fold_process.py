"""The process that works on one fold while others work on its neighbours.

It writes what belongs to the fold: checkpoints, genes, tables. What belongs to the run (status, metrics, log) it tells
the parent, and waits until that has written it: a checkpoint is therefore never ahead of the metrics, however either
process ends. Nobody outlives the parent: a thread waits for a pipe that closes when the parent ends.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pomp.data.splits import Fold
from pomp.errors import PompError, RunError
from pomp.omics.forest.threads import limit_threads
from pomp.runs.company import Company
from pomp.runs.fold_division import limited_threads
from pomp.runs.fold_work import FoldWork, unexpected
from pomp.runs.run import Run
from pomp.runs.status import Until
from pomp.training.bank import RegionBank
from pomp.training.device import Compute
from pomp.training.loop import StopRequested

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldTask:
    """Everything that a process needs to work on a fold; it is pickled."""

    run: Run
    fold: Fold
    until: Until
    company: Company
    bank: RegionBank
    room: dict[Any, int]  # as `RegionBank.keep`
    compute: Compute
    threads: int


def work_on_fold(task: FoldTask, speaking: Connection, leash: Connection) -> None:
    """Runs in the child. `leash` brings one word, stop, or the end of the parent."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is the parent's to answer, who tells its children
    line = _Line(speaking, leash)
    logger = logging.getLogger("pomp")
    logger.setLevel(logging.INFO)
    logger.addHandler(_LogLine(line))
    error: PompError | None = None
    try:
        limit_threads(task.threads)
        with limited_threads(task.threads):
            task.bank.keep(task.room)
            run = _ChildRun(task.run.folder, task.run.info, line)
            FoldWork(run, task.company, task.bank, task.compute, line).work(task.fold, task.until)
    except StopRequested:
        pass
    except PompError as found:
        error = found
    except Exception as found:
        log.exception("Unexpected error")
        error = RunError(unexpected(found))
    line.tell("end", error)


class _Line:
    """To the parent: a `FoldListener`."""

    def __init__(self, speaking: Connection, leash: Connection) -> None:
        self._speaking, self._leash = speaking, leash
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        threading.Thread(target=self._heed, daemon=True).start()

    def tell(self, what: str, *arguments: Any, **named: Any) -> None:
        """Say it, and wait until the parent has done it."""
        try:
            with self._one_at_a_time:
                self._speaking.send((what, arguments, named))
                self._speaking.recv()
        except (EOFError, OSError):
            os._exit(1)

    def tick(self, *, force: bool = False, **changes: Any) -> None:
        self.tell("tick", force=force, **changes)

    def finish(self, kind: str, seconds: float | None = None, units: int = 1) -> None:
        self.tell("finish", kind, seconds, units)

    def should_stop(self) -> bool:
        return self._stop.is_set()

    def _heed(self) -> None:
        with suppress(EOFError, OSError):
            self._leash.recv()
            self._stop.set()
            self._leash.recv()
        os._exit(1)  # the parent is gone: whatever the other thread is doing, somebody may resume the run any moment


@dataclass(frozen=True)
class _ChildRun(Run):
    """A run whose metrics the parent writes: the file has one writer."""

    line: _Line

    def append_metrics(self, row: dict[str, Any]) -> None:
        self.line.tell("append_metrics", row)

    def rewind_metrics(self, stage: str, fold: int, epoch: int) -> None:
        self.line.tell("rewind_metrics", stage, fold, epoch)


class _LogLine(logging.Handler):
    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        self._line.tell("log", record.levelno, self.format(record))
