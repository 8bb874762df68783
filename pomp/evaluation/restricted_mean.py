"""Restricted mean survival time: how long patients live on average within the first τ days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pomp.evaluation.curves import SurvivalCurve


@dataclass(frozen=True)
class RestrictedMean:
    """In days, with the standard error and the limits of the interval; these are nan where the error is 0."""

    days: float
    error: float
    lower: float
    upper: float


@dataclass(frozen=True)
class MeanDifference:
    """One restricted mean minus another, in days, with the interval and the p-value of no difference.

    All but the days are nan where the error of either is 0: nobody has died there by τ, and how many of other patients
    would is not known, however few they are.
    """

    days: float
    lower: float
    upper: float
    p_value: float


def restricted_mean(curve: SurvivalCurve, tau_days: float, level: float = 0.95) -> RestrictedMean:
    """The area under a Kaplan-Meier curve from day 0 to τ, as R's `summary(survfit(…), rmean = tau)`.

    Its variance is Σ over times of death t < τ of (area from t to τ)² · d / (n (n - d)): somebody lives beyond each.

    Args:
        curve: of one group.
        tau_days: above 0 and at most the curve's last time.
        level: coverage of the interval, which is symmetric but for being cut at 0 and τ: no mean lies beyond them.
            There is none where nobody dies before τ: the variance is 0 then, however few the patients.

    Raises:
        ValueError: nobody is followed until `tau_days`, or it is not above 0.

    Source: Royston & Parmar, BMC Medical Research Methodology 2013;13:152.
    """
    if not 0 < tau_days <= curve.time[-1]:
        raise ValueError(
            f"tau_days is {tau_days:g}, but the curve goes from day 0 to {curve.time[-1]:g}: choose one in between."
        )
    edges = np.append(curve.time[curve.time < tau_days], tau_days)
    areas = curve.survival[: len(edges) - 1] * np.diff(edges)
    after = np.append(areas[::-1].cumsum()[::-1], 0.0)  # from each edge to τ
    inside = slice(len(edges) - 1)  # a death at τ itself has no area left to change
    events, at_risk = curve.events[inside], curve.at_risk[inside]
    spread = events / (at_risk * (at_risk - events))
    mean, error = float(areas.sum()), float(np.sqrt((after[:-1] ** 2 * spread).sum()))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error if error else float("nan")
    limits = np.clip([mean - reach, mean + reach], 0.0, tau_days)
    return RestrictedMean(mean, error, float(limits[0]), float(limits[1]))


def mean_difference(
    one: RestrictedMean, other: RestrictedMean, level: float = 0.95, tau_days: float = float("inf")
) -> MeanDifference:
    """`one` minus `other`, of different patients.

    Args:
        one: mean within the first τ days.
        other: the same of the other patients.
        level: coverage of the interval, which is symmetric but for being cut at -τ and τ: no difference lies beyond.
        tau_days: τ of both.
    """
    known = one.error > 0 and other.error > 0
    days, error = one.days - other.days, float(np.hypot(one.error, other.error)) if known else float("nan")
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    limits = np.clip([days - reach, days + reach], -tau_days, tau_days)
    return MeanDifference(days, float(limits[0]), float(limits[1]), float(2 * stats.norm.sf(abs(days) / error)))
