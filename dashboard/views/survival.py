"""Survival: how well a run tells high from low risk, beside plain models and beside another protocol."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import data
from dashboard.badges import say_run
from dashboard.elements import empty_state, need_runs, pick_run, plain
from dashboard.part import by_itself
from dashboard.report.downloads import offer_report
from dashboard.state import arrive, in_a_row, switch
from dashboard.survival.calibration import CALIBRATION, PART, show_calibration
from dashboard.survival.comparison import Beside, choose_other, put_beside
from dashboard.survival.curves import show_curves
from dashboard.survival.epochs import show_epochs
from dashboard.survival.headline import show_headline
from dashboard.survival.models import show_models
from dashboard.survival.patients import show_patients
from dashboard.words import PROTOCOLS
from pomp.evaluation.report import EvaluationReport
from pomp.runs.run import Run

CURVES, MODELS, EPOCHS, PATIENTS = "Curves", "C-index", "Epochs", "Patients"


@by_itself
def show_part(run: Run, report: EvaluationReport, beside: Beside | None, runs: Sequence[Run]) -> None:
    """The switch, and the part that it names."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        part = switch("Part of the page", [CURVES, MODELS, CALIBRATION, EPOCHS, PATIENTS], PART, hidden=True)
        offer_report(run)
    if part == CURVES:
        show_curves(run)
    elif part == MODELS:
        show_models(run, report, beside, runs)
    elif part == CALIBRATION:
        show_calibration(run, report)
    elif part == EPOCHS:
        show_epochs(run, runs)
    else:
        show_patients(run)


arrive()
runs = data.finished_runs()
need_runs(runs)
with in_a_row([1, 1]) as (left, right):
    with left:
        run = pick_run(runs)
    if data.predictions(run).empty:
        empty_state("This run has no patient.", "Choose another run above.")
        st.stop()
    with right:
        other = choose_other(run, runs)
say_run(run, of_patient=True)
st.markdown(f"**{plain(run.info.protocol)}** protocol: {PROTOCOLS[run.info.protocol]}")
report = data.report(run)
beside = None if other is None else put_beside(run, report, other)
show_headline(report, beside.found if beside else None, named=beside is not None and beside.named)
show_part(run, report, beside, runs)
