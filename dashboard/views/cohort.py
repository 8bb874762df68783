"""Cohort: who is in the analysis and why, which genes and slides it works with, and how a new one comes in."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.badges import SYNTHETIC, say_line
from dashboard.cohort.findings import list_findings
from dashboard.cohort.gallery import show_gallery
from dashboard.cohort.genes import show_selection
from dashboard.cohort.overview import show_lives, show_overview, show_who
from dashboard.cohort.preparation import show_preparation
from dashboard.cohort_import.page import show_import
from dashboard.elements import code, empty_state, plain
from dashboard.part import by_itself
from dashboard.state import COHORT, VIEW, arrive, in_a_row, pick, switch

OVERVIEW, PATIENTS, LIVES, GENES, SLIDES = "Overview", "Patients", "Clinical and survival", "Genes", "Slides"
PREPARATION, IMPORT = "Preparation", "Import"
PARTS = [OVERVIEW, PATIENTS, LIVES, GENES, SLIDES, PREPARATION, IMPORT]


@by_itself
def show_page() -> None:
    """All but the title."""
    arrive()
    folders = data.cohort_folders()
    if not folders:
        empty_state(
            "There is no cohort yet.",
            "Import your own below. Or run `pomp demo` in a terminal: it puts two cohorts and finished runs into "
            f"{code(data.workspace().root)}.",
        )
        show_import()
        return
    with in_a_row([1, 4]) as (left, right):
        with right:
            view = switch("Part of the page", PARTS, VIEW, hidden=True)
        with left:
            chosen = pick("Cohort", list(folders), COHORT, explain="The cohort folders of the workspace.")
    if view == IMPORT:
        show_import()
        return
    folder = folders[chosen]
    check = data.cohort_check(folder)
    if check.cohort is None:
        list_findings(check.problems)
        st.markdown(f"Repair the files in {code(folder)} and reload this page. Nothing was changed.")
        return
    say_line([f"**{plain(check.cohort.title)}**", *([SYNTHETIC] if check.cohort.synthetic else [])])
    st.caption(
        f"Source: {plain(check.cohort.source or 'not stated')} · licence: {plain(check.cohort.licence or 'not stated')}"
    )
    if view == OVERVIEW:
        show_overview(check, check.cohort)
    elif view == PATIENTS:
        show_who(check, check.cohort)
    elif view == LIVES:
        show_lives(check.cohort)
    elif view == GENES:
        show_selection(check.cohort)
    elif view == SLIDES:
        show_gallery(check.cohort)
    else:
        show_preparation(check.cohort)


show_page()
