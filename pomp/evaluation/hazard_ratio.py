"""The hazard of one group over another's: a Cox model whose only covariate is the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pomp.evaluation.cox_regression import fit_cox
from pomp.evaluation.risk_sets import group_membership, split_strata

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


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
    """Hazard of the patients where `high` over that of the others: `hazard_ratios` of two groups.

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
    found = hazard_ratios(np.asarray(high, dtype=bool), time_days, event, strata, level)
    return found[0] if found else None


def hazard_ratios(
    groups: ArrayLike, time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None, level: float = 0.95
) -> tuple[HazardRatio | None, ...]:
    """Hazard of each group but the first over the first's, as R's `coxph(… ~ factor(group) + strata(stratum))`.

    All groups are in one model. Tied deaths are treated after Efron.

    Args:
        groups: (N,) labels of G groups; the first is the lowest label.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels; each stratum has its own baseline hazard. None: one for all.
        level: coverage of the intervals.

    Returns:
        G - 1 ratios in the order of the labels. None where a ratio has no finite estimate: one of the two groups, or
        a chain of groups between them, never had a death while the other was at risk. R gives a huge or tiny number
        there; the other ratios are what it gives.

    Source: that condition is Ford's, for rankings: American Mathematical Monthly 1957;64(8):28-33.
    """
    membership = group_membership(groups)
    counts = [stratum.counts(membership) for stratum in split_strata(time_days, event, strata)]
    at_risk, deaths = (np.concatenate([part[place] for part in counts]) for place in (0, 1))
    ranked = _ranked_with_first(at_risk, deaths)
    found: list[HazardRatio | None] = [None] * membership.shape[1]
    columns, patients = np.flatnonzero(ranked)[1:], membership @ ranked > 0
    if not len(columns):
        return tuple(found[1:])
    time, died = np.asarray(time_days, dtype=float)[patients], np.asarray(event, dtype=bool)[patients]
    own = None if strata is None else np.asarray(strata)[patients]
    fit = fit_cox(membership[patients][:, columns], time, died, own)
    if fit is not None:
        z = float(stats.norm.ppf((1 + level) / 2))
        for column, log_ratio, error in zip(columns, fit.coefficients, fit.errors, strict=True):
            ratio, lower, upper = (float(np.exp(log_ratio + by * error)) for by in (0, -z, z))
            found[column] = HazardRatio(ratio, lower, upper, float(2 * stats.norm.sf(abs(log_ratio) / error)))
    return tuple(found[1:])


def _ranked_with_first(at_risk: Array, deaths: Array) -> Bools:
    """(G,) True for the groups whose hazard can be told from the first's: a chain of deaths leads there and back."""
    groups = at_risk.shape[1]
    beaten = ((deaths > 0).astype(float).T @ (at_risk > 0) > 0) | np.eye(groups, dtype=bool)
    for _ in range(groups):
        beaten = (beaten.astype(float) @ beaten) > 0
    return np.asarray(beaten[0] & beaten[:, 0])
