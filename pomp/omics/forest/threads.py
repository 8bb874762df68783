"""How trees are shared out to the machine's cores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from numba import config


def in_threads(work: Callable[[int, int], object]) -> None:
    """Run work(first, step) for first = 0 … step - 1, each in a thread: it does the trees first, first + step, ….

    There are as many threads as numba would use: one a core, or NUMBA_NUM_THREADS. `work` is compiled and lets go of
    the interpreter's lock. Numba's own parallel loops would take twice as long to compile, and end the process where
    two threads of it, or a forked child, enter one.
    """
    step = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set when numba is imported
    with ThreadPoolExecutor(step) as pool:
        list(pool.map(work, range(step), repeat(step)))  # raises what a thread raised
