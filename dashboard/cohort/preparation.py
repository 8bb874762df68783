"""The Cohort page's preparation: regions are cut and the genes of every fold chosen, and nothing is trained."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from dashboard import actions, data
from dashboard.cohort.chosen_genes import selection_files
from dashboard.elements import empty_state, errors_as_text, plain, run_label
from dashboard.state import RUN, VIEW, go
from dashboard.training.monitor import read_states, show_progress
from dashboard.training.settings import ask_changes, offers_of
from dashboard.words import PRESET_WORDS, PROTOCOLS
from pomp.config import PRESETS, ProtocolName
from pomp.data.cohort import Cohort
from pomp.runs.command import command_line
from pomp.runs.run import Run
from pomp.runs.status import State
from pomp.wording import count

SECONDS = 2
GENES, SLIDES = "Genes", "Slides"


def show_preparation(cohort: Cohort) -> None:
    """A form that asks for a preparation, and beside it how the last one stands."""
    actions.wake()
    st.header("Preparation")
    what = [count(len(cohort.slides), "slide") + " cut into regions"] if len(cohort.slides) else []
    what += ["the genes of every fold chosen"] if cohort.omics else []
    st.markdown(
        f"Everything that comes before training: {' and '.join(what)}. It shows whether slides can be read and which "
        "genes the model would see. A training with the same settings goes on from here."
    )
    left, right = st.columns([2, 3], gap="large")
    with left, st.container(border=True):
        _ask_preparation(cohort)
    with right:
        _show_last(cohort)


def is_prepared(run: Run) -> bool:
    """Whether a run has all that comes before training: what became of its slides, and the genes of every fold."""
    modalities, chosen = run.config.model.modalities, len(selection_files(run))
    wanted = 0 if modalities == "pathology" else 1 if run.config.rules.selection == "all" else run.config.folds
    return chosen == wanted and (modalities == "omics" or (run.folder / "slides.parquet").is_file())


def _ask_preparation(cohort: Cohort) -> None:
    preset = st.segmented_control(
        "Settings to start from", list(PRESET_WORDS), default="demo", required=True, key="preparation-preset",
        help="\n".join(f"- **{key}**: {text}" for key, text in PRESET_WORDS.items()),
    )  # fmt: skip
    config = PRESETS[preset]
    protocol = st.segmented_control(
        "Protocol", list(get_args(ProtocolName)), default=config.protocol, required=True,
        key=f"preparation-protocol@{preset}", help="\n".join(f"- **{key}**: {text}" for key, text in PROTOCOLS.items()),
    )  # fmt: skip
    with st.expander("Settings of the training that may follow"):
        changes: dict[str, object] = dict(ask_changes(preset, config, offers_of(cohort.folder), "preparation-"))
    if protocol != config.protocol:
        changes["protocol"] = protocol
    with errors_as_text():
        wanted = actions.configuration(preset, changes)
        st.caption("The same from a terminal:")
        command = command_line(data.cohort_argument(cohort.folder), wanted).replace("pomp run ", "pomp prepare ", 1)
        st.code(command, language="bash", wrap_lines=True)
        if st.button("Prepare", type="primary", icon=":material/play_arrow:"):
            run, place = actions.launch(cohort.folder, wanted, "", until="prepare")
            st.toast(f"Queued, place {place}." if place > 1 else "Starting.")
            go(**{RUN: run.id})


def _show_last(cohort: Cohort) -> None:
    """The newest preparation of the cohort, watched as long as it is under way."""
    prepared = [run for run in data.runs_of(cohort) if run.status().until == "prepare"]
    if not prepared:
        empty_state("Nothing has been prepared here yet.", "Start on the left. The page may be closed meanwhile.")
        return
    run = max(prepared, key=lambda run: run.info.created)
    active = run.status().active
    st.fragment(_watch, run_every=SECONDS if active else None)(run, cohort, read_states(data.workspace().runs.list()))


def _watch(run: Run, cohort: Cohort, drawn: dict[str, State]) -> None:
    """How a preparation stands. `drawn`: the states that the page shows; when one changes, it is drawn again."""
    with errors_as_text():
        if drawn != read_states(data.workspace().runs.list()):
            st.rerun()
        st.markdown(f"**{plain(run_label(run))}**")
        status = run.status()
        if is_prepared(run) and not status.active:
            st.badge("prepared", icon=":material/check_circle:", color="green")
        else:
            show_progress(run, status)
        with st.container(horizontal=True, vertical_alignment="center"):
            if status.state in {"QUEUED", "RUNNING"} and st.button("Stop", icon=":material/stop_circle:"):
                actions.stop(run)
                st.rerun()
            if status.resumable and not is_prepared(run) and st.button("Go on", icon=":material/play_arrow:"):
                actions.go_on_preparing(run)
                st.rerun()
            if selection_files(run) and st.button("See the genes", icon=":material/genetics:"):
                go(**{VIEW: GENES, RUN: run.id})
            if len(cohort.slides) and st.button("See the slides", icon=":material/biotech:"):
                go(**{VIEW: SLIDES})
            if is_prepared(run):
                st.page_link(
                    "views/train.py", label="Train: press Resume", icon=":material/model_training:",
                    query_params={RUN: run_label(run)},
                )  # fmt: skip
        with st.expander("Log"):
            st.code(run.log_tail(100) or "Nothing yet.", language=None, height=200)
