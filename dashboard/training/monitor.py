"""Watching runs: where each stands, its curves, its log, and what can be done with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import actions, data
from dashboard.badges import of_state, say_line, say_run
from dashboard.elements import (
    empty_state,
    errors_as_text,
    folded,
    plain,
    run_label,
    save_table,
)
from dashboard.runs.listing import concordance_of
from dashboard.state import RUN, pick
from dashboard.training.backends import DEVICE
from dashboard.training.progress import show_curves
from dashboard.training.queue import read_queue, show_queue
from dashboard.words import STAGES, STATES, duration, size, time_left
from pomp.runs.run import Run
from pomp.runs.status import SUDDEN_END, State, Status
from pomp.runs.system_name import system_name

LOG_LINES = 60


def ask_run(runs: Sequence[Run]) -> Run | None:
    """The run to watch; at first the one that is under way, otherwise the newest."""
    if not runs:
        empty_state("There is no run yet.", "Start one on the left: on the demo cohort it takes a few minutes.")
        return None
    by_id = {run.id: run for run in runs}
    busy = next((run.id for run in runs if data.status(run).worked_on), runs[0].id)
    return by_id[
        pick(
            "Run",
            list(by_id),
            RUN,
            first=busy,
            show=lambda key: run_label(by_id[key]),
            explain="All runs, newest first.",
        )
    ]


def read_states(runs: Sequence[Run]) -> dict[str, State]:
    """Run id → state, in the order of the runs."""
    return {run.id: data.status(run).state for run in runs}


def show_run(run: Run, drawn: dict[str, State]) -> None:
    """Everything about one run. `drawn`: the states that the page shows; when one changes, all of it is drawn again."""
    with errors_as_text():
        runs = data.workspace().runs.list()
        statuses = {each.id: data.status(each) for each in runs}
        if drawn != {key: each.state for key, each in statuses.items()}:
            st.rerun()
        status = statuses.pop(run.id)
        say_run(run)
        show_progress(run, status)
        show_buttons(run, status)
        show_curves(run)
        if part := folded("Log", "run-log"):
            with part:
                show_log(run, status)
        if part := folded("Command", "run-command"):
            with part:
                st.code(run.info.command, language="bash", wrap_lines=True)
        with st.expander("Queue", expanded=any(other.active for other in statuses.values())):
            show_queue(read_queue(runs))


def show_log(run: Run, status: Status) -> None:
    said = run.log_tail(LOG_LINES)
    if said or status.active:
        st.code(said or "Nothing yet.", language=None, height=240)
        st.caption(f"The last {LOG_LINES} lines of log.txt in the run's folder.")
    else:
        st.caption("No log was kept with this run.")


def show_progress(run: Run, status: Status) -> None:
    say_line([of_state(status.state)])
    if status.state == "QUEUED":
        waiting, where = actions.waiting(run)
        place = f"place {waiting.index(run.id) + 1} of {len(waiting)} in the queue" if run.id in waiting else "next"
        st.markdown(f"Waiting on {plain(where)}, {place}. It starts by itself.")
    elif status.worked_on:
        st.progress(min(max(status.progress, 0.0), 1.0), text=describe_progress(status))
    elif status.state == "FAILED":
        st.error(plain(status.error or "No reason was recorded; see the log below."), title="The run failed")
    elif status.state == "INTERRUPTED":
        unknown = "The computer or the process ended in the middle. Nothing finished is lost: resume to go on from the "
        known = "" if status.message == SUDDEN_END else plain(status.error or status.message)
        st.warning(known or f"{unknown}last checkpoint.", title="The run was interrupted")
    elif status.state == "STOPPED" and status.message:
        st.caption(plain(status.message))
    if not status.active and (taken := describe_work(status)):
        st.caption(taken)


def describe_work(status: Status) -> str:
    """'Worked on for 3 min 20 s, on node-7 (cuda).' Nothing where nobody has worked on it."""
    if status.seconds is None:
        return ""
    where = f"{status.host} ({status.device})" if status.host and status.device else status.device
    return f"Worked on for {duration(status.seconds)}{f', on {plain(where)}' if where else ''}."


def describe_progress(status: Status) -> str:
    """'Fine-tuning on survival · fold 2 · epoch 3 of 20 · about 1 min left'."""
    parts = [STAGES.get(status.stage or "", "Starting")]
    if status.fold is not None:
        parts.append("all patients" if status.fold < 0 else f"fold {status.fold + 1}")
    if status.epoch is not None:
        parts.append(f"epoch {status.epoch}" + (f" of {status.epochs}" if status.epochs else ""))
    if status.message:
        parts.append(plain(status.message))
    parts.append(time_left(status.eta_seconds))
    return " · ".join(parts)


def show_buttons(run: Run, status: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if status.state in {"QUEUED", "RUNNING"}:
            with st.popover("Stop…", icon=":material/stop_circle:"):
                st.markdown("What is finished is kept, and the run can be resumed later.")
                if st.button("Stop this run", type="primary", key="stop"):
                    actions.stop(run)
                    st.rerun()
        if status.state == "STOPPING":
            with st.popover("End it now…", icon=":material/dangerous:"):
                st.markdown("For a run that does not stop by itself. What came after its last checkpoint is lost.")
                if st.button("End this run", type="primary", key="kill"):
                    actions.kill(run)
                    st.rerun()
        if status.resumable and st.button("Resume", icon=":material/play_arrow:", key="resume"):
            actions.resume(run, st.session_state.get(DEVICE, "auto"))
            st.rerun()
        if status.state == "DONE":
            st.page_link(
                "views/survival.py", label="Open in Survival", icon=":material/monitoring:",
                query_params={RUN: run_label(run)},
            )  # fmt: skip
        if not status.active:
            ask_deletion(run)


def ask_deletion(run: Run) -> None:
    """A button behind a tick that names the run."""
    opened = st.popover("Delete…", icon=":material/delete:", key=f"delete-{run.id}", on_change="rerun")
    if not opened.open:  # a run may have thousands of files to measure
        return
    with opened:
        st.markdown(
            f"**{plain(run_label(run))}** goes for good, with its predictions, maps and checkpoints. The cohort stays. "
            f"On disk: {size(folder_bytes(run.folder))}."
        )
        sure = st.checkbox("Delete this run", key=f"delete-sure-{run.id}")
        if st.button("Delete", type="primary", key="delete", disabled=not sure) and sure:
            actions.delete(run)
            st.rerun()


def folder_bytes(folder: Path) -> int:
    """What a folder takes on disk. Files that go meanwhile count for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(place, name).stat().st_size
    return total


def list_runs(runs: Sequence[Run]) -> None:
    """All runs; choosing a row watches that run."""
    rows = []
    for run in runs:
        status, info = data.status(run), run.info
        rows.append(
            (STATES[status.state][0], info.title, concordance_of(run)[0], info.cohort.title, info.protocol,
             system_name(run.config), None if status.seconds is None else duration(status.seconds),
             info.created[:16].replace("T", " "), status.device, run.id)
        )  # fmt: skip
    columns = [
        "State", "Title", "C-index", "Cohort", "Protocol", "System", "Worked on for", "Made (UTC)", "Device", "Run",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)

    def choose() -> None:
        chosen = st.session_state["runs"].selection.rows
        if chosen:
            st.session_state[RUN] = runs[chosen[0]].id

    st.dataframe(
        table, hide_index=True, key="runs", on_select=choose, selection_mode="single-row", alt="All runs",
        placeholder="–",
        column_config={
            "C-index": st.column_config.NumberColumn(format="%.3f", help="Mean over folds, out of fold."),
            "Worked on for": st.column_config.TextColumn(help="By all its workers; of older runs, the last."),
            "Device": st.column_config.TextColumn(help="cuda: a GPU of NVIDIA; mps: that of an Apple chip; cpu: none."),
        },
    )  # fmt: skip
    save_table(table, "all-runs")
