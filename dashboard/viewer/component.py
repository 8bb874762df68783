"""The slide viewer on a page: deep zoom, regions coloured by score, and what the user chose."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboard.scripts import VIEWER
from dashboard.viewer.choice import Choice, read_choice
from dashboard.viewer.pane import Pane
from dashboard.viewer.scale import PALETTES

FAILED: Final = VIEWER.file.with_name("failed.txt")
HEIGHT: Final = 560


def available() -> bool:
    """True if the viewer was built when the package was installed."""
    return VIEWER.file.is_file()


def explain_absence() -> str:
    """Why there is no viewer, and how to get it. Empty if there is one."""
    if available():
        return ""
    reason = FAILED.read_text(encoding="utf-8").strip() if FAILED.is_file() else "it has not been built yet"
    return (
        f"The zoomable slide viewer is not installed ({reason}). "
        "Run `pip install -e .` again with access to the network, then start the dashboard again."
    )


def slide_viewer(panes: Sequence[Pane], first: Choice, *, key: str, height: int = HEIGHT) -> Choice:
    """Show one slide or two with their regions; zoom, maps and how they are drawn change without waiting for a rerun.

    Args:
        panes: one, or two side by side, which move together.
        first: chosen at first. What the user chose since then counts for as long as the panes stay the same.
        key: Streamlit's key of this viewer. Keep it where the slide changes, and the viewer is used again.
        height: Of the slide on the page, CSS pixels.

    Returns:
        What is chosen now.
    """
    if not available():
        raise RuntimeError(explain_absence())
    shown = {
        "panes": [pane.as_json() for pane in panes],
        "palettes": [vars(pair) for pair in PALETTES],
        "height": height,
    }
    digest = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    if find_choice(st.session_state.get(key), digest, panes) is None:
        st.session_state[f"{key}-first"] = first.fit(panes)
    result = _component(VIEWER.loader)(
        key=key,
        # The same as long as the panes are: Streamlit then sends a reference in place of the data.
        data=shown | {"digest": digest, "first": st.session_state[f"{key}-first"].as_json()},
        on_choice_change=_rerun,
    )
    return find_choice(result, digest, panes) or first.fit(panes)


def find_choice(state: Any, digest: str, panes: Sequence[Pane]) -> Choice | None:
    """What the viewer's state says of these panes; None where it says nothing, or is about earlier ones."""
    told = state.get("choice") if state else None
    return read_choice(told, panes) if told and told["digest"] == digest else None


def _rerun() -> None:
    """Its presence makes what is chosen a state of the component; the rerun itself is Streamlit's."""


@functools.lru_cache(maxsize=1)  # by what is loaded: an update may bring another script while the server runs
def _component(loader: str) -> Any:
    return st.components.v2.component("pomp_slide_viewer", js=loader)
