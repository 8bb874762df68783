"""Runs: all of them, what differs between some, the ablation grids, and what chance gives."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.elements import plain
from dashboard.part import by_itself
from dashboard.runs.chance import show_chance
from dashboard.runs.curves import show_curves
from dashboard.runs.differences import show_differences
from dashboard.runs.grid import show_grid
from dashboard.runs.listing import choose_runs
from dashboard.runs.opening import open_run, page_of
from dashboard.state import switch
from pomp.runs.run import Run

PART = "part"  # its name in the URL
ALL, ABLATIONS, CHANCE = "All runs", "Ablations", "What chance gives"


def show_runs() -> None:
    """The table, and below it what is chosen in it."""
    chosen = choose_runs(data.workspace().runs.list())
    for name, reason in data.workspace().runs.damaged():
        st.warning(plain(reason), title=plain(f"{name} cannot be read"))
    offer_pages(chosen)
    if len(chosen) > 1:
        show_differences(chosen)
    if chosen:
        show_curves(chosen)


def offer_pages(chosen: list[Run]) -> None:
    """A button for each run that goes to its page."""
    with st.container(horizontal=True):
        for run in chosen:
            title = run.info.title or run.info.cohort.title
            words = f"{plain(title)} on {page_of(run).capitalize()}"
            if st.button(words, icon=":material/arrow_forward:", key=f"open-{run.id}"):
                open_run(run)


@by_itself
def show_page() -> None:
    """All but the title."""
    part = switch("Part", [ALL, ABLATIONS, CHANCE], PART, hidden=True)
    if part == ALL:
        show_runs()
    elif part == ABLATIONS:
        show_grid()
    else:
        show_chance()


show_page()
