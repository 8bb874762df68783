"""How trees are shared out to the machine's cores."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from numba import config


def threads_of_trees() -> int:
    """One a core, or NUMBA_NUM_THREADS, or what `limit_threads` has left.

    Numba's own `get_num_threads` starts the pool of its parallel loops, which nothing here uses, and that raises the
    number of OpenMP's threads, hence of torch's, to one a core: with it, the last digits of what is trained afterwards.
    """
    return int(config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]  # set when numba is imported


def limit_threads(threads: int) -> None:
    """For a process beside others: it has at most so many threads for trees from now on."""
    config.NUMBA_NUM_THREADS = min(threads, threads_of_trees())  # type: ignore[attr-defined]


def in_threads(work: Callable[[int, int], object]) -> None:
    """Run work(first, step) for first = 0 … step - 1, each in a thread: it does the trees first, first + step, ….

    There are `threads_of_trees` threads. `work` is compiled and lets go of the interpreter's lock. Numba's own parallel
    loops would take twice as long to compile, and end the process where two threads of it, or a forked child, enter
    one.
    """
    step = threads_of_trees()
    with ThreadPoolExecutor(step) as pool:
        list(pool.map(work, range(step), repeat(step)))  # raises what a thread raised
