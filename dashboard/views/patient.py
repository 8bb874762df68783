"""Patient: one patient's risk, how sure it is, what it rests on, and who is similar."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.badges import say_run
from dashboard.elements import empty_state, need_runs, pick_run
from dashboard.part import by_itself
from dashboard.patient.alike import show_alike
from dashboard.patient.certainty import other_group, out_of_hundred, show_certainty
from dashboard.patient.clinical import show_clinical
from dashboard.patient.prediction import show_cards, show_curve
from dashboard.patient.reasons import show_genes, show_parts
from dashboard.patient.tissue import show_tissue
from dashboard.patient.walk import find_patient, fold_by_risk, show_buttons, show_place
from dashboard.state import PATIENT, arrive, held, in_a_row, switch
from pomp.runs.repeats import repeats
from pomp.runs.run import Run

PART = "patient-part"  # its name in the URL
RISK, REASONS, SLIDE, OTHERS = "Risk", "Reasons", "Slide", "Clinical and similar patients"


@by_itself
def show_part(run: Run, seeds: Sequence[Run], patient: pd.Series, fold: pd.DataFrame, changes: float | None) -> None:
    """The switch, and the part that it names: it stays when another patient is chosen."""
    name = str(patient["patient"])
    part = switch("Part of the page", [RISK, REASONS, SLIDE, OTHERS], PART, hidden=True)
    if part == SLIDE:
        show_tissue(run, name)
        return
    left, right = st.columns(2, gap="large")
    if part == RISK:
        with left:
            show_curve(run, patient)
        with right:
            show_place(run, fold, name)
            show_certainty(run, seeds, patient, changes)
    elif part == REASONS:
        with left:
            show_parts(run, name)
        with right:
            show_genes(run, name, int(patient["fold"]))
    else:
        with left:
            show_clinical(run, name)
        with right:
            show_alike(run, fold, patient)


@by_itself
def show_patient(run: Run, seeds: Sequence[Run], predictions: pd.DataFrame) -> None:
    """All but the boxes: what a click changes stands in it, and the rest of the window need not be drawn again.

    Args:
        seeds: the run and its repeats.
        predictions: of the run, by patient.
    """
    arrive()
    name = held(list(predictions["patient"]), PATIENT)
    patient = predictions[predictions["patient"] == name].iloc[0]
    fold = fold_by_risk(predictions, patient)
    show_buttons(fold, name)
    say_run(run, of_patient=True)
    changes = other_group(run, patient)
    show_cards(run, patient, fold, None if changes is None else out_of_hundred(changes))
    show_part(run, seeds, patient, fold, changes)


runs = data.finished_runs()
need_runs(runs)
with in_a_row([1, 1]) as (left, right):
    with left:
        run = pick_run(runs)
    predictions = data.predictions(run).sort_values("patient")
    if predictions.empty:
        empty_state("This run has no patient.", "Choose another run above.")
        st.stop()
    with right:
        find_patient(list(predictions["patient"]))
show_patient(run, repeats(run, runs, data.status), predictions)
