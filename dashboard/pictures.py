"""In which format the camera above a figure saves it: chosen once for all pages, and known to the browser alone."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import streamlit as st

from dashboard.state import switch

PICTURES: Final = "pictures"
"""Name in the URL."""
FORMATS: Final = ("SVG", "PNG")

# Figures look here when they are saved: were the format part of them, another choice would send and draw all anew.
_TELL: Final = "export default ({ data }) => { window.pompPictures = data.format }"


@st.fragment
def choose_format() -> None:
    """The buttons; no other part of the page is drawn again when one is clicked."""
    chosen = switch("Save pictures as", FORMATS, PICTURES, explain="What the camera above each figure saves.")
    _component()(key="picture-format", data={"format": chosen.lower()}, height=1)


@cache
def _component() -> Any:
    return st.components.v2.component("pomp_picture_format", js=_TELL)
