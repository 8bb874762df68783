"""A page on which whatever can fail does so, once it is asked to."""

from __future__ import annotations

import streamlit as st

from dashboard.failures import say_failed_click
from pomp.errors import PompError


def fail() -> None:
    raise KeyError("no <b>such</b> key")


def refuse() -> None:
    raise PompError("There is no *such* run. Choose another one.")


def offer(what: str) -> None:
    """Buttons that fail while this is drawn, and others whose callbacks fail."""
    if st.button(f"{what} fails"):
        fail()
    st.button(f"{what} fails in a callback", on_click=fail)
    st.button(f"{what} refuses in a callback", on_click=refuse)
    if st.button(f"{what} works"):
        st.text("It worked")
    st.text(f"{what} is whole")


say_failed_click()
st.title("A page")
st.fragment(offer)("A part")
offer("The page")
