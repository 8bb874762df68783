"""The Cohort page's slides: what was found on each, and why one could not be used."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.cohort.open_patient import predicted_patients
from dashboard.cohort.slide_states import SlideStates, slide_picture, slide_states
from dashboard.elements import card_row, empty_state, plain, run_label, save_table
from dashboard.state import ONLY, PAGE, PATIENT, RUN, SLIDE, SORT, VIEW, go, switch
from pomp.data.cohort import Cohort
from pomp.errors import SlideError
from pomp.runs.run import Run
from pomp.slides.store import regions_path
from pomp.wording import count

A_PAGE = 12
CARD_PX = 232
"""Four in one row of a window of 1400 px; where it is narrow, they go to a new line, and their links are whole."""

SEARCH = "cohort-slide"
"""Name in the URL."""

ALL, PROBLEMS = "All slides", "With problems"
_NO_BREAK = "\u00a0"
FEWEST, BY_NAME = "Fewest regions first", "By name"


def show_gallery(cohort: Cohort) -> None:
    """A card a slide, in pages."""
    st.header("Slides")
    if cohort.slides.empty:
        empty_state(
            "This cohort has no slides.",
            "Add a `slides.csv` with the columns patient and file to its folder, or import it again from a folder that "
            "holds the slides. Without slides, the model reads omics alone.",
        )
        return
    found = slide_states(cohort)
    if found is None:
        empty_state(
            f"{count(len(cohort.slides), 'slide')}, none of them prepared yet.",
            "A preparation finds the tissue, cuts it into regions and shows both here. Nothing is trained.",
        )
        _lead_to_preparation()
        return
    states = found.table
    _show_counts(states)
    chosen = _ask_slides(states)
    pages = max(1, math.ceil(len(chosen) / A_PAGE))
    if st.session_state.get(PAGE, 1) > pages:
        st.session_state[PAGE] = 1
    place = st.container()
    page = st.pagination(pages, key=PAGE, bind="query-params") if pages > 1 else 1
    shown = chosen.iloc[(page - 1) * A_PAGE : page * A_PAGE]
    pictured = [slide for slide in shown["slide"] if regions_path(cohort.folder, slide, found.config).is_file()]
    with place:
        if len(pictured) < len(shown):
            _explain_no_picture(len(shown) - len(pictured), found.run)
        _show_cards(cohort, found, shown)
    if pictured:
        st.caption("Green: the outline of the tissue that was found. Orange: the regions that the model reads.")
    if found.run:
        st.caption(f"Regions as in {plain(run_label(found.run))}.")
    save_table(chosen, "slides")


def _lead_to_preparation() -> None:
    if st.button("Go to Preparation", type="primary", icon=":material/arrow_forward:"):
        go(**{VIEW: "Preparation"})


def _explain_no_picture(slides: int, run: Run | None) -> None:
    """A run may have come without its regions, as those of the bundle do: they are made again from the slides."""
    told = "What the cards say of them is what the run found where it was made. " if run else ""
    empty_state(
        f"{count(slides, 'slide')} of those below {'has' if slides == 1 else 'have'} not been cut into regions here.",
        f"So there is no picture of them. {told}A preparation cuts slides into regions, and trains nothing.",
    )
    _lead_to_preparation()


def _ask_slides(states: pd.DataFrame) -> pd.DataFrame:
    """The slides to be shown, in their order."""
    with st.container(horizontal=True):
        only = switch("Show", [ALL, PROBLEMS], ONLY)
        order = switch("Order", [FEWEST, BY_NAME], SORT)
        wanted = st.text_input(
            "Find a slide", key=SEARCH, type="search", placeholder="slide, patient or problem", bind="query-params",
            width=280,
        )  # fmt: skip
    chosen = states if only == ALL else states[states["problem"] != ""]
    if chosen.empty:
        st.caption("There is no slide with a problem.")
    text = (wanted or "").strip()
    if text:
        columns = chosen[["slide", "patient", "problem"]]
        hit = columns.apply(lambda cells: cells.str.contains(text, case=False, regex=False)).any(axis=1)
        chosen = chosen[hit]
        st.caption(f"{count(len(chosen), 'slide')} found.")
    return chosen.sort_values(["regions", "slide"] if order == FEWEST else "slide", na_position="first")


def _show_counts(states: pd.DataFrame) -> None:
    regions = states["regions"].dropna()
    card = card_row()
    card("Slides", f"{len(states):,}")
    card("Patients", f"{states['patient'].nunique():,}", help="With at least one slide.")
    card(
        "Regions a slide", f"{regions.median():,.0f}" if len(regions) else "–",
        help=f"Median over the slides that could be used. In all: {int(regions.sum()):,} regions.",
    )  # fmt: skip
    card(
        "With problems", f"{int((states['problem'] != '').sum()):,}",
        help="Slides that could not be used, or that are not prepared yet.",
    )  # fmt: skip


def _show_cards(cohort: Cohort, found: SlideStates, shown: pd.DataFrame) -> None:
    finished = [run for run in data.runs_of(cohort) if data.is_finished(run)]
    mapped = next((run for run in finished if data.has_maps(run)), None)
    patients = set(data.mapped_patients(mapped)) if mapped else set()
    with st.container(horizontal=True):
        for row in shown.to_dict("records"):
            with st.container(border=True, width=CARD_PX, height="stretch"):
                _show_picture(cohort, found, row["slide"])
                st.markdown(f"**{plain(row['slide'])}**")
                st.caption(f"{plain(row['patient'])} · {_describe(row['regions'], row['mpp'])}")
                if row["note"]:
                    st.caption(plain(row["note"]))
                if row["problem"]:
                    st.warning(plain(row["problem"]))
                if mapped and row["patient"] in patients:
                    _link(mapped, row["patient"], row["slide"])
                with_risk = next((run for run in finished if row["patient"] in predicted_patients(run)), None)
                if with_risk is not None:
                    _link_patient(with_risk, row["patient"])


def _show_picture(cohort: Cohort, found: SlideStates, slide: str) -> None:
    path = regions_path(cohort.folder, slide, found.config)
    if not path.is_file():
        return
    try:
        st.image(slide_picture(path), width="stretch", alt=f"Slide {slide} with its tissue and regions")
    except SlideError as error:
        st.warning(plain(error))


def _describe(regions: float, mpp: float) -> str:
    """'37 regions · 0.25 µm/px'."""
    cut = "no regions" if math.isnan(regions) else count(int(regions), "region")
    return f"{cut} · {'states no mpp' if math.isnan(mpp) else f'{mpp:.3g}{_NO_BREAK}µm/px'}"


def _link_patient(run: Run, patient: str) -> None:
    st.page_link(
        "views/patient.py", label="Open the patient", icon=":material/person:",
        query_params={RUN: run_label(run), PATIENT: patient},
    )  # fmt: skip


def _link(run: Run, patient: str, slide: str) -> None:
    st.page_link(
        "views/slide.py", label="Look at it closely", icon=":material/zoom_in:",
        query_params={RUN: run_label(run), PATIENT: patient, SLIDE: slide},
    )  # fmt: skip
