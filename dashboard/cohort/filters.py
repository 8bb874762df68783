"""Which patients are shown: a choice of values, ranges and types of data, applied to a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dashboard.cohort.columns import ClinicalColumn
from pomp.data.cohort import Cohort

Range = tuple[float, float]


@dataclass(frozen=True)
class Filters:
    """What a patient must be to be shown; by default everybody is. Ranges include both ends, in the column's unit."""

    event: bool | None = None  # None: seen or not
    followed_days: Range | None = None
    has: tuple[str, ...] = ()  # types of data
    lacks: tuple[str, ...] = ()
    among: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # clinical column -> categories
    between: Mapping[str, Range] = field(default_factory=dict)  # clinical column -> numbers

    @property
    def active(self) -> bool:
        return self != Filters()


def owners(cohort: Cohort) -> dict[str, frozenset[str]]:
    """Which of the kept patients have each type of data; slides count where the cohort has any."""
    found = {name: frozenset(map(str, table.values.index)) for name, table in cohort.omics.items()}
    return found if cohort.slides.empty else found | {"slides": frozenset(map(str, cohort.slides["patient"]))}


def select_patients(
    cohort: Cohort, columns: Mapping[str, ClinicalColumn], has: Mapping[str, frozenset[str]], filters: Filters
) -> list[str]:
    """The patients whom every filter lets through, sorted. A number that is not recorded lies in no range.

    Args:
        cohort: whose patients they are.
        columns: its clinical columns by name.
        has: as `owners` gives it.
        filters: what is asked for.
    """
    outcome = cohort.outcome
    keep = pd.Series(True, outcome.index)
    if filters.event is not None:
        keep &= outcome["event"] == filters.event
    if filters.followed_days is not None:
        keep &= outcome["time_days"].between(*filters.followed_days)
    for name in filters.has:
        keep &= keep.index.isin(has[name])
    for name in filters.lacks:
        keep &= ~keep.index.isin(has[name])
    for name, chosen in filters.among.items():
        keep &= columns[name].values.isin(chosen)
    for name, limits in filters.between.items():
        keep &= columns[name].values.between(*limits)
    return [str(patient) for patient in keep.index[keep]]
