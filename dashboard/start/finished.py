"""The newest finished runs on the Start page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import data
from dashboard.badges import SYNTHETIC, of_protocol, of_system, quiet, say_line
from dashboard.elements import empty_state, plain, run_label
from dashboard.state import RUN
from pomp.errors import PompError
from pomp.runs.grid.score import mean_sd, score_run
from pomp.runs.run import Run
from pomp.wording import count, number

SHOWN = 6
CARD_PX = 208
"""Wide enough for every number and badge of a card; three fit beside each other in a window of 1400 px, and they go to
a new line where it is narrow."""


def show_finished(runs: Sequence[Run]) -> None:
    """The newest finished runs, with what they are worth and where to open them."""
    st.header("Finished runs")
    if not runs:
        empty_state("There is no finished run yet.", "Start one on the Train page.", "views/train.py", "Go to Train")
        return
    with st.container(horizontal=True):
        for run in runs[:SHOWN]:
            with st.container(border=True, width=CARD_PX, height="stretch"):
                _show_finished(run)
    if len(runs) > SHOWN:
        st.page_link("views/runs.py", label=f"All {len(runs)} finished runs", icon=":material/arrow_forward:")


def _show_finished(run: Run) -> None:
    info = run.info
    st.markdown(f"**{plain(info.title or info.cohort.title)}**")
    what = info.cohort.title if info.title else count(info.cohort.patients, "patient")
    hospitals = " · folds of whole hospitals" if run.config.folds_by == "sites" else ""
    made = [SYNTHETIC] if info.cohort.synthetic else []
    said = quiet(f"{what} · seed {info.seed}{hospitals}")
    say_line([*of_system(run), of_protocol(info.protocol), *made, said])
    try:
        mean, sd = mean_sd([score_run(run)])
        st.metric(
            "C-index, mean ± sd", f"{number(mean)} ± {number(sd)}",
            help="Over folds, whose patients were not trained on. 0.5 is guessing, 1 is perfect.",
        )  # fmt: skip
    except PompError as error:
        st.warning(plain(error))
    label = run_label(run)
    with st.container(horizontal=True, gap="small"):
        st.page_link("views/survival.py", label="Survival", icon=":material/monitoring:", query_params={RUN: label})
        st.page_link("views/patient.py", label="Patients", icon=":material/person:", query_params={RUN: label})
        if data.has_maps(run):
            st.page_link("views/slide.py", label="Slides", icon=":material/biotech:", query_params={RUN: label})
