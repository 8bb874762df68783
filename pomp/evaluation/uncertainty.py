"""How far a C-index could be off by the choice of patients alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pomp.evaluation.concordance import concordant, outlived


@dataclass(frozen=True)
class Interval:
    lower: float
    upper: float


def signed(value: float, digits: int = 3) -> str:
    """'−0.059', '+0.023', and '+0.000' also for what is a little below 0."""
    return f"{value:+z.{digits}f}".replace("-", "−")


def signed_words(value: float, interval: Interval, digits: int = 3) -> str:
    """'−0.021 (−0.060 to +0.018)': a difference with its interval."""
    return f"{signed(value, digits)} ({signed(interval.lower, digits)} to {signed(interval.upper, digits)})"


def weigh_pairs(
    time: NDArray[np.float64], event: NDArray[np.bool_], risk: NDArray[np.float64], drawn: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(R,) weight of the comparable pairs in each sample, and of those in the right order; a tie counts half.

    Args:
        drawn: (R, N) how often each patient is in each sample.
    """
    rows = np.flatnonzero(event)
    later = outlived(time, event, rows).astype(float)
    return weigh_chosen(rows, later, later * concordant(risk, rows), drawn)


def weigh_chosen(
    rows: NDArray[np.intp], pairs: NDArray[np.float64], right: NDArray[np.float64], drawn: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(R,) weight of the pairs in each sample, and of those in the right order, of whatever pairs are to count.

    Args:
        rows: (D,) the patients who died first.
        pairs: (D, N) weight of the pair with each other patient, 0 for no pair.
        right: (D, N) the part of that weight that is in the right order.
        drawn: (R, N) how often each patient is in each sample.
    """
    return ((drawn[:, rows] @ pairs) * drawn).sum(axis=1), ((drawn[:, rows] @ right) * drawn).sum(axis=1)
