"""A patient's row of clinical.csv."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import empty_state, plain, save_table
from pomp.data.outcome import TIME_SUFFIX, list_endpoints
from pomp.errors import PompError
from pomp.runs.run import Run

TALL_PX, ROWS = 300, 7


def show_clinical(run: Run, name: str) -> None:
    """What the cohort's files say of the patient."""
    st.header("Clinical data")
    try:
        cohort = data.cohort_check(run.cohort_folder, run.config.cohort).cohort
    except PompError:
        cohort = None
    if cohort is None or name not in cohort.clinical.index:
        empty_state(
            "The cohort folder of this run cannot be read any more, or no longer has this patient.",
            "The risks on this page are kept in the run and are still true of it. The Cohort page says what is wrong.",
            "views/cohort.py", "Go to Cohort",
        )  # fmt: skip
        return
    row = cohort.clinical.loc[name].dropna().map(_as_written)
    table = pd.DataFrame({"value": row}).rename_axis("column").reset_index()
    st.dataframe(
        table, hide_index=True, height=TALL_PX if len(table) > ROWS else "content",
        alt="The patient's row of clinical.csv",
        column_config={"column": "Column", "value": "Value"},
    )  # fmt: skip
    save_table(table, "clinical-data")
    has = [omics for omics, values in cohort.omics.items() if name in values.values.index]
    endpoints = list_endpoints(map(str, cohort.clinical.columns))
    times = ", ".join(f"{name}{TIME_SUFFIX}" for name in endpoints)
    read = f"{times}: days of follow-up; 1 in {' or '.join(endpoints)}: the event was seen. "
    st.caption(plain(f"{read if endpoints else ''}Omics types of this patient: {', '.join(has) or 'none'}."))


def _as_written(value: object) -> str:
    """'4047' of 4047.0: a column with gaps is read as numbers with a point."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
