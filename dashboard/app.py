"""The dashboard: `pomp dashboard` serves this script."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.elements import errors_as_text

VIEWS = Path(__file__).parent / "views"
ICON = "🧬"  # an emoji comes with the page; a Material icon here would be fetched from another host

st.set_page_config(page_title="pomp", page_icon=ICON, layout="wide")

page = st.navigation(
    {
        "Data": [
            st.Page(
                VIEWS / "cohort.py", title="Cohort", icon=":material/groups:", default=True,
                help="Who is in the analysis and why, what is known about them, and how long they lived.",
            ),
        ],
        "Model": [
            st.Page(
                VIEWS / "train.py", title="Train", icon=":material/model_training:",
                help="Start a run, watch it, stop it, go on with it.",
            ),
            st.Page(
                VIEWS / "survival.py", title="Survival", icon=":material/monitoring:",
                help="How well a run tells high from low risk, beside plain models and beside another protocol.",
            ),
        ],
        "Patients": [
            st.Page(
                VIEWS / "patient.py", title="Patient", icon=":material/person:",
                help="One patient's risk, rank and predicted survival.",
            ),
            st.Page(
                VIEWS / "slide.py", title="Slide", icon=":material/biotech:",
                help="A slide with the maps of what the model made of it.",
            ),
        ],
    }
)  # fmt: skip
with errors_as_text():
    page.run()
