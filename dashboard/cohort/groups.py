"""Kaplan-Meier curves of the patients shown: all together, or by a clinical column, with a log-rank test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import streamlit as st

from dashboard.charts.survival import survival_figure, survival_table
from dashboard.cohort.columns import NOT_RECORDED, OTHERS, STAGE, ClinicalColumn, main_stages
from dashboard.elements import plain, show_figure
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.state import pick
from dashboard.theme import EVERYBODY, SERIES
from dashboard.words import count, follow_up, p_value
from pomp.data.cohort import Cohort
from pomp.data.outcome import list_endpoints, outcome_of
from pomp.evaluation.curves import SurvivalCurve, kaplan_meier, logrank

GROUPS, ENDPOINT = "cohort-groups", "cohort-endpoint"
"""Names in the URL."""

TOGETHER = "All together"
MOST_GROUPS = len(SERIES)


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of every patient who has one, and what is to be said about how they were made."""

    labels: pd.Series  # index: patient
    order: tuple[str, ...]
    note: str


def show_survival(cohort: Cohort, columns: Mapping[str, ClinicalColumn], patients: Sequence[str]) -> None:
    """Survival of the patients shown by an endpoint and, if asked for, by groups."""
    known = list_endpoints(map(str, cohort.clinical.columns))
    title = st.container()
    left, right = st.columns(2)
    with left:
        chosen = pick(
            "Endpoint", known, ENDPOINT, first=cohort.endpoint, show=lambda name: f"{name}: {_name(name)}",
            explain="The endpoints of clinical.csv. Only the curves below follow; models are trained on "
            f"{plain(cohort.endpoint)}.",
        )  # fmt: skip
    with right:
        by = pick(
            "Compare by", [TOGETHER, *columns], GROUPS,
            explain="One curve for each value of a clinical column. Numbers are cut at the median of the patients shown.",
        )  # fmt: skip
    endpoint = describe_endpoint(chosen)
    title.subheader(plain(endpoint.name[:1].upper() + endpoint.name[1:]))
    outcome = cohort.outcome if chosen == cohort.endpoint else outcome_of(cohort.clinical, chosen)
    outcome = outcome[outcome.index.isin(patients)]
    if outcome.empty:
        st.caption(f"{plain(chosen)} is recorded for none of the patients shown.")
        return
    grouping = make_groups(columns[by], outcome.index) if by in columns else None
    _show_curves(outcome, grouping, endpoint, len(patients))


def make_groups(column: ClinicalColumn, patients: pd.Index) -> Grouping:
    """At most `MOST_GROUPS` groups: below and above the median, or the most frequent values.

    Args:
        column: by which they are made.
        patients: of whom groups are made; those of whom nothing is recorded are in none.
    """
    values = column.values[patients]
    if column.numeric:
        known = values.dropna()
        middle = float(known.median()) if len(known) else 0.0
        low, high = f"up to {middle:g}", f"above {middle:g}"
        labels = pd.Series(low, known.index).where(known <= middle, high)
        unit = f" {column.unit}" if column.unit else ""
        return _grouping(labels, (low, high), f"Cut at the median of the patients shown, {middle:g}{unit}.")
    known, order, note = values[values != NOT_RECORDED], column.categories, ""
    if STAGE.search(column.name) and not known.equals(main_stages(known)):
        known = main_stages(known)
        order = tuple(dict.fromkeys(main_stages(pd.Series(order, dtype=object))))
        note = "Sub-stages count with their stage: IIA with II."
    frequent = known.value_counts().index
    if len(frequent) > MOST_GROUPS:
        known = known.where(known.isin(frequent[: MOST_GROUPS - 1]), OTHERS)
        order = (*(name for name in order if name != OTHERS), OTHERS)
        note = f"The {MOST_GROUPS - 1} most frequent values, and the others together. {note}".strip()
    return _grouping(known, order, note)


def _grouping(labels: pd.Series, order: Sequence[str], note: str) -> Grouping:
    return Grouping(labels, tuple(name for name in order if (labels == name).any()), note)


def _show_curves(outcome: pd.DataFrame, grouping: Grouping | None, endpoint: Endpoint, shown: int) -> None:
    if grouping is None:
        curves = {"all patients": _curve(outcome)}
        colours = {"all patients": EVERYBODY}
    else:
        groups = {name: outcome.loc[grouping.labels.index[grouping.labels == name]] for name in grouping.order}
        curves = {name: _curve(part) for name, part in groups.items()}
        colours = dict(zip(curves, SERIES, strict=False))
    if not curves:
        st.caption("Nothing is recorded in this column for the patients shown.")
        return
    show_figure(
        survival_figure(
            {escape(name): curve for name, curve in curves.items()},
            {escape(name): colour for name, colour in colours.items()}, endpoint,
        ),
        "survival", survival_table(curves), f"Kaplan-Meier curves of {endpoint.name}",
    )  # fmt: skip
    if grouping is not None:
        st.markdown(_describe_test(outcome.loc[grouping.labels.index], grouping.labels, curves))
    _caption(grouping, shown - sum(curve.patients for curve in curves.values()))


def _curve(outcome: pd.DataFrame) -> SurvivalCurve:
    return kaplan_meier(outcome["time_days"], outcome["event"])


def _describe_test(outcome: pd.DataFrame, labels: pd.Series, curves: Mapping[str, SurvivalCurve]) -> str:
    found = logrank(labels, outcome["time_days"], outcome["event"])
    medians = [
        f"median of {plain(name)}: {'not reached' if pd.isna(curve.median) else follow_up(curve.median)}"
        for name, curve in curves.items()
    ]
    if len(curves) < 2 or not found.degrees_of_freedom:
        return " · ".join(["No log-rank test: there are no two groups to compare", *medians])
    return " · ".join([f"Log-rank p {plain(p_value(found.p_value))} ({count(len(curves), 'group')})", *medians])


def _caption(grouping: Grouping | None, absent: int) -> None:
    said = [
        "Kaplan–Meier estimate with its 95 % band. A tick marks a patient whose follow-up ended there without the "
        "event (censored). The numbers below count who is still followed at the start of each time."
    ]
    if grouping is not None:
        said.append(
            f"{grouping.note} The log-rank test asks whether all groups share one survival; its p is not corrected for "
            "how many columns one looks at."
        )
    if absent:
        said.append(f"{count(absent, 'patient')} not in the figure: not recorded.")
    st.caption(" ".join(said).replace("  ", " "))


def _name(endpoint: str) -> str:
    return describe_endpoint(endpoint).name
