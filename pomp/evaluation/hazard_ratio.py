"""The hazard of one group over another's: a Cox model whose only covariate is the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import expit

from pomp.evaluation.risk_sets import Stratum, split_strata

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HazardRatio:
    """Hazard ratio with its Wald interval and p-value."""

    ratio: float
    lower: float
    upper: float
    p_value: float


def hazard_ratio(
    high: ArrayLike, time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None, level: float = 0.95
) -> HazardRatio | None:
    """Hazard of the patients where `high` over that of the others, as R's `coxph(… ~ high + strata(stratum))`.

    Tied deaths are treated after Efron.

    Args:
        high: (N,) bool.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels; each stratum has its own baseline hazard. None: one for all.
        level: coverage of the interval.

    Returns:
        None where the ratio has no finite estimate: whenever both were at risk, it was always the same group that died
        (or there is but one group).
    """
    raised = np.asarray(high, dtype=bool)
    others, highs, observed = _risk_sets(raised, split_strata(time_days, event, strata))
    certain = int((others <= 0).sum())  # deaths that could only be of the high group
    if not certain < observed < int((highs > 0).sum()):
        return None
    beta = _solve(others, highs, observed)
    share = _share(beta, others, highs)
    error = float(1 / np.sqrt(np.sum(share * (1 - share))))
    z = float(stats.norm.ppf((1 + level) / 2))
    ratio, lower, upper = (float(np.exp(value)) for value in (beta, beta - z * error, beta + z * error))
    return HazardRatio(ratio, lower, upper, float(2 * stats.norm.sf(abs(beta) / error)))


def _solve(others: Array, highs: Array, observed: float) -> float:
    """The log ratio at which expected deaths of the high group equal those observed: bracketed Newton."""
    low, high, beta = -50.0, 50.0, 0.0
    for _ in range(200):
        share = _share(beta, others, highs)
        score = observed - float(share.sum())
        low, high = (beta, high) if score > 0 else (low, beta)
        step = score / float(np.sum(share * (1 - share)))
        following = beta + step if low < beta + step < high else (low + high) / 2
        if abs(following - beta) < 1e-12:
            break
        beta = following
    return beta


def _share(beta: float, others: Array, highs: Array) -> Array:
    """(D,) probability that each death is one of the high group."""
    with np.errstate(divide="ignore"):  # nobody of one group at risk: ±∞, whose expit is 0 or 1
        return np.asarray(expit(beta + np.log(highs) - np.log(others)))


def _risk_sets(high: NDArray[np.bool_], strata: list[Stratum]) -> tuple[Array, Array, float]:
    """Patients of both groups at risk at each of D deaths, (D,) each, and the number of deaths in the high group.

    Of d deaths at one time the l-th (0 … d-1) has l/d of each death already out of its risk set (Efron).
    """
    membership = np.column_stack([~high, high]).astype(float)
    sets, observed = [], 0.0
    for stratum in strata:
        at_risk, deaths = stratum.counts(membership)
        tied = deaths.sum(axis=1).astype(int)
        rank = np.arange(tied.sum()) - np.repeat(tied.cumsum() - tied, tied)
        gone = (rank / np.repeat(tied, tied))[:, None] * np.repeat(deaths, tied, axis=0)
        sets.append(np.repeat(at_risk, tied, axis=0) - gone)
        observed += float(deaths[:, 1].sum())
    stacked = np.concatenate(sets)
    return stacked[:, 0], stacked[:, 1], observed
