"""By what a patient's follow-up ended: the endpoint's event, a death before it, or neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pomp.data.outcome import DAYS_PER_MONTH

CENSORED, EVENT, COMPETING = 0, 1, 2
"""Causes, coded as in the competing-risk endpoints of TCGA-CDR (DSS_cr, PFI.cr)."""

OVERALL = "OS"
"""The endpoint that says who died, of whatever cause."""

TOLERANCE_DAYS = DAYS_PER_MONTH
"""An endpoint's follow-up that ended within so many days of a death ended by it: some records count in months."""


@dataclass(frozen=True, eq=False)
class Causes:
    """Patients with a cause, and how many could be given none."""

    table: pd.DataFrame
    """time_days (float), cause; index patient, in the order given."""
    unknown: int
    """Left out: whether they died is not recorded, or not when."""
    contradictory: int
    """Left out: followed for the endpoint beyond their own death."""
    unwatched: int
    """Censored although they died: they were not followed for the endpoint until then."""


def find_causes(outcome: pd.DataFrame, overall: pd.DataFrame) -> Causes:
    """Tell deaths before the event from the other ends of follow-up that an endpoint counts as censored.

    - The endpoint's event is EVENT, on its day.
    - A patient without it who died, and was followed for the endpoint until the death (within TOLERANCE_DAYS), is
      COMPETING on the day of the death. In TCGA-CDR these are the deaths of DSS that are not of the disease, and those
      of PFI and DFI that are neither of the disease nor after a new tumour: it follows each endpoint to the last
      contact, so there they end on one day.
    - A patient without it whose follow-up for the endpoint ended earlier is CENSORED there: whether the event came
      before the death is not known. So is who lived.
    - Who has no overall survival on record is left out, with the event too: to leave out those alone who have no event
      would make it look more frequent.

    A death that TCGA-CDR cannot ascribe has no DSS and so is not in `outcome`; for PFI it is a death without
    progression.

    Args:
        outcome: by the endpoint: time_days, event; index patient.
        overall: overall survival: time_days, event; index patient.

    Source: Liu et al., Cell 2018;173:400-416, Table S1, ExtraEndpoints.
    """
    known = outcome[outcome.index.isin(overall.index)]
    life = overall.loc[known.index]
    met = known["event"].to_numpy(dtype=bool)
    time, lived = known["time_days"].to_numpy(dtype=float), life["time_days"].to_numpy(dtype=float)
    died = life["event"].to_numpy(dtype=bool) & ~met
    gap = lived - time
    competing = died & (np.abs(gap) <= TOLERANCE_DAYS)
    beyond = died & (gap < -TOLERANCE_DAYS)
    cause = np.select([met, competing], [EVENT, COMPETING], CENSORED)
    table = pd.DataFrame({"time_days": np.where(competing, lived, time), "cause": cause}, index=known.index)
    return Causes(
        table[~beyond],
        unknown=len(outcome) - len(known),
        contradictory=int(beyond.sum()),
        unwatched=int((died & (gap > TOLERANCE_DAYS)).sum()),
    )
