"""Reproduce: the paper's tables and figures beside what the runs at hand say, under each protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from dashboard import data
from dashboard.elements import empty_state
from dashboard.part import by_itself
from dashboard.reproduce.differences import show_data, show_sentence
from dashboard.reproduce.figure2 import show_figure_2
from dashboard.reproduce.figure3 import show_figure_3
from dashboard.reproduce.figure5 import show_figure_5
from dashboard.reproduce.places import (
    FIGURE_3A,
    FIGURE_3B,
    TABLE_1,
    TABLE_2,
    ask,
    cohorts,
    fill_places,
    folder_of,
    reproduction,
)
from dashboard.reproduce.show_table import show_table
from dashboard.reproduce.verdict import show_verdict
from dashboard.runs.grid import read_seeds
from dashboard.runs.launching import say_what_became_of_it
from dashboard.state import pick, switch
from dashboard.words import PRESET_WORDS, PROTOCOLS
from pomp.config import PresetName, ProtocolName

# Names in the URL.
PART, OF, UNDER = "reproduce-part", "reproduce-cohort", "reproduce-protocol"
SETTINGS, SEEDS = "reproduce-settings", "reproduce-seeds"

TABLES = {"Table 1": TABLE_1, "Table 2": TABLE_2}
FIGURES_3 = {"Figure 3a": FIGURE_3A, "Figure 3b": FIGURE_3B}
FIGURE_2, FIGURE_5, DATA = "Figure 2", "Figure 5", "Data"
PRESETS: tuple[PresetName, ...] = ("paper", *(name for name in get_args(PresetName) if name != "paper"))


def ask_what() -> tuple[str, ProtocolName, str, str]:
    """Cohort, protocol, settings and seeds, as the boxes say."""
    names = cohorts()
    with st.container(horizontal=True):
        first = next((name for name in names if _has_run(name)), names[0])
        cohort = pick("Cohort", names, OF, first=first, explain="The paper's six TCGA cohorts; the demo is synthetic.")
        explained = "\n".join(f"- **{name}**: {text}" for name, text in PROTOCOLS.items())
        protocol = switch("Protocol", list(PROTOCOLS), UNDER, explain=explained)
        explained = "\n".join(f"- **{name}**: {PRESET_WORDS[name]}" for name in PRESETS)
        preset = switch(
            "Settings asked for", PRESETS, SETTINGS,
            explain="What a launch starts from, and what † is measured against.\n" + explained,
        )  # fmt: skip
        seeds = st.text_input(
            "Seeds", key=SEEDS, bind="query-params", placeholder="0", help="Whole numbers with commas between them."
        )
    return cohort, protocol, preset, seeds or ""


def _has_run(cohort: str) -> bool:
    folder = folder_of(cohort)
    return folder is not None and any(run.cohort_folder.resolve() == folder.resolve() for run in runs)


@by_itself
def show_part(cohort: str, protocol: ProtocolName, preset: str, seeds: Sequence[int]) -> None:
    """The switch, and the part that it names."""
    asked = ask(preset, seeds)  # anew: this may be drawn again long after the page
    part = switch("Part of the page", [*TABLES, FIGURE_2, *FIGURES_3, FIGURE_5, DATA], PART, hidden=True)
    if part != DATA:
        show_sentence(cohort)
    if part in TABLES:
        show_table(fill_places(TABLES[part], asked), cohort, protocol)
    elif part == FIGURE_2:
        show_figure_2(fill_places(TABLE_1, asked), cohort)
    elif part in FIGURES_3:
        show_figure_3(fill_places(FIGURES_3[part], asked), cohort)
    elif part == FIGURE_5:
        show_figure_5(fill_places(TABLE_2, asked), cohort, protocol)
    else:
        show_data(cohorts(), cohort)


runs = data.finished_runs()
say_what_became_of_it()
verdict = st.container()
cohort, protocol, preset, seeds = ask_what()
numbers = read_seeds(seeds) or [0]
with verdict:
    show_verdict(reproduction(ask(preset, numbers)))
    if not any(_has_run(name) for name in cohorts()):
        empty_state(
            "There is no finished run of a cohort of the paper.",
            "What the paper prints stands below. Bring a cohort in, such as with `pomp cohort fetch TCGA-LIHC`, and "
            "launch its runs from here; or take the bundled ones with `pomp demo`.",
            "views/cohort.py", "Go to Cohort",
        )  # fmt: skip
show_part(cohort, protocol, preset, numbers)
st.caption(
    "The published numbers: Wang and others, *POMP*, IJCAI 2025, Tables 1 and 2. Grids beyond the paper are on the "
    "page *Runs*, part *Ablations*."
)
