"""Runs that are worked on or wait, on the Start page."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.badges import of_state, quiet, say_line
from dashboard.elements import errors_as_text, plain, run_label
from dashboard.state import RUN
from dashboard.training.monitor import describe_progress
from dashboard.training.queue import describe_place, read_queue

SECONDS = 2


def show_under_way() -> None:
    """Runs that are worked on or wait; drawn again by itself as long as there is one."""
    with errors_as_text():
        places = read_queue(data.workspace().runs.list())
        if places:
            st.header("Under way")
            st.fragment(_watch, run_every=SECONDS)([place.run.id for place in places])


def _watch(drawn: list[str]) -> None:
    """`drawn`: ids of the runs that the page shows as under way; when that changes, all of it is drawn again."""
    with errors_as_text():
        places = read_queue(data.workspace().runs.list())
        if drawn != [place.run.id for place in places]:
            st.rerun()
        for place in places:
            run, status = place.run, place.status
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                title = f"**{plain(run.info.title or run.info.cohort.title)}**"
                say_line([of_state(status.state), title, quiet(describe_place(place))], width="content")
                st.page_link(
                    "views/train.py", label="Watch", icon=":material/visibility:", query_params={RUN: run_label(run)}
                )
            if status.state != "QUEUED":
                st.progress(min(max(status.progress, 0.0), 1.0), text=describe_progress(status))
