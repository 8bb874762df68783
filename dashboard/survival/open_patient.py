"""From a curve or a row to the page of a patient."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.elements import plain, run_label
from dashboard.state import PATIENT, RUN
from pomp.runs.run import Run

_LISTED = 12


def open_patient(run: Run, patient: str) -> None:
    """Leave for the Patient page; the address says which run and who."""
    st.session_state[PATIENT] = patient
    st.switch_page("views/patient.py", query_params={RUN: run_label(run), PATIENT: patient})


def offer_patients(run: Run, patients: Sequence[str]) -> None:
    """Open the one patient there is; of several, say who they are and let the reader choose."""
    if len(patients) == 1:
        open_patient(run, patients[0])
    st.markdown(f"Follow-up of {len(patients)} patients ended at this time. Open one:")
    with st.container(horizontal=True):
        for patient in patients[:_LISTED]:
            if st.button(plain(patient), key=f"survival-open-{patient}", icon=":material/person:"):
                open_patient(run, patient)
