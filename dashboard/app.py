"""The dashboard: `pomp dashboard` serves this script."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.elements import errors_as_text
from dashboard.failures import say_failed_click
from dashboard.pictures import choose_format
from dashboard.state import turn_to

VIEWS = Path(__file__).parent / "views"
ICON = "🧬"  # an emoji comes with the page; a Material icon here would be fetched from another host
START = "start"

# What each page is for, in one line below its title. Not as help in the side bar: Streamlit draws all of that anew at
# every click, each bubble included.
PURPOSES = {
    START: "Where things stand, and what to do next.",
    "cohort": "Who is in the analysis and why, what was measured, and how long they lived.",
    "survival": "How well a run tells high from low risk, beside plain models.",
    "patient": "One patient's risk, what it rests on, and who is similar.",
    "slide": "A slide with the maps of what the model made of it.",
    "alignment": "Whether slides and omics of the same patient find each other.",
    "reproduce": "What the paper prints beside what the runs here say.",
    "train": "Start a run, watch it, stop it, go on with it.",
    "runs": "All runs, what differs between them, and the ablations.",
    "help": "Words, how to read each figure, and what the method cannot do.",
}
# Of pages whose title is not their name.
TITLES = {"reproduce": "Reproduce the paper", "runs": "Runs and ablations"}

st.set_page_config(page_icon=ICON, layout="wide")


def _page(name: str, icon: str) -> st.Page:
    script = VIEWS / f"{name}.py"
    return st.Page(script, title=name.capitalize(), icon=f":material/{icon}:", default=name == START)


page = st.navigation(
    {
        "": [_page(START, "home")],
        "Data": [_page("cohort", "groups")],
        "Results": [
            _page("survival", "monitoring"),
            _page("patient", "person"),
            _page("slide", "biotech"),
            _page("alignment", "join_inner"),
            _page("reproduce", "fact_check"),
        ],
        "Model": [_page("train", "model_training"), _page("runs", "compare_arrows")],
        "About": [_page("help", "help")],
    }
)
# Of a tab, and of what a browser remembers. By the address: where a child process runs this script anew, a page has no
# title.
name = page.url_path or START
st.set_page_config(page_title=f"{name.capitalize()} · pomp")
turn_to(page.url_path)
with st.sidebar:
    choose_format()
st.title(TITLES.get(name, name.capitalize()))
st.caption(PURPOSES[name])
say_failed_click()
with errors_as_text():
    page.run()
