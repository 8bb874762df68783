"""The dashboard: `pomp dashboard` serves this script."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.elements import errors_as_text
from dashboard.failures import say_failed_click
from dashboard.missed import turn_to
from dashboard.pictures import choose_format

VIEWS = Path(__file__).parent / "views"
ICON = "🧬"  # an emoji comes with the page; a Material icon here would be fetched from another host

st.set_page_config(page_icon=ICON, layout="wide")


def _page(name: str, icon: str, explain: str, *, default: bool = False) -> st.Page:
    return st.Page(
        VIEWS / f"{name}.py", title=name.capitalize(), icon=f":material/{icon}:", help=explain, default=default
    )


page = st.navigation(
    {
        "": [_page("start", "home", "Where things stand, and what to do next.", default=True)],
        "Data": [
            _page("cohort", "groups", "Who is in the analysis and why, what was measured, and how long they lived."),
        ],
        "Results": [
            _page("survival", "monitoring", "How well a run tells high from low risk, beside plain models."),
            _page("patient", "person", "One patient's risk, what it rests on, and who is similar."),
            _page("slide", "biotech", "A slide with the maps of what the model made of it."),
            _page("alignment", "join_inner", "Whether slides and omics of the same patient find each other."),
            _page("reproduce", "fact_check", "What the paper prints beside what the runs here say."),
        ],
        "Model": [
            _page("train", "model_training", "Start a run, watch it, stop it, go on with it."),
            _page("runs", "compare_arrows", "All runs, what differs between them, and the ablations."),
        ],
        "About": [_page("help", "help", "Words, how to read each figure, and what the method cannot do.")],
    }
)  # fmt: skip
# Of a tab, and of what a browser remembers. By the address: where a child process runs this script anew, a page has no
# title.
st.set_page_config(page_title=f"{(page.url_path or 'start').capitalize()} · pomp")
turn_to(page.url_path)
with st.sidebar:
    choose_format()
say_failed_click()
with errors_as_text():
    page.run()
