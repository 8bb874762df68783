"""From relative risks to survival probabilities, and how these agree with what happened.

A risk is a log hazard: S(t | x) = exp(-H0(t)·exp(risk)). POMP's cosine risk (Eq. 12) lies in [-1, 1], so no two
patients' hazards can differ by more than e² = 7.39: where true hazards differ by more, predicted curves lie too close
together, however good the ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pomp.errors import RunError
from pomp.evaluation.curves import kaplan_meier

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StepFunction:
    """A function of time that jumps to y[k] at day x[k] and holds it; 0 before the first. x and y (K,), x rising."""

    x: Array
    y: Array

    def __call__(self, times: ArrayLike) -> Array:
        """Values at `times`, of any shape."""
        place: NDArray[np.intp] = np.searchsorted(self.x, np.asarray(times, dtype=float), side="right")
        return np.asarray(np.concatenate([[0.0], self.y])[place])


def breslow(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike) -> StepFunction:
    """Breslow's cumulative baseline hazard at risk 0: Σ over times of death t ≤ · of d(t) / Σ_{t_j ≥ t} exp(risk_j).

    Args:
        time_days: (N,) follow-up of the training patients.
        event: (N,) True where the patient died.
        risk: (N,) their log relative hazards, finite. Beyond ±700 or so a hazard is no number, and the baseline
            0 or infinite: `cumulative_hazard` says that nothing is known there.

    Source: Breslow, in the discussion of Cox, JRSS B 1972;34:216-217.
    """
    time, died, score = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(risk, dtype=float)
    order = np.argsort(-time, kind="stable")
    at_risk = np.logaddexp.accumulate(score[order]) if len(order) else score  # log Σ, which exp() could overflow
    deaths, counts = np.unique(time[died], return_counts=True)
    last = np.searchsorted(-time[order], -deaths, side="right") - 1  # position of the last with t_j ≥ t
    with np.errstate(over="ignore"):
        return StepFunction(deaths, np.cumsum(counts * np.exp(-at_risk[last])))


def fold_baseline(baseline: pd.DataFrame, fold: int) -> StepFunction:
    """One training fold's cumulative baseline hazard, of a table fold, time_days, cumulative_hazard.

    Raises:
        RunError: the table has no row of that fold.
    """
    rows = baseline[baseline["fold"] == fold].sort_values("time_days")
    if rows.empty:
        raise RunError(f"baseline: fold {fold + 1} is missing. Run the fold again to write the table anew.")
    return StepFunction(rows["time_days"].to_numpy(dtype=float), rows["cumulative_hazard"].to_numpy(dtype=float))


def cumulative_hazard(baseline: StepFunction, risk: ArrayLike, times: ArrayLike) -> Array:
    """H0(t)·exp(risk), infinite where it is too large for a number; risks and times in days are broadcast.

    nan where the baseline is none: at a death it can be 0 or infinite only by risks beyond what `breslow` can take.
    """
    known = np.where((baseline.y > 0) & np.isfinite(baseline.y), baseline.y, np.nan)
    with np.errstate(divide="ignore", over="ignore"):  # 0 before the first death
        return np.asarray(np.exp(np.log(StepFunction(baseline.x, known)(times)) + np.asarray(risk, dtype=float)))


def predicted_survival(baseline: StepFunction, risk: ArrayLike, times: ArrayLike) -> Array:
    """(N,) risks and (K,) times in days → (N, K) survival probabilities exp(-H0(t)·exp(risk)); nan as there.

    Beyond the last death of the training patients H0, hence survival, stays where it was.
    """
    return np.asarray(np.exp(-cumulative_hazard(baseline, np.asarray(risk, dtype=float)[:, None], times)))


@dataclass(frozen=True)
class CalibrationBin:
    """Patients of similar predicted survival at one horizon, and how many of them did survive it."""

    horizon_days: float
    patients: int
    predicted: float
    """Mean predicted survival."""
    observed: float
    """Kaplan-Meier survival, with its band, which is nan where nobody or everybody had the event by then."""
    lower: float
    upper: float


def calibration_bins(
    time_days: ArrayLike, event: ArrayLike, predicted: ArrayLike, horizon_days: float, bins: int = 4
) -> tuple[CalibrationBin, ...]:
    """Predicted against observed survival at a horizon, in equally large groups from the lowest prediction up.

    Args:
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        predicted: (N,) predicted survival at the horizon.
        horizon_days: days after the start.
        bins: groups; fewer where there are fewer patients.

    Returns:
        A bin a group. A group whose follow-up ends before the horizon has `observed` and its band nan. One without an
        event until then has no band: Greenwood's variance is 0 there, however few the patients.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    survival = np.asarray(predicted, dtype=float)
    parts = [part for part in np.array_split(np.argsort(survival, kind="stable"), bins) if len(part)]
    return tuple(
        CalibrationBin(
            horizon_days, len(part), float(survival[part].mean()), *_observed(time[part], died[part], horizon_days)
        )
        for part in parts
    )


def _observed(time: Array, died: NDArray[np.bool_], horizon: float) -> tuple[float, float, float]:
    """Kaplan-Meier survival, lower and upper limit at the horizon; nan if nobody is followed that far."""
    curve = kaplan_meier(time, died)
    place = int(np.searchsorted(curve.time, horizon, side="right")) - 1
    if time.max() < horizon and curve.survival[place] > 0:
        return float("nan"), float("nan"), float("nan")
    observed = float(curve.survival[place])
    if observed == 1:
        return observed, float("nan"), float("nan")
    return observed, float(curve.lower[place]), float(curve.upper[place])
