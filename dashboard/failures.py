"""Errors that nobody foresaw, in words: of a page, of a part that is drawn by itself, of what a click calls."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pomp.errors import PompError

_OF_CLICK = "_failed_click"
"""In the session: the error of what the last click called, until the page that is drawn after it has said so."""


class PageError(Exception):
    """What the reader sees of an error that nobody foresaw."""


def say_failure(error: Exception) -> bool:
    """Say what went wrong, where it went wrong; for `st.App`, which calls it wherever a script ends in an error.

    Streamlit has written the traceback to the server's log by then. Its own words for the page, which it leaves out
    when this returns True, are about another host's buttons and say nothing of what happened.
    """
    run = get_script_run_ctx()
    if run is not None and not run.has_script_started:
        # What a click calls comes before the page, which would not be drawn at all: it is asked for once more.
        st.session_state[_OF_CLICK] = error
        _draw_again()
    else:
        _show(error, "This failed", "Reload the page")
    return True


def say_failed_click() -> None:
    """Where what the last click called has failed, say so; before any page is drawn, and once."""
    error = st.session_state.pop(_OF_CLICK, None)
    if error is not None:
        _show(error, "The last click failed", "The page below can be used as before")


def _draw_again() -> None:
    st.rerun()


def _show(error: Exception, what: str, way_out: str) -> None:
    from dashboard.elements import show_error  # noqa: PLC0415  # of pages: the server starts without it

    if isinstance(error, PompError):
        show_error(error)
    else:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ").removesuffix(".")
        # Not `st.error`: whoever watches pages, such as `dashboard.bench`, looks for exceptions.
        st.exception(PageError(f"{what}: {said}. {way_out}; the server's log has the details."))
