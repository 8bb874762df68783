"""Train: start a run, watch it, stop it, go on with it, delete it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import actions, data
from dashboard.elements import code, errors_as_text, no_cohort, plain
from dashboard.state import COHORT, RUN, pick
from dashboard.training.backends import ask_backend, ask_device, show_complaint
from dashboard.training.forecast import ask_plan
from dashboard.training.monitor import ask_run, list_runs, read_states, show_run
from dashboard.training.settings import (
    ask_changes,
    ask_companions,
    ask_modality,
    ask_preset,
    ask_protocol,
    offers_of,
    show_changes,
)
from pomp.config import PRESETS
from pomp.runs.command import command_line
from pomp.runs.status import ACTIVE

SECONDS = 2


def ask_configuration(folders: dict[str, Path]) -> None:
    """The form of a new run; starting one makes it the run that the page watches."""
    folder = folders[pick("Cohort", list(folders), COHORT, explain="The cohort folders of the workspace.")]
    preset = ask_preset()
    config = PRESETS[preset]
    changes = ask_protocol(preset, config) | ask_modality()
    changes |= ask_changes(preset, config, offers_of(folder))
    changes |= ask_companions(data.companion_names(folder))
    show_changes(changes, preset, config)
    device = ask_device()
    title = st.text_input("Title", key="title", max_chars=120, placeholder="optional")
    with errors_as_text():
        wanted = actions.configuration(preset, changes)
        st.caption("The same run from a terminal:")
        command = command_line(data.cohort_argument(folder), wanted) + (
            f" --device {device}" if device != "auto" else ""
        )
        st.code(command, language="bash", wrap_lines=True)
        if st.button("Start", type="primary", icon=":material/play_arrow:"):
            run, position = actions.launch(folder, wanted, title, device=device)
            st.session_state[RUN] = run.id
            st.toast(f"Queued, place {position}." if position > 1 else "Starting.")
        ask_plan(folder, wanted)


folders = data.cohort_folders()
if not folders:
    no_cohort("There is no cohort to train on.")
    st.stop()
actions.wake()
left, right = st.columns([4, 5], gap="large")
show_complaint()
with left:
    with st.container(border=True):
        st.header("New run")
        ask_configuration(folders)
    with st.container(border=True):
        ask_backend()
with right:
    runs = data.workspace().runs.list()
    run = ask_run(runs)
    if run is not None:
        drawn = read_states(runs)
        # The timer lives only as long as there is something to watch.
        st.fragment(show_run, run_every=SECONDS if ACTIVE & set(drawn.values()) else None)(run, drawn)
st.header("All runs")
st.caption("Choose a row to watch that run. The Runs page compares them.")
list_runs(runs)
for name, reason in data.workspace().runs.damaged():
    st.warning(
        f"{plain(reason)} Its folder is {code(data.workspace().runs.root / name)}.",
        title=plain(f"{name} cannot be read"),
    )
