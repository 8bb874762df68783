"""Alignment: whether slides and omics of the same patient find each other, and how well hidden omics are predicted."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.alignment.hidden import show_hidden
from dashboard.alignment.matching import show_matching
from dashboard.alignment.scores import has_alignment
from dashboard.badges import say_run
from dashboard.elements import need_runs, pick_run, plain
from dashboard.not_explained import explained_first
from dashboard.part import by_itself
from dashboard.state import switch
from pomp.runs.run import Run

VIEW = "alignment-view"
MATCHING, HIDDEN = "Slides and omics", "Hidden omics"


@by_itself
def show_part(run: Run) -> None:
    """The switch, and the part that it names."""
    if switch("Part", [MATCHING, HIDDEN], VIEW, hidden=True) == MATCHING:
        show_matching(run)
    else:
        show_hidden(run)


finished = data.finished_runs()
need_runs(finished)
# Where some have something to show, those that lack it by their age are not offered; where none has, the page says why.
shown = [one for one in finished if has_alignment(one)]
run = pick_run(explained_first(shown, finished) if shown else finished)
say_run(run)
st.caption(
    "What pre-training has learnt, before it saw any survival: it brings slide and omics of the same patient together, "
    "and predicts omics types that are hidden from it."
)
if run.config.rules.pretraining == "all":
    st.warning(
        f"Under the protocol {plain(run.info.protocol)}, pre-training saw all patients, those of the test folds "
        "included. None of these numbers is out of fold: new patients would match worse. An honest run shows by how "
        "much.",
        title="Pre-training saw these patients",
    )
show_part(run)
