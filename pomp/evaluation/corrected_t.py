"""The corrected resampled t-test: what fold scores say when their training sets overlap.

Folds of cross-validation share most of their training patients, so that their scores are no independent draws: the
ordinary t-test takes folds for more evidence than they are and finds differences where there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pomp.errors import RunError
from pomp.evaluation.uncertainty import Interval

UNBOUNDED = Interval(float("-inf"), float("inf"))
_NONE = Interval(float("nan"), float("nan"))
_CONSTANT = 1e-12
"""Spread that is rounding alone: scores are numbers near 1."""


@dataclass(frozen=True)
class CorrectedT:
    """Mean of J fold scores against 0, with an interval for the choice of training and test patients.

    Where `reason` is not None, it says why interval, t and p-value are nan.
    """

    mean: float
    sd: float
    """Over the J scores (n - 1)."""
    interval: Interval
    t: float
    degrees_of_freedom: int
    """J - 1; 0 without a test."""
    p_value: float
    """Two-sided."""
    folds: int
    """J: scores that are numbers, over all repeats."""
    left_out: int
    """Scores that are nan."""
    reason: str | None


def corrected_t(
    scores: ArrayLike,
    test_patients: float,
    training_patients: float,
    level: float = 0.95,
    possible: Interval = UNBOUNDED,
) -> CorrectedT:
    """Test whether the mean of fold scores is 0: t = mean / √((1/J + n_test/n_train)·s²), J - 1 degrees of freedom.

    Given the differences of two models fold by fold, it tests whether one is better. The 1/J of the ordinary test is
    what independent training sets would leave; n_test/n_train stands for their overlap, and does not fall with more
    repeats. It is an approximation, for one cross-validation as for R repeats of K folds (J = R·K).

    Args:
        scores: fold scores of any shape, such as (R, K) repeats by folds: differences of two models on the same folds,
            or scores less what a guess would give; nan where a fold has none.
        test_patients: n_test of a fold, the mean where folds differ.
        training_patients: n_train of a fold, the mean where folds differ.
        level: coverage of the interval.
        possible: values that the mean can have, such as 0 to 1 of a C-index: the interval, symmetric around the mean,
            is cut there. Mean, t and p-value stay as they are.

    Raises:
        RunError: a number of patients is not positive, or a score is infinite.

    Source: Nadeau & Bengio, Machine Learning 2003;52:239-281, section 3; for repeated cross-validation Bouckaert &
    Frank, PAKDD 2004, LNAI 3056:3-12.
    """
    values = np.asarray(scores, dtype=float).ravel()
    ratio = _share(test_patients, training_patients)
    known: NDArray[np.float64] = values[~np.isnan(values)]
    if not np.isfinite(known).all():
        raise RunError(f"A fold score is {known[~np.isfinite(known)][0]}: scores are numbers, or nan where undefined.")
    count, missing = len(known), len(values) - len(known)
    mean = float(known.mean()) if count else float("nan")
    sd = float(known.std(ddof=1)) if count > 1 else float("nan")
    reason = _untestable(known, mean, sd)
    if reason is not None:
        return CorrectedT(mean, sd, _NONE, float("nan"), 0, float("nan"), count, missing, reason)
    error = sd * float(np.sqrt(1 / count + ratio))
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, count - 1))
    interval = Interval(max(mean - reach, possible.lower), min(mean + reach, possible.upper))
    return CorrectedT(mean, sd, interval, mean / error, count - 1, p_value, count, missing, None)


def _share(test_patients: float, training_patients: float) -> float:
    for name, value in (("test", test_patients), ("training", training_patients)):
        if not (np.isfinite(value) and value > 0):
            raise RunError(f"A fold has {value} {name} patients: give a positive number.")
    return test_patients / training_patients


def _untestable(known: NDArray[np.float64], mean: float, sd: float) -> str | None:
    """Why there is no test, if so."""
    if not len(known):
        return "no fold has a score"
    if len(known) == 1:
        return "only one fold has a score: there is no spread to judge by"
    if sd <= _CONSTANT * max(abs(mean), 1.0):
        return f"every fold gives exactly {mean:g}: there is no spread to judge by"
    return None
