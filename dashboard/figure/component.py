"""A figure on a page.

Streamlit's own chart draws all figures of a page at once, whether they can be seen or not: with six of them a click
takes more than twice as long (`pomp bench dashboard --only figures` has both side by side).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import zlib
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from dashboard import scripts

DEFAULT_PX: Final = 450
"""Height of a figure that asks for none."""


def draw_figure(figure: go.Figure, *, key: str, name: str, alt: str, select: bool) -> list[Any]:
    """Draw a figure over the width that there is.

    Args:
        figure: leaves colours of text, grid and ground to the page, and may name its height in pixels. What its
            `layout.meta` has under `narrow` is laid over its layout where there is little width. Once drawn it is
            never changed: it is written as JSON once, however often a page that shares it is run.
        key: Streamlit's key, of any letters. Keep it where the data change, and the figure is changed in its place.
        name: of the file in which its picture is saved.
        alt: what a screen reader says.
        select: whether points can be clicked.

    Returns:
        `customdata` of the points that were clicked, or their numbers where they have none. They count as long as the
        figure stays as it is.
    """
    written, digest = _written(_Identity(figure))
    height = figure.layout.height or DEFAULT_PX
    narrow = (figure.layout.meta or {}).get("narrow")
    shown = {
        "figure": written,
        "digest": digest,
        "height": height,
        "narrow_height": narrow and narrow.get("height", height),
        "name": name,
        "alt": alt,
        "select": select,
        "plotly": scripts.PLOTLY.url,
    }
    own = re.sub("_(?=_)", "_·", key)  # two underscores have a meaning in the names of Streamlit's components
    if not select:
        _component(scripts.FIGURE.loader)(key=own, data=shown)
        return []
    told = _component(scripts.FIGURE.loader)(key=own, data=shown, on_click_change=_rerun).get("click")
    return _clicked(told, digest, key)


class _Identity:
    """A figure as a key: plotly's own can be compared, at the price of writing both, and have no hash."""

    def __init__(self, figure: go.Figure) -> None:
        self.figure = figure

    def __hash__(self) -> int:
        return id(self.figure)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.figure is other.figure


@functools.lru_cache(maxsize=64)  # a page is run at every click, and most of its figures stay as they are
def _written(key: _Identity) -> tuple[str, str]:
    """A figure as it is sent, and the digest of its JSON."""
    spec = key.figure.to_json()
    return packed(spec), hashlib.sha256(spec.encode()).hexdigest()[:16]


def packed(spec: str) -> str:
    """A figure's JSON as it is sent: half as many bytes, and the browser unpacks it once it can be seen."""
    return base64.b64encode(zlib.compress(spec.encode())).decode()


def _clicked(told: dict[str, Any] | None, digest: str, key: str) -> list[Any]:
    """The points of a click on this very figure.

    Streamlit keeps the last click as long as the figure is on the page. One that another figure was made of is spent,
    even where the first figure comes back.
    """
    spent = f"{key}-spent"
    if not told or told["at"] == st.session_state.get(spent):
        return []
    if told["digest"] != digest:
        st.session_state[spent] = told["at"]
        return []
    return list(told["points"])


def _rerun() -> None:
    """Its presence makes a click a state of the component; the rerun itself is Streamlit's."""


@functools.lru_cache(maxsize=1)  # by what is loaded: an update may bring another script while the server runs
def _component(loader: str) -> Any:
    # Without a shadow root: plotly's own style sheet, of the tool bar, is the document's.
    return st.components.v2.component("pomp_figure", js=loader, isolate_styles=False)
