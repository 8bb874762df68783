"""The Cohort page's first part: who is in the analysis and why, what was measured, and how long patients lived."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.cohort.clinical import show_clinical
from dashboard.cohort.columns import clinical_columns
from dashboard.cohort.filter_bar import ask_filters, show_filtered
from dashboard.cohort.filters import owners, select_patients
from dashboard.cohort.findings import show_findings
from dashboard.cohort.funnel import show_funnel
from dashboard.cohort.groups import show_survival
from dashboard.cohort.measured import show_measured
from dashboard.cohort.patient_list import show_patients
from dashboard.elements import card_row, empty_state, plain
from dashboard.endpoints import describe_endpoint
from dashboard.words import follow_up
from pomp.data.cohort import Cohort, CohortCheck
from pomp.evaluation.follow_up import median_follow_up
from pomp.wording import percent


def show_overview(check: CohortCheck, cohort: Cohort) -> None:
    """Everything that the files say about the patients; all but the funnel is of those whom the filters let through."""
    columns, has = clinical_columns(cohort), owners(cohort)
    cards = st.container()
    filters, charted = ask_filters(cohort, columns, list(has))
    patients = select_patients(cohort, columns, has, filters)
    with cards:
        _show_cards(cohort, patients)
        show_filtered(cohort, patients, filters, charted)
    show_findings(check.problems)
    show_funnel(check.log, cohort, has)
    if not patients:
        empty_state("No patient is as the filters ask.", "Widen a filter above, or clear them all.")
        return
    show_measured(cohort, patients, has)
    show_clinical(charted, patients, filters)
    show_survival(cohort, columns, patients)
    show_patients(cohort, charted, patients, has)


def _show_cards(cohort: Cohort, patients: list[str]) -> None:
    endpoint, outcome = describe_endpoint(cohort.endpoint), cohort.outcome.loc[patients]
    events, slides = int(outcome["event"].sum()), cohort.slides["patient"].isin(patients)
    share = f" {percent(events / len(outcome))} of the patients." if patients else ""
    card = card_row()
    card("Patients", f"{len(patients):,}", help="Kept for the analysis; see the funnel below.")
    card(
        endpoint.events.capitalize(), f"{events:,}",
        help=f"Endpoint {plain(cohort.endpoint)}: {plain(endpoint.name)}.{share}",
    )  # fmt: skip
    card(
        "Median follow-up", _describe_follow_up(cohort, patients),
        help="By the reverse Kaplan–Meier method (Schemper & Smith 1996): how long half of the patients would have "
        f"been followed, had no {endpoint.event} ended it. The plain median of the times is shorter.",
    )  # fmt: skip
    card("Omics types", len(cohort.omics), help="Tables of molecular measurements.")
    card("Slides", f"{int(slides.sum()):,}", help="Whole-slide images of these patients.")


def _describe_follow_up(cohort: Cohort, patients: list[str]) -> str:
    if not patients:
        return "–"
    outcome = cohort.outcome.loc[patients]
    days = median_follow_up(outcome["time_days"], outcome["event"]).days
    return "not reached" if math.isnan(days) else follow_up(days)
