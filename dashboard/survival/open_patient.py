"""From a curve or a row to the page of a patient."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.elements import plain
from dashboard.state import PATIENT

_LISTED = 12


def open_patient(patient: str) -> None:
    """Leave for the Patient page, where the run stays the one that is chosen here."""
    st.switch_page("views/patient.py", query_params={PATIENT: patient})


def offer_patients(patients: Sequence[str]) -> None:
    """Open the one patient there is; of several, say who they are and let the reader choose; of none, say nothing."""
    if not patients:  # where a curve begins
        return
    if len(patients) == 1:
        open_patient(patients[0])
    st.markdown(f"Follow-up of {len(patients)} patients ended at this time. Open one:")
    with st.container(horizontal=True):
        for patient in patients[:_LISTED]:
            if st.button(plain(patient), key=f"survival-open-{patient}", icon=":material/person:"):
                open_patient(patient)
