"""How far predicted survival is from what happened, and how well a risk tells who dies within a time.

Patients who are lost before a time t say nothing about it; those who are known count for them: each is weighted by
1/G, the inverse of the chance of not being lost until then, which comes from the training patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.calibration import StepFunction, predicted_survival
from pomp.evaluation.concordance import concordant, uncensored_probability
from pomp.evaluation.curves import kaplan_meier
from pomp.evaluation.paired import draw_within, percentile_interval
from pomp.evaluation.uncertainty import Interval

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


@dataclass(frozen=True)
class TimedAuc:
    """The chance that of two patients, one dead by the horizon and one alive, the dead one had the higher risk."""

    horizon_days: float
    auc: float
    """Mean over the folds in which both kinds are known; nan without one."""
    interval: Interval
    folds: int


def brier_score(
    time_days: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike, training: tuple[ArrayLike, ArrayLike]
) -> Array:
    """(K,) mean squared distance of predicted survival from 1 of the living and 0 of the dead.

    Args:
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        survival: (N, K) predicted at each of `times`.
        times: (K,) days.
        training: follow-up and events of the patients from whom G is estimated.

    Returns:
        nan where G is 0 or not known at a time that is needed.

    Source: Graf et al., Statistics in Medicine 1999;18:2529-2545. Equal to scikit-survival's `brier_score`.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    predicted, at = np.asarray(survival, dtype=float), np.asarray(times, dtype=float)
    dead = (time[:, None] <= at) & died[:, None]
    with np.errstate(divide="ignore"):
        of_dead = np.where(died, 1 / uncensored_probability(*training, time), 0.0)
        of_alive = 1 / uncensored_probability(*training, at)
    # Not a product of weight and 0/1: a weight that nobody needs may be infinite or unknown.
    parts = np.where(dead, predicted**2 * of_dead[:, None], 0.0)
    parts = np.where(time[:, None] > at, (1 - predicted) ** 2 * of_alive, parts)
    means = parts.mean(axis=0)
    return np.asarray(np.where(np.isfinite(means), means, np.nan))


def prediction_error(predictions: pd.DataFrame, baseline: pd.DataFrame) -> PredictionError:
    """The Brier score of out-of-fold predictions by time, beside the Kaplan-Meier reference.

    Each fold is weighted by, and its reference is, what its training patients say, which are those of the other folds;
    patients count equally, whatever their fold.

    Args:
        predictions: fold, time_days, event, risk (log hazard); two folds or more.
        baseline: fold, time_days, cumulative_hazard: each training fold's baseline at risk 0.
    """
    times = np.linspace(0, float(predictions["time_days"].quantile(LONGEST)), STEPS + 1)[1:]
    model, reference = np.zeros(STEPS), np.zeros(STEPS)
    for fold, test in predictions.groupby("fold"):
        train = predictions[predictions["fold"] != fold]
        training = train["time_days"], train["event"]
        rows = baseline[baseline["fold"] == fold].sort_values("time_days")
        hazard = StepFunction(rows["time_days"].to_numpy(float), rows["cumulative_hazard"].to_numpy(float))
        curve = kaplan_meier(*training)
        everybody = curve.survival[np.searchsorted(curve.time, times, side="right") - 1]
        scored = test["time_days"], test["event"]
        own = predicted_survival(hazard, test["risk"], times)
        model += len(test) * brier_score(*scored, own, times, training)
        reference += len(test) * brier_score(*scored, np.tile(everybody, (len(test), 1)), times, training)
    known = np.isfinite(model)
    time, model, reference = times[known], model[known] / len(predictions), reference[known] / len(predictions)
    return PredictionError(time, model, reference, _integrated(time, model), _integrated(time, reference))


def _integrated(time: Array, scores: Array) -> float:
    """Area by trapezoids over the time that it spans."""
    if len(time) < 2:
        return float("nan")
    return float(np.trapezoid(scores, time) / (time[-1] - time[0]))


def timed_auc(predictions: pd.DataFrame, horizon_days: float, resamples: int = 1000, seed: int = 0) -> TimedAuc:
    """Cumulative/dynamic AUC of out-of-fold risks at a horizon: the mean over folds, with its bootstrap interval.

    The dead are weighted by 1/G at their death. Patients are drawn again within their fold; G stays as it is.

    Args:
        predictions: fold, time_days, event, risk.
        horizon_days: days after the start.
        resamples: how often patients are drawn.
        seed: of the draws.

    Source: Uno et al., JASA 2007;102:527-537. A fold's AUC equals scikit-survival's `cumulative_dynamic_auc`.
    """
    labels = predictions["fold"].to_numpy()
    drawn = draw_within(labels, resamples, seed)
    values = []
    for fold in np.unique(labels):
        own = labels == fold
        test, train = predictions[own], predictions[~own]
        both = np.vstack([np.ones(int(own.sum())), drawn[:, own]])  # first the patients as they are
        values.append(_auc(test, horizon_days, both, (train["time_days"], train["event"])))
    table = np.array(values)  # (folds, 1 + resamples)
    defined = np.isfinite(table[:, 0])
    if not defined.any():
        return TimedAuc(horizon_days, float("nan"), Interval(float("nan"), float("nan")), 0)
    kept = table[defined]
    known = np.isfinite(kept)
    means = np.where(known, kept, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    means[~known.any(axis=0)] = np.nan
    return TimedAuc(horizon_days, float(means[0]), percentile_interval(means[1:]), int(defined.sum()))


def _auc(test: pd.DataFrame, horizon: float, drawn: Array, training: tuple[pd.Series, pd.Series]) -> Array:
    """(R,) AUC of one fold in each sample; nan where nobody is dead, or nobody alive, at the horizon."""
    time, died = test["time_days"].to_numpy(float), test["event"].to_numpy(bool)
    dead, alive = np.flatnonzero(died & (time <= horizon)), time > horizon
    uncensored = uncensored_probability(*training, time[dead])
    values = np.full(len(drawn), np.nan)
    if not len(dead) or not (uncensored > 0).all():
        return values
    weighted = drawn[:, dead] / uncensored
    right = ((weighted @ (concordant(test["risk"], dead) * alive)) * drawn).sum(axis=1)
    pairs = weighted.sum(axis=1) * drawn[:, alive].sum(axis=1)
    np.divide(right, pairs, out=values, where=pairs > 0)
    return values
