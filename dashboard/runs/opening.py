"""Going to the page of one run."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.elements import run_label
from dashboard.state import RUN
from pomp.runs.grid.table import Entry
from pomp.runs.run import Run


def page_of(run: Run) -> str:
    """Survival for a run that has predictions, Train for one that has none yet."""
    return "survival" if data.is_finished(run) else "train"


def open_run(run: Run) -> None:
    """Leave for the page of the run; the address says which run it is."""
    st.session_state[RUN] = run.id
    st.switch_page(f"views/{page_of(run)}.py", query_params={RUN: run_label(run)})


def run_of(entry: Entry) -> Run | None:
    """The run that a cell opens: of several seeds the first that is done, else the first there is."""
    there = [one for one in entry.cells if one.run is not None]
    return next((one.run for one in [*(one for one in there if one.state == "DONE"), *there]), None)
