"""What a model knows about survival that clinical covariates do not: both risks in one Cox model, out of fold.

Each patient's two risks come from models that did not see the patient. They enter a small Cox model that is fitted
again to these out-of-fold risks, stratified by fold, with and without the second. A risk is first standardised within
its test fold, since each fold's model has a scale of its own.

The limit of it: the risks are taken as given. Folds' models share most of their training patients, and a patient's
outcome has trained the models that made the other folds' risks, so that out-of-fold patients are not quite independent.
P-value and intervals cover the choice of test patients, not that of training patients or seeds, and the second risk is
added to the clinical *risk*, not to the covariates behind it. An external cohort would be the better proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pomp.evaluation.cox_regression import CoxFit, fit_cox
from pomp.evaluation.paired import Estimate, drawn_concordance, estimate, estimate_share, with_draws
from pomp.evaluation.shared_patients import shared_patients
from pomp.evaluation.uncertainty import Interval

Array = NDArray[np.float64]
_NAN = float("nan")


@dataclass(frozen=True)
class AddedRatio:
    """Hazard ratio of one standard deviation of a risk within its fold, beside the other risk; with Wald interval."""

    ratio: float
    interval: Interval


@dataclass(frozen=True)
class AddedValue:
    """What the model's risk adds to the clinical one. Numbers are nan where a reason says why."""

    statistic: float
    """Likelihood-ratio χ² with one degree of freedom."""
    p_value: float
    clinical_ratio: AddedRatio
    model_ratio: AddedRatio
    reason: str | None
    """Why there is no test."""
    clinical: Estimate
    """Harrell's C of the clinical risk alone: mean over folds, with the patients drawn again."""
    together: Estimate
    """Of both risks, weighted as the other folds' out-of-fold risks say."""
    gain: Estimate
    """`together` minus `clinical`, on the same draws."""
    reason_gain: str | None
    """Why there is no C-index of both."""
    patients: int
    """With both risks in the same fold."""
    events: int


def added_value(
    clinical: pd.DataFrame, model: pd.DataFrame, resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> AddedValue:
    """Test whether a model's out-of-fold risk adds to the clinical out-of-fold risk, and by how much C rises.

    The test is R's `anova(coxph(s ~ clinical + strata(fold)), coxph(s ~ clinical + model + strata(fold)))`, ties after
    Efron. For ΔC, a fold's weights of the two risks are fitted to the other folds' patients, so that nobody's own
    outcome weights their risks; the bootstrap keeps these weights as they are. A negative weight is kept too.

    Args:
        clinical: out-of-fold risks of a clinical model: patient, fold, time_days, event, risk; a row a patient.
        model: the same of the model in question; its time_days and event are not read.
        resamples: how often patients are drawn.
        seed: of the draws.
        level: coverage of the intervals.

    Raises:
        RunError: no patient is in both tables in the same fold, or a risk is not finite.

    Source: likelihood-ratio test of added value, Pepe et al., Statistics in Medicine 2013;32:1467-1482.
    """
    shared = shared_patients({"clinical": clinical, "model": model})
    table = shared["clinical"]
    folds, time = table["fold"].to_numpy(), table["time_days"].to_numpy(dtype=float)
    died = table["event"].to_numpy(dtype=bool)
    both = np.column_stack([within_fold(shared[name]["risk"].to_numpy(dtype=float), folds) for name in shared])
    fits = fit_cox(both[:, :1], time, died, folds), fit_cox(both, time, died, folds)
    statistic, p_value, reason = _compare(*fits, both, died)
    drawn = with_draws(len(table), resamples, seed)
    combined, reason_gain = _combined(both, time, died, folds)
    alone = drawn_concordance(time, died, both[:, 0], folds, drawn)
    together = drawn_concordance(time, died, combined, folds, drawn) if combined is not None else alone * _NAN
    ratios = _ratios(fits[1], level)
    return AddedValue(
        statistic=statistic,
        p_value=p_value,
        clinical_ratio=ratios[0],
        model_ratio=ratios[1],
        reason=reason,
        clinical=estimate_share(alone, level),
        together=estimate_share(together, level),
        gain=estimate(together - alone, level),
        reason_gain=reason_gain,
        patients=len(table),
        events=int(died.sum()),
    )


def within_fold(risk: Array, folds: NDArray[np.generic]) -> Array:
    """(N,) risks less the mean of their fold, over its standard deviation (n - 1); 0 in a fold of equal risks."""
    scaled = np.zeros(len(risk))
    for label in np.unique(folds):
        own = folds == label
        centred = risk[own] - risk[own].mean()
        deviation = float(np.sqrt((centred**2).sum() / max(own.sum() - 1, 1)))
        scaled[own] = centred / deviation if np.ptp(risk[own]) > 0 else 0.0
    return scaled


def _compare(
    alone: CoxFit | None, both: CoxFit | None, risks: Array, died: NDArray[np.bool_]
) -> tuple[float, float, str | None]:
    """Likelihood-ratio statistic, p-value, and why there are none."""
    if both is not None and alone is not None:
        statistic = max(2 * (both.log_likelihood - alone.log_likelihood), 0.0)
        return statistic, float(stats.chi2.sf(statistic, 1)), None
    return _NAN, _NAN, _no_fit(risks, died)


def _no_fit(risks: Array, died: NDArray[np.bool_]) -> str:
    """Why a Cox model of both risks has no estimate."""
    if not died.any():
        return "no patient has an event"
    for name, risk in zip(("clinical", "model's"), risks.T, strict=True):
        if not risk.any():
            return f"the {name} risk is the same for all patients of a fold"
    if abs(float(np.asarray(np.corrcoef(risks.T))[0, 1])) > 1 - 1e-9:
        return "the model's risk is the clinical risk on another scale"
    return "the risks order the deaths of each fold (almost) without a mistake, or there is nobody to compare them with"


def _ratios(fit: CoxFit | None, level: float) -> tuple[AddedRatio, AddedRatio]:
    if fit is None:
        none = AddedRatio(_NAN, Interval(_NAN, _NAN))
        return none, none
    z = float(stats.norm.ppf((1 + level) / 2))
    with np.errstate(over="ignore"):  # of risks that order nearly all deaths, the upper limit may be infinite
        limits: Array = np.exp(fit.coefficients[:, None] + np.outer(fit.errors, [0, -z, z]))
    first, second = (AddedRatio(ratio, Interval(lower, upper)) for ratio, lower, upper in limits.tolist())
    return first, second


def _combined(
    risks: Array, time: Array, died: NDArray[np.bool_], folds: NDArray[np.generic]
) -> tuple[Array | None, str | None]:
    """(N,) both risks as one, each fold weighted by a fit to the others; or why there is none."""
    labels = np.unique(folds)
    if len(labels) < 2:
        return None, "there is one fold only: no other patients to weight the risks by"
    combined = np.zeros(len(risks))
    for label in labels:
        own = folds == label
        fit = fit_cox(risks[~own], time[~own], died[~own], folds[~own])
        if fit is None:
            return None, f"beside fold {label}, {_no_fit(risks[~own], died[~own])}"
        combined[own] = risks[own] @ fit.coefficients
    return combined, None
