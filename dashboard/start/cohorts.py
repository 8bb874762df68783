"""The Start page's cards of cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from dashboard.badges import SYNTHETIC, say_line
from dashboard.elements import plain
from dashboard.endpoints import describe_endpoint
from dashboard.start.finished import CARD_PX
from dashboard.start.glance import glance
from dashboard.state import COHORT, VIEW
from pomp.runs.run import Run
from pomp.wording import count

SHOWN = 12


def show_cohorts(folders: Mapping[str, Path], runs: Sequence[Run]) -> None:
    """A card a cohort."""
    st.header("Cohorts")
    with st.container(horizontal=True):
        for name in list(folders)[:SHOWN]:
            with st.container(border=True, width=CARD_PX, height="stretch"):
                _show_cohort(name, folders[name], runs)
    if len(folders) > SHOWN:
        st.caption(f"{len(folders) - SHOWN} more are on the Cohort page.")
    st.page_link("views/cohort.py", label="Import another cohort", icon=":material/add:", query_params={VIEW: "Import"})


def _show_cohort(name: str, folder: Path, runs: Sequence[Run]) -> None:
    seen = glance(folder)
    say_line([f"**{plain(seen.title)}**", *([SYNTHETIC] if seen.synthetic else [])])
    if seen.problem:
        st.warning("Its files need a look before it can be used.")
    else:
        endpoint = describe_endpoint(seen.endpoint)
        known = f"{count(seen.patients, 'patient')} with an outcome on record, {endpoint.count(seen.events)}"
        st.markdown(known, help=(
            "As clinical.csv has them, however short their follow-up. The Cohort page says who is kept for the "
            "analysis, and why."
        ))  # fmt: skip
    kinds = [plain(kind) for kind in seen.omics] + ([count(seen.slides, "slide")] if seen.slides else [])
    here = [run for run in runs if run.cohort_folder.resolve() == folder.resolve()]
    st.caption(f"{' · '.join(kinds) or 'no omics, no slides'} · {count(len(here), 'run') if here else 'no run yet'}")
    with st.container(horizontal=True, gap="small"):
        st.page_link("views/cohort.py", label="Look", icon=":material/groups:", query_params={COHORT: name})
        st.page_link("views/train.py", label="Train", icon=":material/model_training:", query_params={COHORT: name})
