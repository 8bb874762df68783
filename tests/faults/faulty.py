"""Workers that meet with an accident at a chosen moment, each in a process of its own.

No product code knows of this: a hook on Python's audit events (a file is opened, renamed or removed) and one on the
optimiser's steps decide the moment; the kernel tears files, by a limit on their size.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from torch.optim.optimizer import register_optimizer_step_pre_hook

from pomp.cli import main
from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import Cohort
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

# Its processes are forks of one that has imported everything and started no thread.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

STEPS, SAID = "steps", "said.txt"
"""Beside the run folder: a byte for every step of an optimiser, and what the worker printed."""

Event = Literal["step", "open", "os.rename", "os.remove"]
Action = Literal["kill", "tear", "full", "terminate", "interrupt", "no space", "read-only"]
_ERRORS = {"no space": errno.ENOSPC, "read-only": errno.EROFS}


@dataclass(frozen=True)
class Fault:
    """What happens at the `count`-th event on a file of the run folder whose path fits `pattern`.

    kill: SIGKILL, before the event. tear: the file takes `size` bytes more, then the kernel ends the process. full: no
    file can grow beyond `size` bytes. terminate: SIGTERM. interrupt: SIGINT, as by Ctrl-C. no space, read-only: this
    event and all later ones fail as on such a disk.
    """

    event: Event
    pattern: str = "*"
    count: int = 1
    action: Action = "kill"
    size: int = 0


@dataclass
class Watch:
    """Counts the events of one worker and lets the fault happen."""

    run: Path
    fault: Fault
    seen: int = field(default=0)

    def step(self, *_: object) -> None:
        if self.fault.event == "step":
            self._meet(self.run)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != self.fault.event:
            return
        path = arguments[1 if event == "os.rename" else 0]
        if not isinstance(path, str | bytes | os.PathLike) or (event == "open" and not _writes(arguments)):
            return
        file = Path(os.fsdecode(path))
        if file.is_relative_to(self.run) and fnmatch(file.relative_to(self.run).as_posix(), self.fault.pattern):
            self._meet(file)

    def _meet(self, file: Path) -> None:
        self.seen += 1
        if self.seen >= self.fault.count and self.fault.action in _ERRORS:
            code = _ERRORS[self.fault.action]
            raise OSError(code, os.strerror(code), str(file))
        if self.seen != self.fault.count:
            return
        if self.fault.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.fault.action == "terminate":
            os.kill(os.getpid(), signal.SIGTERM)
        elif self.fault.action == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        elif self.fault.action == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.fault.size, self.fault.size))
        else:
            appended = file.stat().st_size if file.suffix == ".jsonl" and file.exists() else 0
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and would see an error instead
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (appended + self.fault.size,) * 2)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def start(run: Run, fault: Fault | None = None, *options: str) -> BaseProcess:
    """`pomp run --run FOLDER` in a process that the fault awaits."""
    process = CONTEXT.Process(target=_work, args=(run.folder, fault, options))
    process.start()
    return process


def work(run: Run, fault: Fault | None = None, *options: str) -> int:
    """As `start`, to its end: its exit status, negative for a signal."""
    process = start(run, fault, *options)
    process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def said(run: Run) -> str:
    """What the workers of a run printed so far, on one line."""
    return " ".join((run.folder.parent / SAID).read_text().split())


def steps(run: Run) -> int:
    """Steps of an optimiser that the workers of a run made so far, all together."""
    file = run.folder.parent / STEPS
    return file.stat().st_size if file.exists() else 0


def _work(folder: Path, fault: Fault | None, options: Sequence[str]) -> None:
    output = os.open(folder.parent / SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    counter = os.open(folder.parent / STEPS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def count(*_: object) -> None:
        os.write(counter, b".")

    register_optimizer_step_pre_hook(count)
    from pomp.runs import worker
    from pomp.training import loop

    loop.CHECKPOINT_SECONDS = worker.STATUS_SECONDS = 0.0  # every epoch is saved, every step is told
    os.fsync = lambda _: None  # the kernel outlives the process: what was written is there
    if fault is not None:
        watch = Watch(folder, fault)
        register_optimizer_step_pre_hook(watch.step)
        sys.addaudithook(watch.audit)
    sys.argv = ["pomp", "run", "--device", "cpu", "--run", str(folder), *options]
    main()


SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.trees": 5, "model.width": 16, "model.heads": 2, "pretrain.epochs": 3,
    "finetune.epochs": 3, "pretrain.batch_size": 6, "finetune.batch_size": 6,
}  # fmt: skip
PATIENTS, EPOCHS, STEPS_AN_EPOCH = 32, 3, 3


def small_config(**changes: Any) -> RunConfig:
    """Two folds of three epochs and three. Dots in names are written as double underscores."""
    return override(PRESETS["demo"], SMALL | {name.replace("__", "."): value for name, value in changes.items()})


def new_run(home: Path, cohort: Cohort, cache: Path, config: RunConfig | None = None) -> Run:
    """A run in a workspace of its own, with a cache that all of them share."""
    home.mkdir(parents=True)
    (home / "cache").symlink_to(cache, target_is_directory=True)
    return Workspace(home).runs.create(cohort, config or small_config(), "a test")
