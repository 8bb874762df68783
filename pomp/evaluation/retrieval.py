"""Does a patient's slide find the omics profile of the same patient among all of a fold, and the other way round?

Everywhere: similarity (N, N) of N patients who have both; rows are slides, columns omics profiles, in one order: the
diagonal holds each patient's own pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pomp.evaluation.uncertainty import Interval

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Ranks along the last axis → a number."""


@dataclass(frozen=True)
class RetrievalScore:
    """A number of several folds: in each, their mean, its interval, and what guessing would give on average."""

    folds: tuple[float, ...]
    mean: float
    interval: Interval
    chance: float


def own_ranks(similarity: Floats) -> Floats:
    """(N,) rank of the own profile among each row's columns, 1 = the most similar; ties share their mean rank.

    Of the transposed matrix: the rank of the own slide for each profile.
    """
    return np.array([stats.rankdata(-row)[own] for own, row in enumerate(similarity)], dtype=float)


def recall_at(k: int, ranks: Sequence[Floats], resamples: int = 1000, seed: int = 0) -> RetrievalScore:
    """Share of patients whose own counterpart is among the k most similar; guessing gives k / N.

    Args:
        k: at least 1.
        ranks: (N,) of `own_ranks` a fold.
        resamples: how often patients are drawn.
        seed: of the draws.
    """
    chance = float(np.mean([min(k, len(fold)) / len(fold) for fold in ranks])) if ranks else float("nan")
    return _score(lambda found: (found <= k).mean(axis=-1), ranks, chance, resamples, seed)


def median_rank(ranks: Sequence[Floats], resamples: int = 1000, seed: int = 0) -> RetrievalScore:
    """Median rank of the own counterpart; guessing gives (N + 1) / 2. Arguments as in `recall_at`."""
    chance = float(np.mean([(len(fold) + 1) / 2 for fold in ranks])) if ranks else float("nan")
    return _score(lambda found: np.median(found, axis=-1), ranks, chance, resamples, seed)


def _score(statistic: Statistic, ranks: Sequence[Floats], chance: float, resamples: int, seed: int) -> RetrievalScore:
    """The statistic by fold, and the 95 % percentile interval of its mean.

    Patients are drawn with replacement within their fold, each with the rank found among the fold as it is: it covers
    the choice of the patients who are asked about, not that of those among whom is searched.
    """
    if not ranks:
        nan = float("nan")
        return RetrievalScore((), nan, Interval(nan, nan), nan)
    generator = np.random.default_rng(seed)
    drawn = [fold[generator.integers(len(fold), size=(resamples, len(fold)))] for fold in ranks]
    means = np.mean([statistic(fold) for fold in drawn], axis=0)
    lower, upper = np.quantile(means, [0.025, 0.975])
    folds = tuple(float(statistic(fold)) for fold in ranks)
    return RetrievalScore(folds, float(np.mean(folds)), Interval(float(lower), float(upper)), chance)
