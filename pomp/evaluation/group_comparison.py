"""Groups of patients beside each other: curves, tests, hazard ratios and mean survival times, from a landmark on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.curves import LogRank, SurvivalCurve, kaplan_meier, logrank, logrank_trend, permutation_p_value
from pomp.evaluation.hazard_ratio import HazardRatio, hazard_ratios
from pomp.evaluation.restricted_mean import MeanDifference, RestrictedMean, mean_difference, restricted_mean

AT_RISK = 0.1
"""Of each group, so large a share is followed up to the τ that is taken where none is asked for. Beyond it a curve
rests on a few patients, one of whom moves a mean by years. It is the lower end of the 10 to 20 % at which Pocock,
Clayton & Altman end curves (Lancet 2002;359:1686-1689), and what Uno's τ leaves of the training patients. A share, in
place of a number such as 10 patients, since groups of a small cohort have no 10 for long."""


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """G groups, the first of which the others are compared with. `None` stands where a number is not defined.

    Times count from the landmark, in days.
    """

    curves: dict[str, SurvivalCurve]
    logrank: LogRank | None
    permutation_p: float | None
    trend: LogRank | None
    """Of three or more groups that have an order."""
    ratios: dict[str, HazardRatio | None]
    """Hazard of every group but the first over the first's."""
    tau_days: float | None
    """Until when mean survival times count; None where a group is not followed beyond day 0."""
    means: dict[str, RestrictedMean]
    differences: dict[str, MeanDifference]
    """Mean of every group but the first, minus the first's."""
    left_out: int
    """Patients whose follow-up, or life, ended before the landmark or on its day."""


def compare_groups(
    names: Sequence[str],
    groups: ArrayLike,
    time_days: ArrayLike,
    event: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    ordered: bool = False,
    landmark_days: float = 0.0,
    tau_days: float | None = None,
) -> GroupComparison:
    """Compare groups. Tests and hazard ratios are stratified; curves and mean survival times are of all strata pooled.

    Args:
        names: of the groups, in order; one without a patient is left out.
        groups: (N,) a name of each patient.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels, such as the fold; None: one stratum.
        ordered: whether the order of `names` means something.
        landmark_days: above 0, only patients still followed and alive after that day count, and time starts there.
        tau_days: until when mean survival times count, from the landmark on; None, or a day that a group does not
            reach: the last one on which AT_RISK of the patients of every group are still followed.

    Source: of landmarks, Anderson, Cain & Gelber, Journal of Clinical Oncology 1983;1:710-719.
    """
    time, died, labels = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(groups)
    kept = time > landmark_days if landmark_days > 0 else np.ones(len(time), dtype=bool)
    labels, time, died = labels[kept], time[kept] - landmark_days, died[kept]
    folds = None if strata is None else np.asarray(strata)[kept]
    present = [name for name in names if (labels == name).any()]
    order = np.array([present.index(name) for name in labels], dtype=np.intp)
    curves = {name: kaplan_meier(time[order == place], died[order == place]) for place, name in enumerate(present)}
    tau, means = _means(curves, tau_days)
    test = logrank(order, time, died, folds) if len(present) > 1 else None
    defined = test is not None and test.degrees_of_freedom > 0
    ratios = hazard_ratios(order, time, died, folds) if defined else [None] * (len(present) - 1)
    return GroupComparison(
        curves=curves,
        logrank=test if defined else None,
        permutation_p=permutation_p_value(order, time, died, folds) if defined else None,
        trend=_trend(order, time, died, folds) if ordered and len(present) > 2 else None,
        ratios=dict(zip(present[1:], ratios, strict=True)),
        tau_days=tau,
        means=means,
        differences=_differences(means, tau),
        left_out=int((~kept).sum()),
    )


def _means(curves: dict[str, SurvivalCurve], tau_days: float | None) -> tuple[float | None, dict[str, RestrictedMean]]:
    """Mean survival times until a τ up to which every group is followed."""
    longest = min((float(curve.time[-1]) for curve in curves.values()), default=0.0)
    asked = tau_days is not None and 0 < tau_days <= longest
    tau = tau_days if asked else min(map(_followed_until, curves.values()), default=0.0)
    if not tau:  # nobody is followed, or of some group hardly anybody, beyond day 0
        return None, {}
    return tau, {name: restricted_mean(curve, tau) for name, curve in curves.items()}


def _differences(means: dict[str, RestrictedMean], tau: float | None) -> dict[str, MeanDifference]:
    if tau is None:
        return {}
    first, *others = means
    return {name: mean_difference(means[name], means[first], tau_days=tau) for name in others}


def _followed_until(curve: SurvivalCurve) -> float:
    """The last day on which AT_RISK of the patients are still at risk."""
    return float(curve.time[curve.at_risk / curve.patients >= AT_RISK][-1])


def _trend(
    order: NDArray[np.intp], time: NDArray[np.float64], event: NDArray[np.bool_], strata: NDArray[np.generic] | None
) -> LogRank | None:
    found = logrank_trend(order, time, event, strata)
    return found if found.degrees_of_freedom else None
