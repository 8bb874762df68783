"""Patients in groups by a clinical column, and the groups beside each other in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.cohort.columns import NOT_RECORDED, OTHERS, ClinicalColumn
from dashboard.theme import SERIES
from pomp.data.clinical import is_stage, main_stage
from pomp.evaluation.curves import SurvivalCurve
from pomp.evaluation.hazard_ratio import hazard_ratios

MOST_GROUPS = len(SERIES)
"""There are no more colours that everybody can tell apart."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of every patient who has one, the groups that have patients, and how they were made."""

    labels: pd.Series  # index: patient
    order: tuple[str, ...]
    note: str


def make_groups(column: ClinicalColumn, patients: pd.Index) -> Grouping:
    """At most `MOST_GROUPS` groups: up to the median and above it, or the most frequent values.

    Args:
        column: by which they are made.
        patients: of whom groups are made; those of whom nothing is recorded are in none.
    """
    values = column.values[patients]
    return _by_median(column, values.dropna()) if column.numeric else _by_value(column, values[values != NOT_RECORDED])


def _by_median(column: ClinicalColumn, known: pd.Series) -> Grouping:
    middle = float(known.median())
    unit = f" {column.unit}" if column.unit else ""
    low, high = f"up to {middle:g}{unit}", f"above {middle:g}{unit}"
    labels = pd.Series(low, known.index, dtype=object).where(known <= middle, high)
    return _grouping(labels, (low, high), f"Cut at the median of the patients shown, {middle:g}{unit}.")


def _by_value(column: ClinicalColumn, known: pd.Series) -> Grouping:
    order, notes = list(column.categories), []
    stages = known.map(main_stage)
    if is_stage(column.name) and not known.equals(stages):
        known, order = stages, list(dict.fromkeys(map(main_stage, order)))
        notes.append("Sub-stages count with their stage: IIA with II.")
    frequent = known.value_counts().index
    if len(frequent) > MOST_GROUPS:
        known = known.where(known.isin(frequent[: MOST_GROUPS - 1]), OTHERS)
        order = [*(name for name in order if name != OTHERS), OTHERS]
        notes.append(f"Beside the {MOST_GROUPS - 1} most frequent values, the others are together.")
    return _grouping(known, order, " ".join(notes))


def _grouping(labels: pd.Series, order: Sequence[str], note: str) -> Grouping:
    return Grouping(labels, tuple(name for name in order if (labels == name).any()), note)


def group_table(outcome: pd.DataFrame, grouping: Grouping, curves: Mapping[str, SurvivalCurve]) -> pd.DataFrame:
    """A row a group: group, patients, events, median_days and hazard_ratio, the last two with their 95 % interval.

    The ratio is to the first group; NaN for that one, and where it has no finite estimate.

    Args:
        outcome: of the patients in groups: time_days, event; index patient.
        grouping: their groups.
        curves: of each group, in the order of the grouping.
    """
    codes = grouping.labels.map({name: place for place, name in enumerate(grouping.order)})[outcome.index]
    ratios = (None, *hazard_ratios(codes, outcome["time_days"], outcome["event"]))
    nothing = (float("nan"),) * 3
    rows = [
        (name, curve.patients, int(curve.events.sum()), curve.median, curve.median_lower, curve.median_upper,
         *((ratio.ratio, ratio.lower, ratio.upper) if ratio else nothing))
        for (name, curve), ratio in zip(curves.items(), ratios, strict=True)
    ]  # fmt: skip
    names = ["group", "patients", "events", "median_days", "median_lower", "median_upper"]
    return pd.DataFrame(rows, columns=[*names, "hazard_ratio", "ratio_lower", "ratio_upper"])
