"""From patient to patient of a fold, by risk: two buttons, and a strip on which every patient can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.patient import strip_figure
from dashboard.elements import plain, show_figure
from dashboard.endpoints import describe_endpoint
from dashboard.missed import take_back_missed
from dashboard.once import once
from dashboard.state import PATIENT, go
from dashboard.words import trained_without
from pomp.runs.run import Run

FIND = "find-patient"


def fold_by_risk(predictions: pd.DataFrame, patient: pd.Series) -> pd.DataFrame:
    """The test patients of the patient's fold, the highest risk first; equal risks by name."""
    fold: pd.DataFrame = predictions[predictions["fold"] == patient["fold"]]
    return fold.sort_values(["risk", "patient"], ascending=[False, True], ignore_index=True)


def find_patient(names: Sequence[str]) -> None:
    """A box in which to search, which is empty again once somebody is found.

    It does not show who is on the page: Streamlit builds all options of such a box anew whenever what it shows changes.
    """
    st.selectbox(
        "Find a patient", names, index=None, placeholder="Type to search", key=FIND, filter_mode="contains",
        on_change=_choose_found, help="Anybody of this run, by any part of the name.",
    )  # fmt: skip


def _choose_found() -> None:
    found = st.session_state[FIND]
    if found is not None:
        _choose(found)
        st.session_state[FIND] = None


def show_buttons(fold: pd.DataFrame, name: str) -> None:
    """Who it is, and to the next patient of the fold with a higher or a lower risk."""
    names = list(fold["patient"])
    place = names.index(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(name)}**", width="content")  # no heading: those have an id, which data shall not name
        for label, icon, step in (("Higher risk", "arrow_back", -1), ("Lower risk", "arrow_forward", 1)):
            there = 0 <= place + step < len(names)
            st.button(
                label, icon=f":material/{icon}:", key=f"patient-{label}", disabled=not there, shortcut=_KEYS[step],
                help="The next patient of this fold, whose risks come from the same model.",
                on_click=_choose, args=[names[place + step] if there else name],
            )  # fmt: skip
        st.caption(f"{place + 1:,} of {len(names):,} patients of fold {int(fold['fold'].iloc[0]) + 1}", width="content")


def _choose(patient: str) -> None:
    """Before the page is run: it need not be run twice."""
    take_back_missed()
    st.session_state[PATIENT] = patient


_KEYS = {-1: "shift+left", 1: "shift+right"}  # with Alt they are the browser's Back and Forward


def show_place(run: Run, fold: pd.DataFrame, name: str) -> None:
    """All risks of the fold, this patient's marked; a click opens another patient."""
    st.header("Among the patients of its fold")
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    figure = once(strip_figure, fold, name, float(fold["cutoff"].iloc[0]), endpoint)
    table = fold[["patient", "risk", "cutoff", "high_risk", "time_days", "event"]].assign(
        chosen=fold["patient"] == name
    )
    clicked = show_figure(
        figure, "risks", table, f"Risks of the {len(fold):,} patients of the fold, this one marked",
        command=run.info.command, select=True,
    )  # fmt: skip
    st.caption(
        f"Each point is a test patient of fold {int(fold['fold'].iloc[0]) + 1}: one model gave all these risks, "
        f"which was {trained_without(run.config, 'these patients')}. Above: the event was observed; below: not, or not "
        "yet. Click a point to open that patient."
    )
    if clicked and str(clicked[0]) != name:
        go(**{PATIENT: str(clicked[0])})
