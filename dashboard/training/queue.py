"""The Train page's queue: what is worked on and what waits, here and on clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import actions, data
from dashboard.badges import of_state, quiet, say_line
from dashboard.elements import errors_as_text, plain
from dashboard.state import RUN
from dashboard.words import time_left
from pomp.runs.backends.choice import backend_of
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.wording import percent


@dataclass(frozen=True)
class Place:
    """One run that is worked on or waits."""

    run: Run
    status: Status
    where: str
    """'this machine', or which cluster."""
    number: int | None
    """Place among those that wait there, from 1; None: it is worked on, or its place is not known."""


def read_queue(runs: Sequence[Run]) -> list[Place]:
    """Runs under way first, then those that wait, in their order, by where they do."""
    places, waiting = [], {}
    for run in runs:
        status = data.status(run)
        if not status.active:
            continue
        where = backend_of(data.workspace(), run).where
        if status.state == "QUEUED" and where not in waiting:
            waiting[where] = actions.waiting(run)[0]
        line = waiting.get(where, [])
        number = line.index(run.id) + 1 if status.state == "QUEUED" and run.id in line else None
        places.append(Place(run, status, where, number))
    return sorted(places, key=lambda place: (place.status.state == "QUEUED", place.where, place.number or 0))


def show_queue(places: Sequence[Place]) -> None:
    """A line a run, with what can be done about it."""
    if not places:
        st.caption("Nothing is worked on and nothing waits. What is started on the left appears here.")
        return
    for place in places:
        _show_place(place)


def _show_place(place: Place) -> None:
    run, status = place.run, place.status
    with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True):
        title = plain(run.info.title or run.info.cohort.title)
        say_line([of_state(status.state), title, quiet(describe_place(place))], width="content")
        st.button(
            "Watch", key=f"queue-watch-{run.id}", type="tertiary", icon=":material/visibility:", on_click=_watch,
            args=[run.id],
        )  # fmt: skip
        if status.state == "QUEUED":
            with errors_as_text():
                if st.button("Take off", key=f"queue-off-{run.id}", type="tertiary", icon=":material/close:"):
                    actions.stop(run)
                    st.rerun()
        elif status.state == "RUNNING":
            with st.popover("Stop…", icon=":material/stop_circle:", type="tertiary", key=f"queue-stop-{run.id}"):
                st.markdown("What is finished is kept, and the run can be resumed later.")
                with errors_as_text():
                    if st.button("Stop this run", type="primary", key=f"queue-stop-now-{run.id}"):
                        actions.stop(run)
                        st.rerun()


def describe_place(place: Place) -> str:
    """'honest · on this machine · 40 % done · 3 min 20 s left', 'honest · waits on this machine, place 2'."""
    status = place.status
    if status.state == "QUEUED":
        number = "next" if place.number is None else f"place {place.number}"
        return f"{place.run.info.protocol} · waits on {place.where}, {number}"
    done = f"{percent(status.progress)} done · {time_left(status.eta_seconds)}"
    return f"{place.run.info.protocol} · on {place.where} · {done}"


def _watch(run_id: str) -> None:
    st.session_state[RUN] = run_id
