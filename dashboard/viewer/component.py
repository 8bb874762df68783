"""The slide viewer on a page: deep zoom, regions coloured by score, and which region the user chose."""

from __future__ import annotations

import functools
import hashlib
import math
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.viewer.scale import ScoreScale

SCRIPT: Final = Path(__file__).parent / "build" / "viewer.js"
FAILED: Final = SCRIPT.with_name("failed.txt")
COLUMNS: Final = ["x", "y", "size", "score"]
HEIGHT: Final = 560
_SETTINGS: Final = {"opacity": 0.5, "hide": 0.0, "outlines": False, "byRank": False}
# The script is fetched once from our own server and kept by the browser; inline, it would travel with every rerun.
_LOADER: Final = """
const {{ default: render }} = await import(new URL("{url}", document.baseURI))
export default render
"""


def available() -> bool:
    """True if the viewer was built when the package was installed."""
    return SCRIPT.is_file()


def explain_absence() -> str:
    """Why there is no viewer, and how to get it. Empty if there is one."""
    if available():
        return ""
    reason = FAILED.read_text(encoding="utf-8").strip() if FAILED.is_file() else "it has not been built yet"
    return (
        f"The zoomable slide viewer is not installed ({reason}). "
        "Run `pip install -e .` again with access to the network, then start the dashboard again."
    )


def script_url() -> str:
    """Where the server offers the script: the address changes with its content, so that browsers may keep it."""
    return f"/viewer/{hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:16]}.js"


def slide_viewer(
    slide_url: str, regions: pd.DataFrame, scale: ScoreScale, *, key: str, height: int = HEIGHT
) -> int | None:
    """Show a slide with its regions; zoom, opacity, threshold and outlines work without a rerun and outlive reruns.

    Args:
        slide_url: The slide's address on this server, from `dashboard.registry.slide_url`.
        regions: Columns x, y, size (level-0 pixels) and score (NaN: none), one row a region. It may be empty.
        scale: What the scores mean.
        key: Streamlit's key of this viewer. Keep it where the slide changes, and the viewer is used again.
        height: Of the slide on the page, CSS pixels.

    Returns:
        The position (iloc) of the region the user chose, or None.
    """
    if not available():
        raise RuntimeError(explain_absence())
    chosen = find_chosen(st.session_state.get(key), slide_url, regions)
    result = _component()(
        key=key,
        data={
            "slide": slide_url,
            "regions": _columns(regions),
            "scale": {
                "title": scale.title,
                "low": scale.low,
                "high": scale.high,
                "diverging": scale.diverging,
                "palette": scale.palette,
            },
            "settings": _SETTINGS,
            "selected": chosen,
            "height": height,
        },
        on_region_change=_rerun,
    )
    return find_chosen(result, slide_url, regions)


def find_chosen(state: Any, slide_url: str, regions: pd.DataFrame) -> int | None:
    """The region that the viewer's state names, if it is one of these: the state may be of an earlier slide."""
    region = state.get("region") if state else None
    if not region or region["slide"] != slide_url:
        return None
    found = ((regions["x"] == region["x"]) & (regions["y"] == region["y"])).to_numpy().nonzero()[0]
    return int(found[0]) if len(found) else None


def _columns(regions: pd.DataFrame) -> dict[str, list[float | None]]:
    """Columns as JSON takes them: a missing score is null."""
    return {
        name: [value if math.isfinite(value) else None for value in regions[name].astype(float).tolist()]
        for name in COLUMNS
    }


def _rerun() -> None:
    """Its presence makes the chosen region a state of the component; the rerun itself is Streamlit's."""


@functools.cache
def _component() -> Any:
    return st.components.v2.component("pomp_slide_viewer", js=_LOADER.format(url=script_url()))
