"""Start: where things stand, and what to do next."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.start.cohorts import show_cohorts
from dashboard.start.condition import show_health
from dashboard.start.finished import show_finished
from dashboard.start.next_steps import next_steps
from dashboard.start.under_way import show_under_way
from dashboard.start.ways_in import show_two_ways_in
from pomp.runs.null import is_null

SIDE_PX = 250
"""Of what to do next: columns would leave it no room in a narrow window."""

st.markdown(
    "Survival from slides and omics: train the model POMP on a cohort, see how far its risks can be trusted, and look "
    "at what they rest on. **Research use only**: nothing here may guide the treatment of any patient."
)
folders = data.cohort_folders()
runs = data.workspace().runs.list()
finished = [run for run in runs if data.is_finished(run) and not is_null(run)]
beside = st.container(horizontal=True, gap="medium")
left, right = beside.container(), beside.container(width=SIDE_PX)
with left:
    if not folders and not runs:
        show_two_ways_in()
    else:
        show_finished(finished)
        show_under_way()
        show_cohorts(folders, runs)
with right:
    st.header("What next")
    for step in next_steps(len(folders), [data.status(run).state for run in runs], len(finished)):
        with st.container(border=True, gap="small"):
            st.markdown(step.text)
            st.page_link(step.page, label=step.link, icon=":material/arrow_forward:")
    show_health()
