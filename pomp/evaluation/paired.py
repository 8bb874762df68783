"""Models beside each other on the same patients: patients are drawn once, and every model is scored on the draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.uncertainty import Interval, weigh_pairs

Floats = NDArray[np.float64]
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """Mean over the folds and its bootstrap interval."""

    value: float
    interval: Interval


def draw_patients(patients: int, resamples: int, seed: int) -> Floats:
    """(resamples, N) how often each patient is drawn, with replacement, in each bootstrap sample of N.

    They are drawn from all patients, not within folds. Patients are what a cohort is a sample of; they are dealt to
    folds later, by each seed to others, so that only such draws can be the same for all seeds: drawn within each
    seed's folds, one patient would count as another in every seed, and the interval of a mean over seeds be too narrow
    (with three, 95 % of it held the mean of many cohorts in 80 %). Of a single run's C-index it is at most a few per
    cent wider than within folds.
    """
    chances = np.full(patients, 1 / patients)
    return np.random.default_rng(seed).multinomial(patients, chances, size=resamples).astype(float)


def with_draws(patients: int, resamples: int = 1000, seed: int = 0) -> Floats:
    """(1 + resamples, N): first the patients as they are, then `draw_patients`. Sorted by patient, equal numbers of
    patients are drawn equally, whatever is scored and wherever it is shown.
    """
    return np.vstack([np.ones(patients), draw_patients(patients, resamples, seed)])


def drawn_concordance(
    time_days: ArrayLike, event: ArrayLike, risk: ArrayLike, folds: ArrayLike, drawn: Floats
) -> Floats:
    """Harrell's C, the mean over the folds, in each sample; a patient drawn k times weights their pairs by k.

    The difference of two models is that of their values on one draw: what is hard about a sample is hard for both.

    Args:
        time_days, event, risk: (N,) follow-up, True where the patient died, and higher = earlier death.
        folds: (N,) labels; risks of different folds are not compared.
        drawn: (R, N) of `draw_patients`, or ones for the patients as they are.

    Returns:
        (R,); a fold without a comparable pair in some sample is left out of its mean, nan where that is all of them.
    """
    time, died, score = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(risk, dtype=float)
    labels = np.asarray(folds)
    total, counted = np.zeros(len(drawn)), np.zeros(len(drawn))
    for label in np.unique(labels):
        own = labels == label
        pairs, right = weigh_pairs(time[own], died[own], score[own], drawn[:, own])
        some = pairs > 0
        total[some] += right[some] / pairs[some]
        counted += some
    means = np.full(len(drawn), np.nan)
    np.divide(total, counted, out=means, where=counted > 0)
    return means


def percentile_interval(values: Floats, level: float = 0.95) -> Interval:
    """The middle `level` of a bootstrap's values; nan counts for nothing, and without any number the limits are nan."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(float("nan"), float("nan"))
    lower, upper = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))


def estimate(values: Floats, level: float = 0.95) -> Estimate:
    """(1 + R,) of the patients as they are, then of each draw → the value and the interval of the draws."""
    return Estimate(float(values[0]), percentile_interval(values[1:], level))


def estimate_share(values: Floats, level: float = 0.95) -> Estimate:
    """As `estimate`, of a share of pairs: without an interval where both limits would be 0, or both 1.

    Patients who are all in order are so however they are drawn; how many others would be is not known, however few
    these are.
    """
    found = estimate(values, level)
    lower, upper = found.interval.lower, found.interval.upper
    if upper < _ROUNDING or lower > 1 - _ROUNDING:
        return Estimate(found.value, Interval(float("nan"), float("nan")))
    return found
