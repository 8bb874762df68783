"""P-values of several comparisons: by chance alone one of twenty is below 0.05, so each is raised by their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pomp.errors import RunError

Array = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Array:
    """Holm's adjusted p-values: those at most α, taken together, hold a false one with a chance of at most α.

    For few comparisons, each of which is to be believed by itself, such as one a cohort.

    Args:
        p_values: any shape; nan where a comparison could not be made, which then does not count as one.

    Returns:
        The same shape, nan where it was; as R's `p.adjust(p, "holm")`.

    Raises:
        RunError: a p-value is outside [0, 1].

    Source: Holm, Scandinavian Journal of Statistics 1979;6:65-70. It holds whatever the dependence between them.
    """
    values, known = _checked(p_values)
    order = np.argsort(values[known], kind="stable")
    count = len(order)
    rising = np.maximum.accumulate(values[known][order] * np.arange(count, 0, -1))
    return _placed(values, known, np.minimum(rising, 1.0)[np.argsort(order, kind="stable")])


def benjamini_hochberg(p_values: ArrayLike) -> Array:
    """Benjamini & Hochberg's: of those at most α, a share of at most α is false, in the mean.

    For many comparisons, some of which may be false, such as one a gene.

    Args:
        p_values: any shape; nan where a comparison could not be made, which then does not count as one.

    Returns:
        The same shape, nan where it was; as R's `p.adjust(p, "BH")`.

    Raises:
        RunError: a p-value is outside [0, 1].

    Source: JRSS B 1995;57:289-300. It holds where they are independent or rise and fall together.
    """
    values, known = _checked(p_values)
    return _placed(values, known, np.asarray(stats.false_discovery_control(values[known], method="bh")))


def _checked(p_values: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """The p-values as numbers, and which of them are known."""
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise RunError(f"A p-value is {wrong[0]:g}: p-values lie in [0, 1], or are nan where there was no test.")
    return values, known


def _placed(values: Array, known: NDArray[np.bool_], adjusted: Array) -> Array:
    found = np.full(values.shape, np.nan)
    found[known] = adjusted
    return found
