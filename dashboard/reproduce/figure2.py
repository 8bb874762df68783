"""Figure 2: Kaplan–Meier curves of high and low risk by cohort, under each protocol, with the log-rank p."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.badges import of_protocol, say_line
from dashboard.charts.survival import survival_figure, survival_table
from dashboard.elements import plain, save_table, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.reproduce.places import Places, folder_of
from dashboard.reproduce.show_table import offer_runs, show_no_cohort
from dashboard.reproduce.tables import score_of_ours
from dashboard.runs.opening import run_of
from dashboard.survival.choices import CurveChoice
from dashboard.survival.compared import compare
from dashboard.survival.comparison_table import describe_tests
from dashboard.survival.grouping import MEDIAN, RISK_COLOURS, GroupChoice
from pomp.evaluation.group_comparison import GroupComparison
from pomp.runs.grid.table import Entry
from pomp.runs.run import Run
from pomp.wording import p_value

CURVES_PX = 440
"""Of the curves of one run: those of the next go below where the window is too narrow, as numbers at risk need room."""

CLAIM = "p < 0.05"
"""Section 4.3: "the p-values for all datasets are below the commonly used significance level threshold of 0.05"."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The curves of one run."""

    figure: go.Figure
    table: pd.DataFrame
    found: GroupComparison


def show_figure_2(places: Places, cohort: str) -> None:
    """The curves of a cohort, then the p-values of all.

    Args:
        places: Table 1, of which the reference's runs are drawn.
        cohort: whose curves are drawn.
    """
    st.header("Figure 2: high against low risk")
    if folder_of(cohort) is None:
        show_no_cohort(cohort)
    else:
        _show_curves(places, cohort)
        offer_runs(places, cohort)
    _show_p_values(places)


def scored(places: Places) -> list[Entry]:
    """The reference's entries that have a finished run, by cohort and protocol."""
    return [entry for entry in places.entries if entry.variant == places.grid.reference.name and entry.scores]


def _show_curves(places: Places, cohort: str) -> None:
    entries = [entry for entry in places.of(cohort) if entry.variant == places.grid.reference.name]
    row = st.container(horizontal=True)
    for entry in entries:
        with row.container(width=CURVES_PX):
            say_line([of_protocol(entry.protocol)])
            run = run_of(entry) if entry.scores else None
            if run is None:
                st.markdown(plain(f"POMP on {cohort}: {score_of_ours(entry)}."))
                continue
            drawn = draw(run)
            st.markdown(describe_tests(drawn.found, True))
            if said := describe_endpoint(run.info.cohort.endpoint).competing:
                st.caption(said)
            show_figure(
                drawn.figure, f"figure2-{cohort}-{entry.protocol}", drawn.table,
                f"Kaplan-Meier curves of high and low risk, {cohort}, {entry.protocol} protocol",
                command=run.info.command,
            )  # fmt: skip
    st.caption(
        "Out-of-fold groups: high is a risk above the median of the fold's training patients, and the test is "
        "stratified by fold. The paper cuts at the median of the predicted risks and does not say how folds are "
        "pooled. Where several seeds are done, the first is drawn."
    )


@data.kept_for(data.TABLES[0], entries=32)
def draw(run: Run) -> Drawn:
    """High against low risk, cut at the median of each training fold.

    Raises:
        RunError: the run's predictions are damaged.
    """
    endpoint = run.info.cohort.endpoint
    found = compare(run, CurveChoice(endpoint, GroupChoice(MEDIAN), None, 0.0, None, False)).found
    figure = survival_figure(found.curves, RISK_COLOURS, describe_endpoint(endpoint))
    return Drawn(figure, survival_table(found.curves), found)


def p_values(places: Places) -> pd.DataFrame:
    """A row a cohort and protocol: cohort, protocol, paper, logrank_p, permutation_p, hazard_ratio, lower, upper."""
    rows = []
    for entry in scored(places):
        run = run_of(entry)
        if run is None:
            continue
        found = draw(run).found
        ratio = next(iter(found.ratios.values()), None)
        rows.append(
            {
                "cohort": entry.cohort, "protocol": entry.protocol, "paper": CLAIM if entry.published else "",
                "logrank_p": found.logrank and found.logrank.p_value, "permutation_p": found.permutation_p,
                "hazard_ratio": ratio and ratio.ratio, "lower": ratio and ratio.lower, "upper": ratio and ratio.upper,
            }
        )  # fmt: skip
    columns = ["cohort", "protocol", "paper", "logrank_p", "permutation_p", "hazard_ratio", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def _show_p_values(places: Places) -> None:
    table = p_values(places)
    if table.empty:
        return
    st.markdown("**All cohorts**")
    ratios = zip(table["hazard_ratio"], table["lower"], table["upper"], strict=True)
    shown = pd.DataFrame(
        {
            "Cohort": table["cohort"], "Protocol": table["protocol"], "Paper": table["paper"],
            "Log-rank p": [p_value(value) for value in table["logrank_p"].astype(float)],
            "Permutation p": [p_value(value) for value in table["permutation_p"].astype(float)],
            "Hazard ratio": ["–" if pd.isna(one) else f"{one:.2f} ({low:.2f}–{high:.2f})" for one, low, high in ratios],
        }
    )  # fmt: skip
    st.dataframe(shown, hide_index=True, alt="Log-rank p and hazard ratio of each cohort and protocol")
    save_table(table, "figure2-p-values")
    st.caption(
        "The paper says of all six cohorts that p is below 0.05. A small p under a protocol that has seen the test "
        "patients is no evidence: the groups were chosen with their help."
    )
