"""How far a score moves when nothing but the seed changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pomp.evaluation.uncertainty import Interval


@dataclass(frozen=True)
class SeedSpread:
    """Of S runs: the mean of their scores, the deviation (n - 1), and Student's interval of the mean."""

    mean: float
    sd: float
    interval: Interval


def seed_spread(scores: Sequence[float], level: float = 0.95) -> SeedSpread:
    """Another seed means other folds, starting weights and batches, but the same patients.

    The interval covers the choice of the seed, not that of the patients: it is no interval for new patients.

    Args:
        scores: (S,) of runs that differ in the seed alone, such as mean C-indices; nan counts for nothing.
        level: coverage.

    Returns:
        Deviation and interval are nan with fewer than two scores, the mean too without any.
    """
    known = np.asarray([score for score in scores if np.isfinite(score)], dtype=float)
    if len(known) < 2:
        nan = float("nan")
        return SeedSpread(float(known[0]) if len(known) else nan, nan, Interval(nan, nan))
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    reach = float(stats.t.ppf((1 + level) / 2, len(known) - 1)) * sd / float(np.sqrt(len(known)))
    return SeedSpread(mean, sd, Interval(mean - reach, mean + reach))
