"""What to do where a cohort keeps no patient: by what has taken them."""

from __future__ import annotations

import pandas as pd

from pomp.config import CohortConfig
from pomp.data.exclusion import ExclusionLog
from pomp.data.outcome import LEFT_OUT, TIME_SUFFIX, find_marked, usable_endpoints


def explain_nobody_left(
    log: ExclusionLog, clinical: pd.DataFrame, follow_up: pd.DataFrame, endpoint: str, config: CohortConfig
) -> str:
    """The funnel, and a sentence a cause: how many patients it has taken, and what to do. The largest stands first.

    Args:
        log: of a cohort that keeps nobody.
        clinical: the columns of clinical.csv by patient.
        follow_up: time_days and event of the same patients, NaN where not recorded.
        endpoint: of which that is.
        config: by which patients were left out.
    """
    funnel = " → ".join(f"{step.label} {step.count}" for step in log.steps)
    advice = _advise(endpoint, clinical, config)
    taken = sorted(_count(log, clinical, follow_up, config).items(), key=lambda cause: cause[1], reverse=True)
    said = [f"{advice[cause][0]}: {patients}; {advice[cause][1]}." for cause, patients in taken if patients]
    return " ".join([f"no patient is left: {funnel}.", *said])


def _count(log: ExclusionLog, clinical: pd.DataFrame, follow_up: pd.DataFrame, config: CohortConfig) -> dict[str, int]:
    """Patients by cause. Whom the column `LEFT_OUT` keeps out counts there, whatever else is the matter."""
    _, sieved, *modalities, last = log.steps
    open_ones = follow_up.drop(index=list(find_marked(clinical)), errors="ignore")
    recorded = open_ones.notna().all(axis=1)
    return {
        "absent": len(set(sieved.left_out) - set(follow_up.index)),
        "unrecorded": int((~recorded).sum()),
        "short": int((recorded & (open_ones["time_days"] < config.min_days)).sum()),
        "marked": len(follow_up) - len(open_ones),
        "incomplete": sum(len(step.left_out) for step in modalities),
        "nothing": len(last.left_out),
    }


def _advise(endpoint: str, clinical: pd.DataFrame, config: CohortConfig) -> dict[str, tuple[str, str]]:
    """By cause: who they are, and what to do about it."""
    others = [name for name in usable_endpoints(clinical) if name != endpoint]
    choice = f", or choose another endpoint ({', '.join(others)})" if others else ""
    spelling = "look whether patients are spelt alike in all tables"
    return {
        "absent": ("In other tables alone", spelling),
        "unrecorded": (f"Without {endpoint} or {endpoint}{TIME_SUFFIX}", f"fill it in{choice}"),
        "short": (f"Followed for fewer than {config.min_days:g} days", "lower min_days to keep them"),
        "marked": (f"With a reason in the column {LEFT_OUT}", "empty the cell of whoever stays"),
        "incomplete": ("Lacking a modality", "allow that (complete_cases=false), or leave a modality out"),
        "nothing": ("In no omics table, and without a slide", spelling),
    }
