"""The Start page's health check, as it is shown."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.elements import plain
from dashboard.start.health import Finding, check_device, check_disk, check_openslide, check_queue, check_viewer

_ICONS = {
    "good": ("green", ":material/check_circle:"),
    "short": ("orange", ":material/info:"),
    "bad": ("red", ":material/error:"),
}


def show_health() -> None:
    """What was looked at, the troubles first; the device follows when it has been found."""
    st.header("Health check")
    workspace = data.workspace()
    found = [check_disk(workspace.root), check_queue(workspace), check_openslide(), check_viewer()]
    for finding in sorted(found, key=lambda one: one.state == "good"):
        _show_finding(finding)
    asked = check_device()
    st.fragment(_show_device, run_every=None if asked.done() else 1)(asked.done())


def _show_device(drawn: bool) -> None:
    """`drawn`: whether the answer was there when the page was drawn."""
    asked = check_device()
    if not asked.done():
        st.caption("Looking for a GPU …")
        return
    if not drawn:  # ends the timer
        st.rerun()
    _show_finding(asked.result())


def _show_finding(finding: Finding) -> None:
    colour, icon = _ICONS[finding.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(finding.what, icon=icon, color=colour)  # type: ignore[arg-type]
        st.markdown(plain(finding.said), width="content")
    if finding.way_out:
        st.caption(finding.way_out)
