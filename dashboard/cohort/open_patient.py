"""Tables of patients: a click on a row opens the Patient page, if a finished run has that patient."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import plain, run_label
from dashboard.state import PATIENT, RUN
from pomp.data.cohort import Cohort
from pomp.runs.run import Run

_ROW_PX = 35


def show_patient_table(
    table: pd.DataFrame, name: str, cohort: Cohort | None, *, alt: str, height: int | Literal["content"] = "content",
    config: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """A table with a column `patient`; a row that is clicked opens that patient in the newest run that has them.

    Args:
        table: what is shown.
        name: of the element; unique on the page.
        cohort: whose patients they are; None: there is none yet, and rows cannot be clicked.
        alt: what a screen reader says.
        height: in pixels, at most; short tables are as high as their rows.
        config: of columns, as `st.dataframe` takes it.
    """
    # Whose rows they are is in the key: the row that was ticked among some patients is another one's among others.
    rows = blake2b(repr((cohort and cohort.folder, *table["patient"])).encode(), digest_size=8).hexdigest()
    event: Any = st.dataframe(
        table, hide_index=True, key=f"patients-{name}-{rows}", on_select="ignore" if cohort is None else "rerun",
        selection_mode="single-row", alt=alt, placeholder="–", column_config=config or {},
        height="content" if isinstance(height, int) and len(table) * _ROW_PX < height else height,
    )  # fmt: skip
    if cohort is None or not event.selection.rows:
        return
    patient = str(table["patient"].iloc[event.selection.rows[0]])
    run = newest_run_of(cohort, patient)
    if run is None:
        st.caption(f"No finished run on this cohort has a risk for {plain(patient)}: train one to open them.")
        return
    st.switch_page("views/patient.py", query_params={RUN: run_label(run), PATIENT: patient})


def newest_run_of(cohort: Cohort, patient: str) -> Run | None:
    """The first of the cohort's runs, as `data.runs_of` orders them, that is finished and has the patient."""
    return next((run for run in _finished(cohort) if patient in predicted_patients(run)), None)


@data.kept_for(data.TABLES[0], entries=32)
def predicted_patients(run: Run) -> frozenset[str]:
    """Patients of whom a finished run has a risk.

    Raises:
        RunError: the table is damaged.
    """
    return frozenset(map(str, run.require_predictions()["patient"]))


def _finished(cohort: Cohort) -> Iterator[Run]:
    return (run for run in data.runs_of(cohort) if data.is_finished(run))
