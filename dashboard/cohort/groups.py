"""Kaplan-Meier curves of the patients shown: all together, or by a clinical column, with a log-rank test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import streamlit as st

from dashboard.charts.survival import survival_figure, survival_table
from dashboard.cohort.columns import ClinicalColumn
from dashboard.cohort.grouping import Grouping, group_table, make_groups
from dashboard.elements import COUNT, plain, save_table, show_figure
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.once import once
from dashboard.state import pick
from dashboard.theme import EVERYBODY, SERIES
from dashboard.words import interval
from pomp.data.cohort import Cohort
from pomp.data.outcome import outcome_of, usable_endpoints
from pomp.evaluation.curves import SurvivalCurve, kaplan_meier, logrank
from pomp.wording import DAYS_PER_YEAR, count, p_value

GROUPS, ENDPOINT = "cohort-groups", "cohort-endpoint"
"""Names in the URL."""

TOGETHER, ALL = "All together", "all patients"


def show_survival(cohort: Cohort, columns: Mapping[str, ClinicalColumn], patients: Sequence[str]) -> None:
    """Survival of the patients shown by an endpoint and, if asked for, by groups."""
    known = usable_endpoints(cohort.clinical)
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
            explain="A curve for each value of a clinical column. Numbers are cut at the median of the patients shown.",
        )  # fmt: skip
    endpoint = describe_endpoint(chosen)
    title.header(plain(endpoint.name[:1].upper() + endpoint.name[1:]))
    outcome = cohort.outcome if chosen == cohort.endpoint else outcome_of(cohort.clinical, chosen)
    outcome = outcome[outcome.index.isin(patients)]
    if outcome.empty:
        st.caption(f"{plain(chosen)} is recorded for none of the patients shown.")
        return
    column = columns.get(by)
    grouping = None if column is None else make_groups(column, outcome.index)
    _show_curves(outcome, grouping, endpoint)
    drawn = len(outcome if grouping is None else grouping.labels)
    if 0 < drawn < len(patients):
        odd = ", or not as a number" if column is not None and column.odd.index.isin(patients).any() else ""
        st.caption(f"{count(len(patients) - drawn, 'patient')} not in the figure: not recorded{odd}.")


def _show_curves(outcome: pd.DataFrame, grouping: Grouping | None, endpoint: Endpoint) -> None:
    """One curve, or one a group with the table and the test that compare them."""
    if grouping is None:
        curves, colours = {ALL: _curve(outcome)}, {ALL: EVERYBODY}
    else:
        curves = {name: _curve(outcome.loc[grouping.labels.index[grouping.labels == name]]) for name in grouping.order}
        colours = dict(zip(curves, SERIES, strict=False))
    if not curves:
        st.caption("Nothing is recorded in this column for the patients shown.")
        return
    safe = {name: escape(name) for name in curves}  # plotly reads names as HTML
    show_figure(
        once(
            survival_figure, {safe[name]: curve for name, curve in curves.items()},
            {safe[name]: colours[name] for name in curves}, endpoint,
        ),
        "survival", once(survival_table, curves), f"Kaplan-Meier curves of {endpoint.name}",
    )  # fmt: skip
    st.caption(
        "Kaplan–Meier estimate with its 95 % band. A tick marks a patient whose follow-up ended there without the "
        "event (censored). The numbers under it count who is still followed at the start of each time. "
        f"{endpoint.competing}".strip()
    )
    if grouping is not None:
        _compare(outcome.loc[grouping.labels.index], grouping, curves, endpoint)


def _curve(outcome: pd.DataFrame) -> SurvivalCurve:
    return kaplan_meier(outcome["time_days"], outcome["event"])


def _compare(
    outcome: pd.DataFrame, grouping: Grouping, curves: Mapping[str, SurvivalCurve], endpoint: Endpoint
) -> None:
    """The log-rank test of all groups, and a row a group."""
    found = logrank(grouping.labels, outcome["time_days"], outcome["event"])
    if found.degrees_of_freedom:
        st.markdown(f"**Log-rank p {plain(p_value(found.p_value))}** ({count(len(curves), 'group')})")
    else:
        st.markdown("No log-rank test: no two groups can be compared.")
    table = group_table(outcome, grouping, curves)
    shown = pd.DataFrame(
        {
            "group": table["group"], "patients": table["patients"], "events": table["events"],
            "median": [_years(*row) for row in table[["median_days", "median_lower", "median_upper"]].to_numpy()],
            "ratio": [interval(*row) for row in table[["hazard_ratio", "ratio_lower", "ratio_upper"]].to_numpy()],
        }
    )  # fmt: skip
    st.dataframe(
        shown, hide_index=True, alt="Groups with their events, median and hazard ratio",
        column_config={
            "group": "Group", "patients": st.column_config.NumberColumn("Patients", format=COUNT),
            "events": st.column_config.NumberColumn(endpoint.events.capitalize(), format=COUNT),
            "median": st.column_config.TextColumn(
                "Median (years)", help=f"When half of the group is no longer {endpoint.free}; with its 95 % interval."
            ),
            "ratio": st.column_config.TextColumn(
                "Hazard ratio",
                help=f"How many times as often the {endpoint.event} comes per day as in the first group; with its 95 % "
                "interval. Nothing else is adjusted for.",
            ),
        },
    )  # fmt: skip
    save_table(table, "groups")
    st.caption(
        f"{grouping.note} The test asks whether all groups share one survival; its p is not corrected for how many "
        "columns one looks at.".strip()
    )


def _years(median: float, lower: float, upper: float) -> str:
    """'3.4 (2.1–5.0)'; what is not reached is so called."""
    ends = [f"{days / DAYS_PER_YEAR:.1f}" if math.isfinite(days) else "not reached" for days in (median, lower, upper)]
    return ends[0] if ends[1:] == ["not reached"] * 2 else f"{ends[0]} ({ends[1]}–{ends[2]})"


def _name(endpoint: str) -> str:
    return describe_endpoint(endpoint).name
