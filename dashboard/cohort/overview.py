"""The Cohort page's parts on patients: how many are in and why, who they are, how long they lived."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

from dashboard.cohort.clinical import show_clinical
from dashboard.cohort.columns import ClinicalColumn, clinical_columns
from dashboard.cohort.filter_bar import ask_filters, show_filtered
from dashboard.cohort.filters import Filters, owners, select_patients
from dashboard.cohort.findings import show_findings
from dashboard.cohort.funnel import show_funnel, show_left_out
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
    """How many are in and why, and what was measured; all but the funnel is of those whom the filters let through."""
    found = _ask_who(cohort)
    show_findings(check.problems)
    show_funnel(check.log, cohort, found.has)
    if found.somebody():
        show_measured(cohort, found.patients, found.has)


def show_who(check: CohortCheck, cohort: Cohort) -> None:
    """Patient by patient those whom the filters let through, and everybody who was left out."""
    found = _ask_who(cohort)
    if found.somebody():
        show_patients(cohort, found.charted, found.patients, found.has)
    show_left_out(check.log.left_out, cohort)


def show_lives(cohort: Cohort) -> None:
    """The clinical columns, and how long the patients lived, of those whom the filters let through."""
    found = _ask_who(cohort)
    if found.somebody():
        show_clinical(found.charted, found.patients, found.filters)
        show_survival(cohort, found.columns, found.patients)


@dataclass(frozen=True)
class _Found:
    """Whom the filters let through, and what is charted of them."""

    patients: list[str]
    filters: Filters
    columns: dict[str, ClinicalColumn]
    charted: list[ClinicalColumn]
    has: dict[str, frozenset[str]]

    def somebody(self) -> bool:
        """Whether there is anybody; otherwise the page says what to do."""
        if not self.patients:
            empty_state("No patient is as the filters ask.", "Widen a filter above, or clear them all.")
        return bool(self.patients)


def _ask_who(cohort: Cohort) -> _Found:
    """The cards and the filters, which all three parts have."""
    columns, has = clinical_columns(cohort), owners(cohort)
    cards = st.container()
    filters, charted = ask_filters(cohort, columns, list(has))
    patients = select_patients(cohort, columns, has, filters)
    with cards:
        _show_cards(cohort, patients)
        show_filtered(cohort, patients, filters, charted)
    return _Found(patients, filters, columns, charted, has)


def _show_cards(cohort: Cohort, patients: list[str]) -> None:
    endpoint, outcome = describe_endpoint(cohort.endpoint), cohort.outcome.loc[patients]
    events, slides = int(outcome["event"].sum()), cohort.slides["patient"].isin(patients)
    share = f" {percent(events / len(outcome))} of the patients." if patients else ""
    card = card_row()
    card("Patients", f"{len(patients):,}", help="Kept for the analysis; the part Overview says why.")
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
