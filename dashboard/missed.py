"""Where a link asks for what is not there, the page says so beside what it shows instead, until anything is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_MISSED, _SAID_STILL = "_missed", "_said_still"
"""In the session: what a link asks for and is not there, with what is shown instead, by name; that the page has yet to
take it back."""

_place: ContextVar[DeltaGenerator | None] = ContextVar("place", default=None)
"""Where it is said, if not below the box."""


def note_missed(key: str, asked: str) -> None:
    """Keep what a link asks for and is not there. What was chosen before, and went with another run, is no link."""
    if asked and key not in st.session_state:
        st.session_state.setdefault(_MISSED, {})[key] = (asked, None)


def say_missed(key: str, chosen: str, why: str = "which is not here") -> None:
    """One line, until anything is chosen."""
    from dashboard.elements import plain  # noqa: PLC0415  # elements are built on this module

    missed = st.session_state.get(_MISSED, {})
    asked, shown = missed.get(key, ("", None))
    if not asked:
        return
    if shown not in {None, chosen}:  # a click on the page chose
        del missed[key]
        return
    missed[key] = (asked, chosen)
    said = f"The link asks for {plain(asked)}, {why}. Shown is {plain(chosen)}."
    place = _place.get()
    st.warning(said) if place is None else place.warning(said)


@contextmanager
def misses_said_in(place: DeltaGenerator) -> Iterator[None]:
    """What links ask of boxes in vain is said in this place, for boxes that nobody sees until they are opened."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def forget_missed() -> None:
    """What a link asked for is said no longer; while a page is drawn as a whole."""
    st.session_state.pop(_MISSED, None)


def take_back_missed() -> None:
    """What a link asked for is said no longer; of boxes, once something has been chosen in one of them.

    It may stand outside the part of the page that is drawn anew for that.
    """
    if st.session_state.pop(_MISSED, None):
        st.session_state[_SAID_STILL] = True


def has_to_be_taken_back() -> bool:
    """Whether the page may still say of a link what is no longer so; asked once."""
    return bool(st.session_state.pop(_SAID_STILL, False))
