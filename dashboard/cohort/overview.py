"""The Cohort page's first part: who is in the analysis and why, what was measured, and how long patients lived."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.cohort import bar_figure, funnel_figure, histogram_figure, modality_figure, modality_table
from dashboard.charts.survival import survival_figure, survival_table
from dashboard.elements import plain, save_table, show_figure, show_problems
from dashboard.endpoints import describe_endpoint
from dashboard.theme import EVERYBODY
from dashboard.words import KINDS, follow_up
from pomp.data.cohort import Cohort, CohortCheck
from pomp.data.exclusion import ExclusionLog

AGE, SEX, STAGE = re.compile(r"\bage|^age", re.I), re.compile(r"^(sex|gender)$", re.I), re.compile(r"stage", re.I)


def find_column(clinical: pd.DataFrame, name: re.Pattern[str]) -> str | None:
    return next((column for column in map(str, clinical) if name.search(column)), None)


def show_cards(cohort: Cohort) -> None:
    endpoint, outcome = describe_endpoint(cohort.endpoint), cohort.outcome
    events, median = int(outcome["event"].sum()), float(outcome["time_days"].median())
    cards = st.columns(5)
    cards[0].metric("Patients", len(cohort.patients), border=True, help="Kept for the analysis; see the funnel below.")
    cards[1].metric(
        endpoint.events.capitalize(), events, border=True,
        help=f"Endpoint {plain(cohort.endpoint)}: {endpoint.name}. {events / len(outcome):.0%} of the patients.",
    )  # fmt: skip
    cards[2].metric(
        "Median follow-up", follow_up(median), border=True,
        help="Half of the patients were followed for longer, whether or not the event was seen.",
    )  # fmt: skip
    cards[3].metric("Omics types", len(cohort.omics), border=True, help="Tables of molecular measurements.")
    cards[4].metric("Slides", len(cohort.slides), border=True, help="Whole-slide images of the patients kept.")


def show_overview(check: CohortCheck, cohort: Cohort) -> None:
    """Everything that the files say about the patients."""
    show_cards(cohort)
    show_problems(check.problems)
    st.subheader(f"Who is in: {check.log.kept} of {check.log.steps[0].count} patients")
    show_steps(check.log)
    show_omics(cohort)
    show_clinical(cohort)
    show_survival(cohort)


def show_steps(log: ExclusionLog) -> None:
    """The funnel, and beside it everybody who was left out, with the reason."""
    steps, left_out = log.steps, log.left_out
    left, right = st.columns([3, 2])
    with left:
        counts = pd.DataFrame({"step": [step.label for step in steps], "patients": [step.count for step in steps]})
        show_figure(funnel_figure(steps), "funnel", counts, "Patients left after each step, from loaded to kept")
        if any(step.masked for step in steps):
            st.caption(
                "Grey bars: patients who have that type of data. Those who lack it stay in, and the model is told "
                "that it is missing."
            )
    with right:
        st.markdown(f"**{len(left_out)} left out**")
        if left_out:
            reasons = pd.DataFrame({"patient": left_out.keys(), "reason": left_out.values()})
            st.dataframe(
                reasons,
                hide_index=True,
                height=240 if len(reasons) > 5 else "content",
                alt="Patients left out, with the reason",
            )
            save_table(reasons, "left-out")
        else:
            st.caption("Everybody who was loaded is kept.")


def show_omics(cohort: Cohort) -> None:
    st.subheader("What was measured")
    left, right = st.columns([3, 2])
    with left:
        overview = data.omics_overview(cohort)
        overview = overview.assign(values=overview["values"].map(KINDS), missing=100 * overview["missing"])
        st.dataframe(
            overview, hide_index=True, alt="Patients, genes and missing values of each omics type",
            column_config={
                "type": "Type",
                "values": st.column_config.TextColumn("Values", help="What the numbers of the table are."),
                "patients": "Patients",
                "genes": st.column_config.NumberColumn("Genes", help="Columns: genes, microRNAs or sites."),
                "missing": st.column_config.NumberColumn(
                    "Missing", format="%.1f %%", help="Share of empty cells. They are imputed within each fold."
                ),
                "normals": st.column_config.NumberColumn(
                    "Normal samples", help="Healthy tissue in the same table, for the differential test."
                ),
            },
        )  # fmt: skip
    with right:
        has = {name: list(table.values.index) for name, table in cohort.omics.items()}
        if len(cohort.slides):
            has["slides"] = list(cohort.slides["patient"])
        table = modality_table(cohort.patients, has)
        show_figure(modality_figure(table), "modalities", table, "Which patients have which types of data")
        st.caption("Each row is a group of patients with the same data. Blue: they have it.")


def show_clinical(cohort: Cohort) -> None:
    st.subheader("Clinical overview")
    age, sex, stage = (find_column(cohort.clinical, name) for name in (AGE, SEX, STAGE))
    places = st.columns(3)
    for place, column, title in zip(places, (age, sex, stage), ("Age", "Sex", "Stage"), strict=True):
        with place:
            if column is None:
                st.caption(f"No column for {title.lower()} in clinical.csv.")
            elif title == "Age":
                years = pd.to_numeric(cohort.clinical[column], errors="coerce").dropna()
                table = years.rename("age").rename_axis("patient").reset_index()
                show_figure(histogram_figure(years, "Age at diagnosis (years)"), "age", table, "Histogram of ages")
            else:
                values = cohort.clinical[column].astype("string").fillna("not recorded")
                counts = values.value_counts().sort_index()
                table = counts.rename("patients").rename_axis(title.lower()).reset_index()
                show_figure(bar_figure(counts, title), title.lower(), table, f"Patients by {title.lower()}")


def show_survival(cohort: Cohort) -> None:
    endpoint = describe_endpoint(cohort.endpoint)
    st.subheader(endpoint.name.capitalize())
    curves = {"all patients": data.overall_survival(cohort.outcome)}
    show_figure(
        survival_figure(curves, {"all patients": EVERYBODY}, endpoint), "survival", survival_table(curves),
        f"Kaplan-Meier curve of {endpoint.name} of all patients",
    )  # fmt: skip
    st.caption(
        "Kaplan–Meier estimate with its 95 % band. A tick marks a patient whose follow-up ended there without the "
        "event (censored). The numbers below count who is still followed at the start of each time."
    )
