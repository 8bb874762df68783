"""One measured claim: the same work done by us and by others, in turns, with what was found equal."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

Scale = Literal["full", "small"]
"""full: the sizes of the claim. small: the same work on toy sizes, so that tests can see that it runs."""


@dataclass(frozen=True)
class Rival:
    """Another way to do the work. `seconds` is None where it could not be run here, and `note` says why."""

    name: str
    seconds: float | None
    note: str = ""  # for example how it was extrapolated, or which version was run
    least: float | None = None  # the ratio to reach, theirs / ours


@dataclass(frozen=True)
class Measurement:
    """Median seconds of one piece of work, ours and theirs, and what makes the comparison fair."""

    work: str  # what is done, with its sizes
    seconds: float
    rivals: Sequence[Rival]
    checks: Sequence[str] = ()  # what was compared, and how well it agreed; memory

    def ratio(self, rival: Rival) -> float | None:
        """How many times longer the other way takes."""
        return None if rival.seconds is None else rival.seconds / self.seconds


def in_turns(
    ways: Mapping[str, Callable[[], Any]], repeats: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Median seconds of each way, run one after the other `repeats` times, so that a busy moment meets them all.

    Each is run once before, uncounted: compilation and cold caches are no part of the work. Nor is what `before` does,
    which is called before each of them.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        before()
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            before()
            started = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


class Taken(NamedTuple):
    """What a way took in its own process."""

    seconds: float  # median
    memory: int  # bytes held at most, over what the process held before; on a GPU, what torch took there


def in_turns_apart(
    makers: Mapping[str, Callable[[], Callable[[], Any]]],
    repeats: int,
    together: bool = True,
    before: Callable[[], object] = lambda: None,
) -> dict[str, Taken]:
    """As `in_turns`, with a process for each way, which keeps the memory it has been given, as it does in real use.

    In one process a way would have to ask the system again for what the other has handed back.

    Args:
        makers: give the ways, each in its own process, and can be pickled.
        together: False where there is no memory for all ways at once: each is then done before the next is made.
        before: as `in_turns`, here.
    """
    context = multiprocessing.get_context("spawn")
    taken: dict[str, Taken] = {}
    for group in [list(makers)] if together else [[name] for name in makers]:
        with ExitStack() as stack:
            pools = {name: stack.enter_context(context.Pool(1, _remember, (makers[name],))) for name in group}
            seconds = in_turns(
                {name: partial(pool.apply, _run_remembered) for name, pool in pools.items()}, repeats, before
            )
            taken |= {name: Taken(seconds[name], pool.apply(_held)) for name, pool in pools.items()}
    return taken


@dataclass(frozen=True)
class _Remembered:
    """The way that a process runs."""

    way: Callable[[], Any]
    before: int  # bytes that the process held when it had not been made


_remembered: list[_Remembered] = []


def _remember(maker: Callable[[], Callable[[], Any]]) -> None:
    before = _resident()
    _remembered.append(_Remembered(maker(), before))


def _run_remembered() -> None:
    _remembered[0].way()


def _held() -> int:
    return _taken_since(_remembered[0].before)


def _taken_since(before: int) -> int:
    on_gpu = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return torch.cuda.max_memory_reserved() if on_gpu else _resident() - before


def seconds_of(work: Callable[[], Any]) -> float:
    """Seconds of one run, for work too long to repeat."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns, done in a process of its own, which gives all its memory back.

    Args:
        work: a module's function, found by name in the child.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def peak_memory(work: Callable[..., Any], *arguments: Any) -> int:
    """Bytes that a fresh process holds at most while it does `work`, over what it holds just before.

    Where it works on a GPU, what torch takes there in all.

    Args:
        work: as in `apart`.
    """
    return int(apart(_peak, work, arguments))


def _peak(work: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    before = _resident()
    work(*arguments)
    return _taken_since(before)


def _resident() -> int:
    """Bytes this process has held at most."""
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux a child's ru_maxrss begins with that of its parent
        [held] = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(held.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
