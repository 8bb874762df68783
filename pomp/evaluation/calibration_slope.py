"""Are predicted risks too extreme, and are there as many deaths as predicted? Calibration in two numbers.

The slope is about the spread of the risks: below 1 they are too extreme, above 1 too cautious. Observed over expected
deaths is about their level: above 1, more patients died than predicted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pomp.evaluation.calibration import cumulative_hazard, fold_baseline
from pomp.evaluation.cox_regression import fit_cox
from pomp.evaluation.finite_risks import require_finite_risks
from pomp.evaluation.uncertainty import Interval

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CalibrationSlope:
    """Slope with its Wald interval; 1 is right, 0 says that the risks order nothing."""

    slope: float
    interval: Interval
    patients: int
    events: int
    reason: str | None
    """Why the numbers are nan, if they are."""


@dataclass(frozen=True)
class CalibrationInTheLarge:
    """Deaths observed, expected, and their ratio with its exact Poisson interval; 1 is right."""

    observed: int
    expected: float
    ratio: float
    interval: Interval
    reason: str | None
    """Why ratio and interval are nan, if they are."""


@dataclass(frozen=True)
class Calibration:
    """Of out-of-fold predictions. `folds` has the second number of each test fold, by its number."""

    slope: CalibrationSlope
    in_the_large: CalibrationInTheLarge
    folds: dict[int, CalibrationInTheLarge]


def calibration(predictions: pd.DataFrame, baseline: pd.DataFrame, level: float = 0.95) -> Calibration:
    """Slope and observed over expected deaths of out-of-fold log risks with each training fold's baseline hazard.

    Args:
        predictions: fold, time_days, event, risk (log hazard); a row a patient.
        baseline: fold, time_days, cumulative_hazard: each training fold's baseline H0 at risk 0.
        level: coverage of the intervals.

    Raises:
        RunError: there is no patient, a fold has no baseline, or a risk is not finite.

    Source: Crowson, Atkinson & Therneau, Statistical Methods in Medical Research 2016;25:1692-1706.
    """
    expected = expected_events(predictions, baseline)
    died = predictions["event"].to_numpy(dtype=bool)
    labels = predictions["fold"].to_numpy()
    return Calibration(
        calibration_slope(predictions, level),
        calibration_in_the_large(int(died.sum()), float(expected.sum()), level),
        {
            int(fold): calibration_in_the_large(
                int(died[labels == fold].sum()), float(expected[labels == fold].sum()), level
            )
            for fold in np.unique(labels)
        },
    )


def calibration_slope(predictions: pd.DataFrame, level: float = 0.95) -> CalibrationSlope:
    """The factor by which log risks are to be multiplied to fit the outcome: `coxph(… ~ risk + strata(fold))` of R.

    Each fold has a baseline hazard of its own, so that the slope does not ask for the level of the risks; ties after
    Efron. One slope for all folds: that of their models together. The interval covers the choice of test patients.

    Args:
        predictions: fold, time_days, event, risk (log hazard); a row a patient.
        level: coverage of the interval.

    Raises:
        RunError: there is no patient, or a risk is not finite.

    Source: van Houwelingen, Statistics in Medicine 2000;19:3401-3415.
    """
    require_finite_risks(predictions, "predictions")
    risk, died = predictions["risk"].to_numpy(dtype=float), predictions["event"].to_numpy(dtype=bool)
    fit = fit_cox(risk[:, None], predictions["time_days"], died, predictions["fold"])
    nan = float("nan")
    if fit is None:
        reason = _no_slope(predictions)
        return CalibrationSlope(nan, Interval(nan, nan), len(risk), int(died.sum()), reason)
    slope, reach = float(fit.coefficients[0]), float(stats.norm.ppf((1 + level) / 2) * fit.errors[0])
    return CalibrationSlope(slope, Interval(slope - reach, slope + reach), len(risk), int(died.sum()), None)


def _no_slope(predictions: pd.DataFrame) -> str:
    if not predictions["event"].any():
        return "no patient has an event"
    if predictions.groupby("fold")["risk"].agg(np.ptp).max() == 0:
        return "all patients of a fold have the same risk"
    return "the risks order the deaths of each fold (almost) without a mistake, or there is nobody to compare them with"


def expected_events(predictions: pd.DataFrame, baseline: pd.DataFrame) -> Array:
    """(N,) deaths that each patient's own follow-up was predicted to hold: `cumulative_hazard` by the fold's H0.

    Beyond the last death of the training patients H0 stays where it was, so that follow-up there adds nothing.

    Args:
        predictions: fold, time_days, risk (log hazard); a row a patient.
        baseline: fold, time_days, cumulative_hazard.

    Raises:
        RunError: there is no patient, a fold has no baseline, or a risk is not finite.
    """
    require_finite_risks(predictions, "predictions")
    labels, time = predictions["fold"].to_numpy(), predictions["time_days"].to_numpy(dtype=float)
    risk, expected = predictions["risk"].to_numpy(dtype=float), np.zeros(len(predictions))
    for fold in np.unique(labels):
        own = labels == fold
        expected[own] = cumulative_hazard(fold_baseline(baseline, int(fold)), risk[own], time[own])
    return expected


def calibration_in_the_large(observed: int, expected: float, level: float = 0.95) -> CalibrationInTheLarge:
    """Observed over expected deaths; the interval is Garwood's for a Poisson count, that of R's `poisson.test`.

    The ratio is exp of the intercept of R's `glm(event ~ offset(log(expected)), poisson)`; its interval takes the
    expected number as given, hence covers the choice of test patients and not that of training ones.

    Args:
        observed: deaths.
        expected: sum of `expected_events`.
        level: coverage of the interval.

    Source: Garwood, Biometrika 1936;28:437-442.
    """
    if not (expected > 0 and np.isfinite(expected)):
        nan = float("nan")
        reason = "no death is expected: follow-up ends before the first death of the training patients"
        if expected != 0:
            reason = "the risks are too large to be log hazards, as those of a training that has diverged"
        return CalibrationInTheLarge(observed, expected, nan, Interval(nan, nan), reason)
    tail = (1 - level) / 2
    lower = float(stats.chi2.ppf(tail, 2 * observed)) / 2 if observed else 0.0
    upper = float(stats.chi2.isf(tail, 2 * observed + 2)) / 2
    return CalibrationInTheLarge(
        observed, expected, observed / expected, Interval(lower / expected, upper / expected), None
    )
