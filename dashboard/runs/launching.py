"""Launching the missing cells of a grid, once somebody has been told how many they are and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import actions
from dashboard.elements import errors_as_text, plain
from dashboard.training.forecast import Planned, plan_command, show_plan
from dashboard.words import duration
from pomp.errors import RunError
from pomp.runs.forecast.accelerators import THIS
from pomp.runs.grid.cells import Cell
from pomp.runs.grid.fill import FilledCell, seconds_left, to_do
from pomp.runs.grid.launch import launch
from pomp.runs.grid.spec import Grid
from pomp.wording import count

_SAID = "launch-said"


def offer_launch(grid: Grid, cells: Sequence[Cell], filled: Sequence[FilledCell]) -> None:
    """A button for the cells that are missing or were stopped; nothing happens before it is confirmed."""
    missing = to_do(filled)
    if not missing:
        return
    words = f"Launch {count(len(missing), 'missing run')}…"
    opened = st.popover(words, icon=":material/play_arrow:", type="primary", key="launch-grid", on_change="rerun")
    if opened.open:  # the estimate keeps the machine busy for seconds
        with opened, errors_as_text():
            _confirm(grid, cells, filled, missing)


def say_what_became_of_it() -> None:
    """What could not be queued when cells were launched last; at the top of the page, once."""
    for line in st.session_state.pop(_SAID, []):
        st.warning(plain(line))


def _confirm(grid: Grid, cells: Sequence[Cell], filled: Sequence[FilledCell], missing: Sequence[FilledCell]) -> None:
    backend = actions.chosen_backend()
    again = sum(one.run is not None for one in missing)
    said = f"**{count(len(missing), 'run')}** on {plain(backend.where)}"
    st.markdown(said + (f", {again} of which go on from where they were stopped." if again else "."))
    _show_time(filled, missing)
    st.caption("They wait in the queue and start by themselves, also when this page is closed.")
    if st.button("Launch", type="primary", key="launch-confirmed"):
        made = launch(grid, cells, backend)
        room = count(len(made.queued), "run")
        left = f"The queue has room for {room}. Launch the other {len(made.left)} when it has more."
        st.session_state[_SAID] = [*made.refused, *([left] if made.left else [])]
        st.rerun()


def _show_time(filled: Sequence[FilledCell], missing: Sequence[FilledCell]) -> None:
    """About how long the runs take one after another: as those that are done did, else as `pomp plan` says."""
    wanted = next((one.cell.wanted for one in missing if one.cell.wanted is not None), None)
    if said := how_long(filled, missing):
        st.markdown(said)
    elif wanted is not None:
        words = plan_command(wanted.folder, wanted.config, THIS, None)
        show_plan(words, wanted.folder, partial(_show_planned, len(missing)))


def how_long(filled: Sequence[FilledCell], missing: Sequence[FilledCell]) -> str:
    """About how long the runs take, going by those that are done; empty where none is."""
    seconds = seconds_left([one for one in filled if one.state == "DONE"], missing)
    if seconds is None:
        return ""
    return f"About {duration(seconds)} one after another, going by the runs of this grid that are done."


def _show_planned(runs: int, first: Planned) -> None:
    """How long the runs take, by the plan of the first."""
    try:
        together = duration(first.result().seconds * runs)
    except RunError as error:
        st.markdown(f"How long they take cannot be said: {plain(error)}")
    else:
        st.markdown(f"About {together} one after another on this machine, if all take as long as the first.")
