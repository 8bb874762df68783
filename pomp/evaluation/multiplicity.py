"""P-values of several comparisons: by chance alone one of twenty is below 0.05, so each is raised by their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise RunError(f"A p-value is {wrong[0]:g}: p-values lie in [0, 1], or are nan where there was no test.")
    order = np.argsort(values[known], kind="stable")
    rising = np.maximum.accumulate(values[known][order] * np.arange(len(order), 0, -1))
    adjusted = np.full(values.shape, np.nan)
    adjusted[known] = np.minimum(rising, 1.0)[np.argsort(order, kind="stable")]
    return adjusted
