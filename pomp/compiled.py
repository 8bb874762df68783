"""Compiled functions that are kept between processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R], reorder: bool = False) -> Callable[P, R]:
    """Compile at the first call, outside the interpreter's lock; later processes read the result from numba's cache.

    The cache lies beside the package, else in the user's cache folder or in NUMBA_CACHE_DIR. Where none of them can be
    written, each process compiles for itself.

    Args:
        reorder: sums may be taken in another order, several terms at a time.
    """
    fastmath = {"reassoc", "contract", "nsz"} if reorder else False
    try:
        return cast("Callable[P, R]", njit(cache=True, nogil=True, fastmath=fastmath)(function))
    except RuntimeError:  # numba finds no place for the cache
        return cast("Callable[P, R]", njit(nogil=True, fastmath=fastmath)(function))
