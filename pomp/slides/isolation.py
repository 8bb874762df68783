"""Work in child processes that may crash or hang: a damaged slide can take down the C library that reads it.

A process pool of the standard library breaks as a whole when one of its processes dies, and cannot say which task it
was. Here each child has a pipe of its own: one that dies, or falls silent, is replaced, and its task is tried once more
when all others are through, alone: what was killed for want of memory, or waited for a disk, then has its chance, and
what ends like that again costs its task. A child ends with its parent, however that ends, because its pipe then closes.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from pomp.errors import RunError, SlideError
from pomp.interrupts import deaf_children

Task = TypeVar("Task")
Result = TypeVar("Result")

HEARTBEAT_SECONDS = 0.5
START_SECONDS = 120.0
"""What a child may take until it has imported all it needs."""

KILL_SECONDS = 5.0

_CRASHED = (
    "It was tried twice. The file is probably damaged: fetch it again from its source. If others end like this too, "
    "use fewer workers: memory may be short."
)
_SILENT = "Look whether the disk answers and the file can be copied, then prepare the slides again. It was tried twice."
_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})
"""Exit codes of a process that somebody ended; the kernel does where memory is short."""


class LostReaderError(SlideError):
    """A slide's process was killed or hung, which says less of the slide than a crash: the machine may be to blame."""


def run_isolated(
    function: Callable[[Task, Callable[[], object]], Result],
    tasks: Sequence[Task],
    workers: int,
    on_wait: Callable[[], None],
    silence_seconds: float,
) -> Generator[tuple[int, Result | SlideError]]:
    """Apply `function` to every task in at most `workers` child processes.

    Closing the iterator kills the children, so wrap it in `contextlib.closing`. A task whose child ended is tried again
    at the end, alone and in a fresh one.

    Args:
        function: of the task and of a sign of life, to be called as the work moves on. A module's function, since it is
            found by name in the child. An exception other than RunError ends the child, which writes the traceback to
            the standard error stream.
        on_wait: called once a second at least; what it raises ends the work.
        silence_seconds: a child that gives no sign of life for so long is killed.

    Yields:
        (place of the task, its result, or the error that says how its process ended, twice), as they come.

    Raises:
        RunError: raised by `function`.
    """
    again: list[int] = []
    with closing(_run_once(function, tasks, workers, on_wait, silence_seconds)) as outcomes:
        for place, outcome in outcomes:
            if isinstance(outcome, SlideError):
                again.append(place)
            else:
                yield place, outcome
    for place in sorted(again):
        with closing(_run_once(function, [tasks[place]], 1, on_wait, silence_seconds)) as outcomes:
            for _, outcome in outcomes:
                yield place, outcome


def _run_once(
    function: Callable[[Task, Callable[[], object]], Result],
    tasks: Sequence[Task],
    workers: int,
    on_wait: Callable[[], None],
    silence_seconds: float,
) -> Generator[tuple[int, Result | SlideError]]:
    """As `run_isolated`, without a second try."""
    children = [_Child() for _ in range(min(workers, len(tasks)))]
    idle: SimpleQueue[_Child] = SimpleQueue()
    for child in children:
        idle.put(child)

    def run(task: Task) -> Any:
        child = idle.get()
        try:
            return child.run(function, task, silence_seconds)
        finally:
            idle.put(child)

    threads = ThreadPoolExecutor(max(1, len(children)))
    try:
        places = {threads.submit(run, task): place for place, task in enumerate(tasks)}
        pending = set(places)
        while pending:
            finished, pending = wait(pending, HEARTBEAT_SECONDS, FIRST_COMPLETED)
            for future in finished:
                yield places[future], future.result()
            on_wait()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.kill()
        threads.shutdown()


class _Child:
    """A process that serves one task after another; started when first needed, and again after a crash."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closed = False

    def run(self, function: Callable[..., Any], task: Any, silence_seconds: float) -> Any:
        """The result, or the `SlideError` that says how the process ended."""
        patience = silence_seconds
        if self._process is None or self._pipe is None:
            self._process, self._pipe = _start()
            patience = max(patience, START_SECONDS)
        process, pipe = self._process, self._pipe
        if self._closed:  # in the meantime: `kill` may have come too early to see the process
            process.kill()
        try:
            pipe.send((function, task))
            while pipe.poll(patience):
                finished, result = pipe.recv()
                if isinstance(result, RunError):
                    raise result
                if finished:
                    return result
                patience = silence_seconds
            process.kill()
            process.join(KILL_SECONDS)  # one that waits for a disk that does not answer may never end
            lost, how = True, f"gave no sign of life for {silence_seconds:g} s and was killed. {_SILENT}"
        except (EOFError, OSError):
            process.join()
            lost, how = process.exitcode in _FROM_OUTSIDE, f"ended {_describe(process.exitcode)}. {_CRASHED}"
        self._process = None
        return (LostReaderError if lost else SlideError)(f"The process that read this slide {how}")

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def _start() -> tuple[BaseProcess, Connection]:
    # A forked child would inherit locks that other threads hold, and open handles of OpenSlide and CUDA.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with deaf_children():
        process.start()
    theirs.close()
    return process, ours


def _serve(pipe: Connection) -> None:
    threadpool_limits(1)  # there is a child a core: threads of matrix products would wait for each other
    last = 0.0

    def tell() -> None:
        nonlocal last
        if time.monotonic() - last >= HEARTBEAT_SECONDS:
            last = time.monotonic()
            pipe.send((False, None))

    while True:
        tell()
        try:
            function, task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, function(task, tell)))
        except RunError as error:
            pipe.send((True, error))


def _describe(code: int | None) -> str:
    return f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
