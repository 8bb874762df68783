"""A part of a page that is drawn by itself: its own clicks leave the rest of the page as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from dashboard.elements import errors_as_text
from dashboard.missed import has_to_be_taken_back

P = ParamSpec("P")


def by_itself(draw: Callable[P, None]) -> Callable[P, None]:
    """Have a part of a page drawn anew without the rest of it when something is chosen within the part.

    The rest is drawn too where it still says that a link asked for what is not there. Errors that a user can act on are
    shown as text, as those of a page are.

    Args:
        draw: the part. What it is given stays what it was when the page was last drawn.
    """

    @wraps(draw)
    def part(*given: P.args, **named: P.kwargs) -> None:
        if has_to_be_taken_back():
            st.rerun()
        with errors_as_text():
            draw(*given, **named)

    return st.fragment(part)
