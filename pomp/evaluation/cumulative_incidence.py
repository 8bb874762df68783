"""How many meet an event where some die before it: Aalen-Johansen cumulative incidence, and that of such deaths.

One minus the Kaplan-Meier estimate answers how many would meet the event if nobody died of anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sksurv.nonparametric import cumulative_incidence_competing_risks

from pomp.data.outcome_causes import CENSORED, COMPETING, EVENT
from pomp.evaluation.curves import kaplan_meier

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Incidence:
    """The share of patients whose follow-up has ended by one cause, a row a time of its `CumulativeIncidence`.

    `lower` and `upper` are the log-log band, pointwise: 0 before the cause was seen, nan from where nobody is left.
    `counts`: how many at that time.
    """

    share: Array
    lower: Array
    upper: Array
    counts: Ints


@dataclass(frozen=True)
class ShareAt:
    """A share of patients, and the limits of its interval: nan where it is 0, for nobody knows how far above it is."""

    share: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class CumulativeIncidence:
    """Of one group of patients: a row for day 0 and for every time at which somebody's follow-up ended. In days."""

    time: Array
    at_risk: Ints
    """Who was followed until then or longer, with neither event nor death before."""
    censored: Ints
    event: Incidence
    competing: Incidence

    @property
    def patients(self) -> int:
        return int(self.at_risk[0])


def cumulative_incidence(time_days: ArrayLike, cause: ArrayLike, level: float = 0.95) -> CumulativeIncidence:
    """The Aalen-Johansen estimate of (N,) follow-up times and causes, with a log-log band.

    Equal to `pstate`, `lower` and `upper` of R's `survfit(Surv(time, factor(cause)) ~ 1, conf.type = "log-log")`, but
    for the added day 0, for the band before the first of a cause, which is 0 here and NA there, and for the last time,
    which has no band here where it leaves nobody. Where only one of the two causes was seen it is one minus the
    Kaplan-Meier estimate, and its band that estimate's, which is log-log of survival in place of incidence.

    Args:
        time_days: follow-up, at least one patient, not negative.
        cause: CENSORED, EVENT or COMPETING.
        level: coverage of the band.

    Source: Aalen & Johansen, Scandinavian Journal of Statistics 1978;5:141-150; of the variance, Dinse & Larson,
    Biometrika 1986;73:379-386.
    """
    time, causes = np.asarray(time_days, dtype=float), np.asarray(cause, dtype=np.int64)
    ended = kaplan_meier(time, causes > CENSORED)
    shares, limits = _estimate(time, causes, level)
    if shares.shape[1] < len(ended.time):  # day 0 is added
        shares, limits = np.insert(shares, 0, 0.0, axis=1), np.insert(limits, 0, 0.0, axis=2)
    rows = np.searchsorted(ended.time, time)
    counts = {one: np.bincount(rows[causes == one], minlength=len(ended.time)) for one in (EVENT, COMPETING)}
    event, competing = (
        Incidence(shares[one - 1], limits[one - 1, 0], limits[one - 1, 1], counts[one].astype(np.int64))
        for one in (EVENT, COMPETING)
    )
    return CumulativeIncidence(ended.time, ended.at_risk, ended.censored, event, competing)


def share_by(curve: CumulativeIncidence, incidence: Incidence, day: float) -> ShareAt:
    """The share until a day, that day included; nan beyond the last time: nobody was followed so long.

    Args:
        curve: gives the times.
        incidence: its event or its competing deaths.
        day: not negative.
    """
    if day > curve.time[-1]:
        return ShareAt(float("nan"), float("nan"), float("nan"))
    row = int(np.searchsorted(curve.time, day, side="right")) - 1
    share = float(incidence.share[row])
    if share == 0:
        return ShareAt(share, float("nan"), float("nan"))
    return ShareAt(share, float(incidence.lower[row]), float(incidence.upper[row]))


def at_risk_by_cause(curves: Mapping[str, CumulativeIncidence], times: Sequence[float]) -> pd.DataFrame:
    """The table under the figure: columns group, time_days, at_risk, events, competing, censored; a row a group and
    time.

    What has ended is counted before the time, so that in each row the four add up to the group's patients.
    """
    rows = []
    for group, curve in curves.items():
        for time in times:
            before = curve.time < time
            ended = [int(part[before].sum()) for part in (curve.event.counts, curve.competing.counts, curve.censored)]
            rows.append((group, float(time), curve.patients - sum(ended), *ended))
    return pd.DataFrame(rows, columns=["group", "time_days", "at_risk", "events", "competing", "censored"])


def _estimate(time: Array, cause: Ints, level: float) -> tuple[Array, Array]:
    """(2, T) shares by EVENT and COMPETING at the T distinct times, and their (2, 2, T) limits; 0 of an absent cause.

    "Dinse_Approx" is the variance that equals R's.
    """
    present = [one for one in (EVENT, COMPETING) if (cause == one).any()]
    if len(present) < 2:  # the library wants both
        return _single(time, cause, level)
    shares = cumulative_incidence_competing_risks(cause, time)[1][1:]
    last = time == time.max()
    if not (cause[last] > CENSORED).all():
        return shares, _limits(time, cause, level)
    limits = _limits(time, np.where(last, CENSORED, cause), level)  # the variance divides by those who are left
    limits[:, :, -1] = np.nan
    return shares, limits


def _limits(time: Array, cause: Ints, level: float) -> Array:
    """(2, 2, T): lower and upper, log-log of incidence, where somebody is left at the last time."""
    found = [one for one in (EVENT, COMPETING) if (cause == one).any()]
    if len(found) == 2:
        both = cumulative_incidence_competing_risks(
            cause, time, conf_level=level, conf_type="log-log", var_type="Dinse_Approx"
        )
        return both[2][1:]  # type: ignore[no-any-return]
    limits = np.zeros((2, 2, len(np.unique(time))))
    for one in found:  # the variance is Greenwood's
        curve = kaplan_meier(time, cause == one)
        spread = np.cumsum(curve.events / (curve.at_risk * (curve.at_risk - curve.events)))
        share, error = 1 - curve.survival, curve.survival * np.sqrt(spread)
        seen = share > 0
        reach = stats.norm.ppf((1 + level) / 2) * error[seen] / (share[seen] * np.log(share[seen]))
        band = np.zeros((2, len(share)))
        band[:, seen] = share[seen] ** np.exp([-reach, reach])
        limits[one - 1] = band[:, np.isin(curve.time, time)]  # without an added day 0
    return limits


def _single(time: Array, cause: Ints, level: float) -> tuple[Array, Array]:
    """As `_estimate`, where nobody, or only one cause, ended follow-up: one minus Kaplan-Meier, with its band."""
    curve = kaplan_meier(time, cause > CENSORED, level)
    rows = np.isin(curve.time, time)  # without an added day 0
    shares, limits = np.zeros((2, int(rows.sum()))), np.zeros((2, 2, int(rows.sum())))
    for one in set(cause.tolist()) - {CENSORED}:
        shares[one - 1] = 1 - curve.survival[rows]
        limits[one - 1] = 1 - curve.upper[rows], 1 - curve.lower[rows]
    return shares, limits
