"""What is chosen, and the address: choices stand in the URL, so that a page can be shared and reloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dashboard.missed import (
    forget_missed,
    has_to_be_taken_back,
    misses_said_in,
    note_missed,
    say_missed,
    take_back_missed,
)

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

COHORT, RUN, COMPARE, PATIENT, SLIDE, MAP = "cohort", "run", "compare", "patient", "slide", "map"
"""Names in the URL. They are shared by all pages: a run chosen on one page is chosen on the next."""

VIEW, SOURCE, FOLDER, PAGE, SORT, ONLY = "view", "source", "folder", "page", "sort", "only"
"""Names in the URL of the Cohort page alone: its part, and what is chosen there."""

_OF_DATA = {COHORT, RUN, COMPARE, PATIENT, SLIDE}
_NEXT, _PAGE, _WRITTEN = "_next", "_page", "_written"
"""In the session: what `go` chooses; the page that was drawn last; what that page itself wrote into the URL."""

Choice = TypeVar("Choice", bound=str)


def pick(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    show: Callable[[str], str] = str,
    first: str | None = None,
    explain: str | None = None,
) -> str:
    """A select box whose choice stands in the URL; one that is no longer there falls back to `first`.

    What is chosen at first is left out of the URL, unless it is data, or depends on them: then another day's first
    choice could be another one.

    Args:
        label: shown above the box.
        options: at least one.
        key: one of the names above.
        show: option → what the box and the URL say, different for every option.
        first: chosen at first, where the data say which; the first option if not given.
        explain: for the question mark beside the label.
    """
    by_data = key in _OF_DATA or first is not None
    if st.session_state.get(key) not in options:
        addressed = {show(option): option for option in options}
        asked = st.query_params.get(key, "")
        if asked not in addressed:
            note_missed(key, asked)
        st.session_state[key] = addressed.get(asked, options[0] if first is None else first)
        if by_data:
            _write_down(key, show(st.session_state[key]))
    chosen = st.selectbox(
        label, options, index=None if by_data else 0,  # Streamlit leaves a default out of the URL
        key=key, format_func=show, help=explain, bind="query-params", on_change=take_back_missed,
    )  # fmt: skip
    if chosen is None:  # cleared: begin again with the first
        st.rerun()
    say_missed(key, show(chosen))
    return chosen


def _write_down(key: str, chosen: str) -> None:
    """What was chosen for the reader stands in the URL at once."""
    if st.query_params.get(key) != chosen:
        # Where the widget is there already, Streamlit keeps the URL itself and lets nobody else.
        with suppress(StreamlitAPIException):
            st.query_params[key] = chosen


def switch(
    label: str, options: Sequence[Choice], key: str, *, explain: str | None = None, hidden: bool = False
) -> Choice:
    """Buttons side by side, of which one is down; the choice stands in the URL unless it is the first.

    One that is not there falls back to the first.

    Args:
        label: shown above the buttons.
        options: at least one, as the buttons and the URL say.
        key: one of the names above.
        explain: for the question mark beside the label.
        hidden: the label is for screen readers only.
    """
    _begin_with(options, key)
    chosen = st.segmented_control(
        label, options, default=options[0], required=True, key=key, help=explain,
        label_visibility="collapsed" if hidden else "visible", wrap=True,  # else the last are out of sight
        on_change=take_back_missed, persist_state="session",
    )  # fmt: skip
    # Not bound to the URL: before such a click is sent, Streamlit draws the whole page for the new address.
    _keep_written(key, chosen if chosen != options[0] else None)
    say_missed(key, chosen)
    return chosen


def tick(label: str, key: str, *, explain: str | None = None) -> bool:
    """A check box, at first not ticked, whose choice stands in the URL.

    Args:
        label: beside the box.
        key: its name in the URL.
        explain: for the question mark beside the label.
    """
    return st.checkbox(label, key=key, help=explain, bind="query-params")


def amount(
    label: str, key: str, *, first: float, lowest: float, highest: float, step: float, explain: str | None = None
) -> float:
    """A slider whose value stands in the URL unless it is `first`; one that the limits exclude falls back to that.

    Args:
        label: shown above it, with the unit.
        key: its name in the URL.
        first: the value at first.
        lowest: the smallest value.
        highest: the largest value.
        step: between two values.
        explain: for the question mark beside the label.
    """
    if not lowest <= st.session_state.get(key, lowest - 1) <= highest:
        asked = st.query_params.get(key, "")
        addressed = _as_number(asked)
        fits = addressed is not None and lowest <= addressed <= highest
        if not fits:
            note_missed(key, asked)
        st.session_state[key] = addressed if fits else first
    chosen = st.slider(
        label, lowest, highest, first, step=step, key=key, help=explain, bind="query-params", on_change=take_back_missed
    )
    say_missed(key, f"{chosen:g}", f"which is not between {lowest:g} and {highest:g}")
    return chosen


def between(label: str, key: str, *, lowest: float, highest: float, step: float) -> tuple[float, float]:
    """A slider with two ends, which stand in the URL unless they span everything; those that do not fit begin anew.

    Args:
        label: shown above it, with the unit.
        key: its name in the URL.
        lowest: where it begins; a whole number where all are.
        highest: where it ends.
        step: between two values.
    """
    ends = st.session_state.get(key)
    if not _lie_within(ends, lowest, highest):
        asked = st.query_params.get_all(key)
        ends = _as_ends(asked, type(lowest))
        if not _lie_within(ends, lowest, highest):
            note_missed(key, " to ".join(asked))
            ends = (lowest, highest)
        st.session_state[key] = ends
    chosen: Any = st.slider(label, lowest, highest, step=step, key=key, bind="query-params", on_change=take_back_missed)
    first, last = sorted(chosen)
    say_missed(key, f"{first:g} to {last:g}", f"which is no part of {lowest:g} to {highest:g}")
    return first, last


def pick_many(
    label: str, options: Sequence[str], key: str, *, show: Callable[[str], str] = str, explain: str | None = None,
    empty: str = "all",
) -> list[str]:  # fmt: skip
    """A box for any number of choices, which stand in the URL; those that are not there are left out.

    Args:
        label: shown above the box.
        options: what there is to choose.
        key: its name in the URL.
        show: option → what the box and the URL say, different for every option.
        explain: for the question mark beside the label.
        empty: what the box says while nothing is chosen.
    """
    kept = st.session_state.get(key)
    if kept is None:
        addressed = {show(option): option for option in options}
        asked = st.query_params.get_all(key)
        kept = [addressed[name] for name in asked if name in addressed]
        note_missed(key, ", ".join(name for name in asked if name not in addressed))
    st.session_state[key] = [option for option in kept if option in options]
    chosen = st.multiselect(
        label, options, key=key, format_func=show, help=explain, placeholder=empty, bind="query-params",
        on_change=take_back_missed,
    )  # fmt: skip
    say_missed(key, ", ".join(map(show, chosen)) or empty)
    return chosen


def held(options: Sequence[str], key: str) -> str:
    """What stands in the URL and is chosen by buttons, points and rows, as no box shows it; at first the first option.

    Whoever chooses writes it into the session, by its name.

    Args:
        options: at least one, as the URL says.
        key: one of the names above.
    """
    _begin_with(options, key)
    chosen: str = st.session_state[key]
    _keep_written(key, chosen)
    say_missed(key, chosen)
    return chosen


def _begin_with(options: Sequence[str], key: str) -> None:
    """What was chosen; if it is not there, what the URL asks for, or else the first."""
    if st.session_state.get(key) not in options:
        asked = st.query_params.get(key, "")
        if asked not in options:
            note_missed(key, asked)
        st.session_state[key] = asked if asked in options else options[0]


def _keep_written(key: str, chosen: str | None) -> None:
    """A choice that is not bound to the URL stands in it, unless it is None."""
    if chosen is not None:
        st.session_state.setdefault(_WRITTEN, {})[key] = chosen
        _write_down(key, chosen)
    elif key in st.query_params:
        del st.query_params[key]


@contextmanager
def in_a_row(widths: Sequence[float]) -> Iterator[list[DeltaGenerator]]:
    """Columns whose boxes stand on one line; what links ask of them in vain is said below the line, in full width.

    Args:
        widths: one a column, relative to the others.
    """
    places = st.columns(widths, vertical_alignment="bottom")
    with misses_said_in(st.container()):
        yield places


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _as_ends(asked: Sequence[str], kind: type[float]) -> tuple[float, float] | None:
    try:
        low, high = (kind(text) for text in map(float, asked))
    except (ValueError, OverflowError):
        return None
    return low, high


def _lie_within(ends: object, lowest: float, highest: float) -> bool:
    return isinstance(ends, tuple) and len(ends) == 2 and lowest <= ends[0] <= ends[1] <= highest


def go(**choices: object) -> NoReturn:
    """Draw the page again with other choices: what a widget holds cannot be changed once it is drawn.

    Args:
        choices: by the names above.
    """
    st.session_state[_NEXT] = choices
    st.rerun()


def arrive() -> None:
    """Make the choices of `go`; at the top of a page that calls it."""
    choices = st.session_state.pop(_NEXT, {})
    if choices:
        forget_missed()
    for key, choice in choices.items():
        st.session_state[key] = choice


def turn_to(page: str) -> None:
    """Before any page is drawn: what a link asks for counts on the page that it opens before what was chosen there
    earlier, and what the page before wrote into the URL does not come along.
    """
    has_to_be_taken_back()
    if st.session_state.get(_PAGE) == page:
        return
    forget_missed()
    for key, chosen in st.session_state.pop(_WRITTEN, {}).items():
        if st.query_params.get(key) == chosen:
            del st.query_params[key]
    for key in st.query_params:
        with suppress(StreamlitAPIException):  # Streamlit keeps names for itself, and a link may have any
            st.session_state.pop(key, None)
    st.session_state[_PAGE] = page
