"""How long patients were followed, had none of them died: the median follow-up by the reverse Kaplan-Meier method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pomp.evaluation.curves import kaplan_meier


@dataclass(frozen=True)
class MedianFollowUp:
    """In days, with its 95 % interval; each is nan where it is not reached, as where every patient died."""

    days: float
    lower: float
    upper: float


def median_follow_up(time_days: ArrayLike, event: ArrayLike) -> MedianFollowUp:
    """Median of the Kaplan-Meier curve in which the end of follow-up is the event, and a death censors it.

    The plain median of the times is shorter, because death ends a patient's time before follow-up would have. Equal to
    the median of R's ``survfit(Surv(time, 1 - event) ~ 1, conf.type = "log-log")``.

    Source: Schemper & Smith, A note on quantifying follow-up in studies of failure time, Control Clin Trials
    17:343-346, 1996.

    Args:
        time_days: (N,) follow-up in days, at least one patient, not negative.
        event: (N,) True where the patient died.
    """
    curve = kaplan_meier(time_days, ~np.asarray(event, dtype=bool))
    return MedianFollowUp(curve.median, curve.median_lower, curve.median_upper)
