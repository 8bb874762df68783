"""In which format the camera above a figure saves it: chosen once for all pages, and known to the browser alone."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import streamlit as st

from dashboard.state import switch

PICTURES: Final = "pictures"
"""Name in the URL."""
FORMATS: Final = ("SVG", "PNG")
FIRST: Final = FORMATS[0].lower()
"""What figures are sent with."""

# Plotly looks the format up when its camera is clicked. It is put there just before, on the click's way down to the
# camera: were it part of the figures, another choice would send and draw all of them anew.
_TELL: Final = """
export default ({ data }) => {
  if (!("pompPictures" in window)) document.addEventListener("click", ({ target }) => {
    const figure = target.closest(".modebar")?.closest(".js-plotly-plot")
    const options = figure?._context?.toImageButtonOptions
    if (options) options.format = window.pompPictures
  }, { capture: true })
  window.pompPictures = data.format
}
"""


@st.fragment
def choose_format() -> None:
    """The buttons; no other part of the page is drawn again when one is clicked."""
    chosen = switch("Save pictures as", FORMATS, PICTURES, explain="What the camera above each figure saves.")
    _component()(key="picture-format", data={"format": chosen.lower()}, height=1)


@cache
def _component() -> Any:
    return st.components.v2.component("pomp_picture_format", js=_TELL)
