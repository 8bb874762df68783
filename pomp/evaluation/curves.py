"""Kaplan-Meier curves with their numbers at risk, and the log-rank test between them.

Numbers at risk are counted at the start of an interval, as R's `survfit` does: a patient is at risk at t if followed
until t or longer, so one who dies or is censored at t still counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pomp.evaluation.risk_sets import Stratum, group_membership, split_strata

Array = NDArray[np.float64]
_HALF = 0.5
_VALUES_AT_ONCE = 2**20  # of permuted groups: 8 MB, and a few times that on the way
_TOLERANCE = float(np.sqrt(np.finfo(float).eps))  # R's: below it, survival counts as exactly one half


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan-Meier estimate, one row for day 0 and one for every time at which a patient died or was censored.

    `survival` holds from its time on, until the next. `lower` and `upper` are its log-log band: 1 while nobody has
    died, nan where survival is 0. `events` and `censored` count what happened at that time, `at_risk` who was followed
    until then or longer. Times in days.
    """

    time: Array
    survival: Array
    lower: Array
    upper: Array
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    median: float
    """First day on which survival is at most one half (mid-way along if it rests there); nan if never reached."""
    median_lower: float
    median_upper: float

    @property
    def patients(self) -> int:
        return int(self.at_risk[0])


def kaplan_meier(time_days: ArrayLike, event: ArrayLike, level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier curve of (N,) follow-up times and events, with Greenwood's variance and a log-log band.

    Equal to R's `survfit(Surv(time, event) ~ 1, conf.type = "log-log")`, its median and its median's interval, but for
    the added day 0 and for the band before the first death, which is 1 here and NA there.

    Args:
        time_days: follow-up, at least one patient, not negative.
        event: True where the patient died.
        level: coverage of the band.
    """
    followed, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    time, inverse = np.unique(np.concatenate([[0.0], followed]), return_inverse=True)
    rows = inverse[1:]
    events = np.bincount(rows[died], minlength=len(time)).astype(np.int64)
    censored = np.bincount(rows[~died], minlength=len(time)).astype(np.int64)
    at_risk = (events + censored)[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore"):  # everybody at risk died: the variance is infinite and the band nan
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
    lower, upper = _log_log_band(survival, variance, level)
    return SurvivalCurve(
        time, survival, lower, upper, at_risk, events, censored,
        median=_median(time, survival), median_lower=_median(time, lower), median_upper=_median(time, upper),
    )  # fmt: skip


def at_risk_table(curves: Mapping[str, SurvivalCurve], times: Sequence[float]) -> pd.DataFrame:
    """The table under the figure: columns group, time_days, at_risk, events, censored; a row a group and time.

    Events and censorings are those before the time, so that in each row the three add up to the group's patients.
    """
    rows = []
    for group, curve in curves.items():
        for time in times:
            before = curve.time < time
            events, censored = int(curve.events[before].sum()), int(curve.censored[before].sum())
            rows.append((group, float(time), curve.patients - events - censored, events, censored))
    return pd.DataFrame(rows, columns=["group", "time_days", "at_risk", "events", "censored"])


@dataclass(frozen=True)
class LogRank:
    """Chi-squared statistic and p-value; both nan, with 0 degrees of freedom, where no death compares two groups."""

    statistic: float
    p_value: float
    degrees_of_freedom: int


def logrank(groups: ArrayLike, time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None) -> LogRank:
    """The log-rank test that all groups share one survival, as R's `survdiff(… ~ group + strata(stratum))`.

    Args:
        groups: (N,) labels, any number of groups.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels; patients are compared within a stratum only. None: all with all.
    """
    statistic, freedom = _statistics(group_membership(groups)[None], split_strata(time_days, event, strata))
    if not freedom[0]:
        return LogRank(float("nan"), float("nan"), 0)
    return LogRank(float(statistic[0]), float(stats.chi2.sf(statistic[0], freedom[0])), int(freedom[0]))


def permutation_p_value(
    groups: ArrayLike,
    time_days: ArrayLike,
    event: ArrayLike,
    strata: ArrayLike | None = None,
    permutations: int = 1000,
    seed: int = 0,
) -> float:
    """The log-rank's p-value from shuffling group labels within strata: (1 + as extreme) / (1 + permutations).

    It does not lean on the chi-squared approximation; its smallest value is 1 / (1 + permutations). nan where the
    statistic is. Arguments as in `logrank`.
    """
    membership, parts = group_membership(groups), split_strata(time_days, event, strata)
    observed, freedom = _statistics(membership[None], parts)
    if not freedom[0]:
        return float("nan")
    generator = np.random.default_rng(seed)
    at_once, extreme = max(1, _VALUES_AT_ONCE // membership.size), 0
    for start in range(0, permutations, at_once):
        shuffled = np.empty((min(at_once, permutations - start), *membership.shape))
        for one in shuffled:
            for part in parts:
                one[part.patients] = membership[generator.permutation(part.patients)]
        found = _statistics(shuffled, parts)[0]
        extreme += int((found >= observed[0] * (1 - 1e-9)).sum())  # equal up to rounding counts as extreme
    return (1 + extreme) / (1 + permutations)


def logrank_trend(
    scores: ArrayLike, time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None
) -> LogRank:
    """The log-rank test for trend: do groups that stand in an order die ever earlier, or ever later?

    Equal to the score test of R's `coxph(… ~ score + strata(stratum), ties = "exact")`.

    Args:
        scores: (N,) the number of each patient's group in the order, such as 0, 1, 2.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels; patients are compared within a stratum only. None: all with all.

    Source: Tarone, Biometrika 1975;62:679-682.
    """
    values = np.unique(np.asarray(scores, dtype=float))
    difference, covariance = _excess(group_membership(scores), split_strata(time_days, event, strata))
    variance = float(values @ covariance @ values)
    if variance <= _TOLERANCE:
        return LogRank(float("nan"), float("nan"), 0)
    statistic = float(values @ difference) ** 2 / variance
    return LogRank(statistic, float(stats.chi2.sf(statistic, 1)), 1)


def _statistics(membership: Array, strata: Sequence[Stratum]) -> tuple[Array, NDArray[np.intp]]:
    """(R, N, groups) 0/1, R divisions into groups → (R,) (O - E)ᵀ V⁻ (O - E), nan without V, and (R,) the rank of V."""
    difference, covariance = _excess(membership, strata)
    freedom = np.linalg.matrix_rank(covariance, tol=1e-9 * max(membership.shape[1], 1), hermitian=True)
    inverse = np.linalg.pinv(covariance, rcond=1e-9, hermitian=True)
    return np.where(freedom > 0, np.einsum("rg,rgh,rh->r", difference, inverse, difference), np.nan), freedom


def _excess(membership: Array, strata: Sequence[Stratum]) -> tuple[Array, Array]:
    """O - E, the deaths of each group beyond those expected, and their covariance V; summed over strata.

    (…, N, groups) 0/1 → (…, groups) and (…, groups, groups).
    """
    groups = membership.shape[-1]
    difference, covariance = np.zeros(groups), np.zeros((groups, groups))
    for stratum in strata:
        at_risk, deaths = stratum.counts(membership)
        total, dying = at_risk.sum(axis=-1, keepdims=True), deaths.sum(axis=-1, keepdims=True)
        share = at_risk / total  # (…, K, groups)
        difference = difference + (deaths - dying * share).sum(axis=-2)
        spread = share * (dying * (total - dying) / np.maximum(total - 1, 1))  # hypergeometric
        covariance = covariance + np.eye(groups) * spread.sum(axis=-2)[..., None] - np.swapaxes(spread, -1, -2) @ share
    return difference, covariance


def _log_log_band(survival: Array, variance: Array, level: float) -> tuple[Array, Array]:
    """Band of log(-log S), whose limits stay within 0 and 1; `variance` is Greenwood's sum, that of log S."""
    z = stats.norm.ppf((1 + level) / 2)
    inside = (survival > 0) & (survival < 1)
    logarithm = np.log(survival, out=np.full_like(survival, -1.0), where=inside)
    width = z * np.sqrt(np.where(inside, variance, 0.0)) / np.abs(logarithm)
    edge = np.where(survival == 1, 1.0, np.nan)
    lower = np.where(inside, np.exp(logarithm * np.exp(width)), edge)
    upper = np.where(inside, np.exp(logarithm * np.exp(-width)), edge)
    return lower, upper


def _median(time: Array, values: Array) -> float:
    """Where a falling step function crosses one half, as R: mid-way along a stretch that rests on exactly one half."""
    reached = np.flatnonzero(values < _HALF + _TOLERANCE)  # nan compares as False, R drops it too
    if not len(reached):
        return float("nan")
    first = reached[0]
    below = np.flatnonzero(values < values[first])
    if abs(values[first] - _HALF) < _TOLERANCE and len(below):
        return float((time[first] + time[below[0]]) / 2)
    return float(time[first])
