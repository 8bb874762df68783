"""Buttons that save the report of a run, and its information sheet."""

from __future__ import annotations

import streamlit as st

from dashboard.report.run_report import run_html
from pomp.runs.info_sheet.facts import gather_facts
from pomp.runs.info_sheet.items import markdown
from pomp.runs.info_sheet.sheet import info_sheet
from pomp.runs.run import Run


def offer_report(run: Run) -> None:
    """Two quiet buttons; what they save is made when they are clicked. A run that is under way has none yet."""
    if run.status().state != "DONE":
        return
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Report (HTML)", lambda: run_html(run), f"{run.id}.html", "text/html", key="save-report",
            on_click="ignore", type="tertiary", icon=":material/article:",
            help="Everything about this run in one file that opens anywhere and prints well: figures with their "
            "numbers, patients, settings, commands. It takes some seconds to make.",
        )  # fmt: skip
        st.download_button(
            "Information sheet", lambda: markdown(info_sheet(gather_facts(run))), f"{run.id}.md", "text/markdown",
            key="save-sheet", on_click="ignore", type="tertiary", icon=":material/checklist:",
            help="What a reviewer asks: the eight kinds of leakage, and TRIPOD+AI point by point, filled in from this "
            "run's records, with the places that only you can fill in.",
        )  # fmt: skip
