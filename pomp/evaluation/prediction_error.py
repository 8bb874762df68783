"""How far predicted survival is from what happened, and how well a risk tells who dies within a time.

Patients who are lost before a time t say nothing about it; those who are known count for them: each is weighted by
1/G, the inverse of the chance of not being lost until then, which comes from the training patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.calibration import fold_baseline, predicted_survival
from pomp.evaluation.concordance import concordant, uncensored_probability
from pomp.evaluation.curves import kaplan_meier

Array = NDArray[np.float64]
STEPS = 100
"""Times at which the Brier score is taken."""
LONGEST = 0.9
"""Scores go up to the day by which this share of the follow-up has ended: beyond it, 1/G rests on a few patients."""


@dataclass(frozen=True, eq=False)
class PredictionError:
    """Brier scores out of fold, (K,) each: 0 is perfect, 0.25 is what the guess 'one half' gets."""

    time: Array
    model: Array
    reference: Array
    """Of predicting for everybody what the Kaplan-Meier curve of the training patients says."""
    integrated: float
    """Mean over the time shown; nan with fewer than two times."""
    integrated_reference: float


def brier_parts(
    time_days: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike, training: tuple[ArrayLike, ArrayLike]
) -> Array:
    """(N, K) each patient's weighted squared distance of predicted survival from 1 while living and 0 once dead.

    Args:
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        survival: (N, K) predicted at each of `times`.
        times: (K,) days.
        training: follow-up and events of the patients from whom G is estimated.

    Returns:
        nan or infinite where G is 0 or not known at a death; nan for all at a time at which it is, since who is alive
        then cannot be weighted, even where nobody is known to be.

    Source: Graf et al., Statistics in Medicine 1999;18:2529-2545.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    predicted, at = np.asarray(survival, dtype=float), np.asarray(times, dtype=float)
    dead = (time[:, None] <= at) & died[:, None]
    with np.errstate(divide="ignore"):
        of_dead = np.where(died, 1 / uncensored_probability(*training, time), 0.0)
    uncensored = uncensored_probability(*training, at)
    of_alive = 1 / np.where(uncensored > 0, uncensored, np.nan)
    # Not a product of weight and 0/1: a weight that nobody needs may be infinite or unknown.
    parts = np.where(dead, predicted**2 * of_dead[:, None], 0.0)
    parts = np.where(time[:, None] > at, (1 - predicted) ** 2 * of_alive, parts)
    return np.asarray(np.where(np.isnan(of_alive), np.nan, parts))


def brier_score(
    time_days: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike, training: tuple[ArrayLike, ArrayLike]
) -> Array:
    """(K,) mean of `brier_parts` over the patients; nan where one is not known. scikit-survival's `brier_score`."""
    means = brier_parts(time_days, event, survival, times, training).mean(axis=0)
    return np.asarray(np.where(np.isfinite(means), means, np.nan))


def brier_times(time_days: ArrayLike) -> Array:
    """(STEPS,) days at which the Brier score is integrated, equally far apart, given all patients' follow-up (N,)."""
    return np.linspace(0, float(np.quantile(np.asarray(time_days, dtype=float), LONGEST)), STEPS + 1)[1:]


def everybodys_survival(training: tuple[ArrayLike, ArrayLike], times: Array) -> Array:
    """(K,) the reference: what the Kaplan-Meier curve of the training patients says at each time, for everybody."""
    curve = kaplan_meier(*training)
    return np.asarray(curve.survival[np.searchsorted(curve.time, times, side="right") - 1])


def integrated_brier(times: Array, scores: Array) -> Array:
    """(…, K) Brier scores at (K,) times → (…,) their mean over the time spanned, by trapezoids; nan without two times.

    Source: Graf et al. (see `brier_parts`); scikit-survival's `integrated_brier_score` on the same times.
    """
    if len(times) < 2:
        return np.full(scores.shape[:-1], np.nan)
    return np.asarray(np.trapezoid(scores, times, axis=-1) / (times[-1] - times[0]))


def prediction_error(predictions: pd.DataFrame, baseline: pd.DataFrame) -> PredictionError:
    """The Brier score of out-of-fold predictions by time, beside the Kaplan-Meier reference.

    The mean over the folds. Each is weighted by, and its reference is, what its training patients say, which are those
    of the other folds. Times at which some fold's score is not known are left out.

    Args:
        predictions: fold, time_days, event, risk (log hazard); two folds or more.
        baseline: fold, time_days, cumulative_hazard: each training fold's baseline at risk 0.

    Raises:
        RunError: a fold has no baseline.
    """
    times = brier_times(predictions["time_days"])
    model, reference = [], []
    for fold, test in predictions.groupby("fold"):
        train = predictions[predictions["fold"] != fold]
        training, scored = (train["time_days"], train["event"]), (test["time_days"], test["event"])
        everybody = np.tile(everybodys_survival(training, times), (len(test), 1))
        own = predicted_survival(fold_baseline(baseline, int(str(fold))), test["risk"], times)
        model.append(brier_score(*scored, own, times, training))
        reference.append(brier_score(*scored, everybody, times, training))
    means, reference_means = np.mean(model, axis=0), np.mean(reference, axis=0)
    known = np.isfinite(means)
    time, means, reference_means = times[known], means[known], reference_means[known]
    return PredictionError(
        time,
        means,
        reference_means,
        float(integrated_brier(time, means)),
        float(integrated_brier(time, reference_means)),
    )


def drawn_auc(predictions: pd.DataFrame, horizon_days: float, drawn: Array) -> tuple[Array, int]:
    """(R,) cumulative/dynamic AUC of out-of-fold risks in each of R samples, and of how many folds it is the mean.

    The chance that of two patients, one dead by the horizon and one alive, the dead one had the higher risk. The dead
    are weighted by 1/G at their death, which stays as it is whoever is drawn.

    Args:
        predictions: fold, time_days, event, risk; N patients.
        horizon_days: days after the start.
        drawn: (R, N) how often each patient is in each sample; the first row ones: which folds count is taken from it.

    Returns:
        nan in samples where no such fold has both the dead and the living.

    Source: Uno et al., JASA 2007;102:527-537. A fold's AUC equals scikit-survival's `cumulative_dynamic_auc`.
    """
    labels = predictions["fold"].to_numpy()
    values = []
    for fold in np.unique(labels):
        own = labels == fold
        train = predictions[~own]
        values.append(_auc(predictions[own], horizon_days, drawn[:, own], (train["time_days"], train["event"])))
    table = np.array(values)
    kept = table[np.isfinite(table[:, 0])]
    known = np.isfinite(kept)
    means = np.full(len(drawn), np.nan)
    np.divide(np.where(known, kept, 0).sum(axis=0), known.sum(axis=0), out=means, where=known.any(axis=0))
    return means, len(kept)


def _auc(test: pd.DataFrame, horizon: float, drawn: Array, training: tuple[pd.Series, pd.Series]) -> Array:
    """(R,) AUC of one fold in each sample; nan where nobody is dead or nobody alive at the horizon, or in training."""
    time, died = test["time_days"].to_numpy(float), test["event"].to_numpy(bool)
    dead, alive = np.flatnonzero(died & (time <= horizon)), time > horizon
    values = np.full(len(drawn), np.nan)
    if not len(dead) or not len(training[0]):
        return values
    uncensored = uncensored_probability(*training, time[dead])
    if not (uncensored > 0).all():
        return values
    weighted = drawn[:, dead] / uncensored
    right = ((weighted @ (concordant(test["risk"], dead) * alive)) * drawn).sum(axis=1)
    pairs = weighted.sum(axis=1) * drawn[:, alive].sum(axis=1)
    np.divide(np.minimum(right, pairs), pairs, out=values, where=pairs > 0)  # rounding
    return values
