"""How far a C-index could be off by the choice of patients alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.concordance import concordant, outlived


@dataclass(frozen=True)
class Interval:
    lower: float
    upper: float


def signed_words(value: float, interval: Interval) -> str:
    """'−0.021 (−0.060 to +0.018)': a difference with its interval."""
    return f"{value:+.3f} ({interval.lower:+.3f} to {interval.upper:+.3f})".replace("-", "−")


def bootstrap_concordance(
    time_days: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    folds: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of Harrell's C when patients are drawn again, with replacement.

    With folds, patients are drawn within their fold and the interval is that of the mean of the folds' C, since risks
    of different folds' models are not comparable. It covers the choice of test patients, not that of training ones.

    Args:
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        risk: (N,) higher = earlier death.
        folds: (N,) labels. None: one fold.
        resamples: how often patients are drawn.
        seed: of the draws.
        level: coverage.

    Returns:
        Limits, nan where no fold has a comparable pair. A fold without one in some resample is left out of its mean.
    """
    time, died, score = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(risk, dtype=float)
    labels = np.zeros(len(time)) if folds is None else np.asarray(folds)
    generator = np.random.default_rng(seed)
    total, counted = np.zeros(resamples), np.zeros(resamples)
    for label in np.unique(labels):
        fold = labels == label
        values = _resampled(time[fold], died[fold], score[fold], resamples, generator)
        total += np.nan_to_num(values)
        counted += ~np.isnan(values)
    means = total[counted > 0] / counted[counted > 0]
    if not len(means):
        return Interval(float("nan"), float("nan"))
    lower, upper = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))


def _resampled(
    time: NDArray[np.float64],
    event: NDArray[np.bool_],
    risk: NDArray[np.float64],
    resamples: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """(resamples,) C of one fold. Drawing a patient k times weights their pairs by k, so pairs are counted but once.

    Copies of one patient never form a pair: two deaths at one time are not comparable.
    """
    drawn = generator.multinomial(len(time), np.full(len(time), 1 / len(time)), size=resamples).astype(float)
    pairs, correct = weigh_pairs(time, event, risk, drawn)
    values = np.full(resamples, np.nan)
    np.divide(correct, pairs, out=values, where=pairs > 0)
    return values


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
