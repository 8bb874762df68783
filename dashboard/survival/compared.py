"""The groups that were chosen, compared: kept until a file that they rest on changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.data import Stamp, stamp
from dashboard.survival.choices import CurveChoice
from dashboard.survival.competing import find_competing
from dashboard.survival.grouping import make_groups
from dashboard.survival.results import TRAINING_RISKS, clinical, judge
from pomp.data.manifest import CLINICAL
from pomp.evaluation.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from pomp.evaluation.group_comparison import GroupComparison, compare_groups
from pomp.evaluation.groups import Groups
from pomp.runs.run import Run


@dataclass(frozen=True, eq=False)
class Compared:
    """Who is in the curves, in which group, and how the groups differ."""

    members: pd.DataFrame
    """Patients after the landmark who have a group: as the predictions, with it; time_days counts from the landmark."""
    groups: Groups
    found: GroupComparison
    without_group: int
    incidence: dict[str, CumulativeIncidence]
    """By group, from the landmark on; empty unless it is asked for."""
    causes: pd.DataFrame
    """Of its patients: time_days from the landmark on, cause, group; index patient."""


def compare(run: Run, choice: CurveChoice) -> Compared:
    """The groups of `choice` side by side; by risk, tests are stratified by fold.

    Raises:
        RunError: a table is damaged, or what the choice needs is not there.
    """
    files = [
        *(run.folder / name for name in (data.TABLES[0], f"{TRAINING_RISKS}.parquet")),
        run.cohort_folder / CLINICAL,
    ]
    return _compare(str(run.folder), repr(choice), stamp(files), choice)


@st.cache_resource(max_entries=64, show_spinner="Comparing the groups…")
def _compare(folder: str, chosen: str, of: Stamp, _choice: CurveChoice) -> Compared:
    run = Run.open(Path(folder))
    table = judge(run, _choice.endpoint, _choice.fold).table
    groups = make_groups(table, _choice.groups, data.run_table(run, TRAINING_RISKS), clinical(run))
    grouped = table[table["patient"].isin(groups.of.index)]
    grouped = grouped.assign(group=groups.of.loc[grouped["patient"]].to_numpy())
    found = compare_groups(
        groups.names,
        grouped["group"],
        grouped["time_days"],
        grouped["event"],
        grouped["fold"] if _choice.groups.by_risk else None,
        ordered=groups.ordered,
        landmark_days=_choice.landmark_days,
        tau_days=_choice.tau_days,
    )
    causes = _causes(run, _choice, grouped)
    incidence = {
        name: cumulative_incidence(part["time_days"], part["cause"])
        for name in found.curves
        if len(part := causes[causes["group"] == name])
    }
    if _choice.landmark_days:
        grouped = grouped[grouped["time_days"] > _choice.landmark_days]
        grouped = grouped.assign(time_days=grouped["time_days"] - _choice.landmark_days)
    return Compared(grouped.reset_index(drop=True), groups, found, len(table) - len(groups.of), incidence, causes)


def _causes(run: Run, choice: CurveChoice, grouped: pd.DataFrame) -> pd.DataFrame:
    """Of the patients in groups whose cause is known, where cumulative incidence is asked for; nobody otherwise."""
    causes = find_competing(run, choice.endpoint).causes if choice.incidence else None
    if causes is None:
        return pd.DataFrame({"time_days": [], "cause": [], "group": []})
    table = causes.join(grouped.set_index("patient")["group"], how="inner")
    if choice.landmark_days:
        table = table[table["time_days"] > choice.landmark_days]
        table = table.assign(time_days=table["time_days"] - choice.landmark_days)
    return table
