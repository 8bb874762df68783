"""Errors that nobody foresaw, in words: of a page, of a part that is drawn by itself, of what a click calls."""

from __future__ import annotations

import streamlit as st

from pomp.errors import PompError


class PageError(Exception):
    """What the reader sees of an error that nobody foresaw."""


def say_failure(error: Exception) -> bool:
    """Say what went wrong, where it went wrong; for `st.App`, which calls it wherever a script ends in an error.

    Streamlit has written the traceback to the server's log by then. Its own words for the page, which it leaves out
    when this returns True, are about another host's buttons and say nothing of what happened.
    """
    from dashboard.elements import show_error  # noqa: PLC0415  # of pages: the server starts without it

    if isinstance(error, PompError):
        show_error(error)
    else:
        said = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ").removesuffix(".")
        # Not `st.error`: whoever watches pages, such as `dashboard.bench`, looks for exceptions.
        st.exception(PageError(f"This failed: {said}. Reload the page; the server's log has the details."))
    return True
