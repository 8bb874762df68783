"""A page with nothing but the slide viewer; `POMP_HOME` holds the cohort `made`."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.registry import slide_url
from dashboard.viewer import Choice, Pane, RegionMap, ScoreScale, slide_viewer
from pomp.runs.workspace import Workspace
from tests.dashboard.cohort_folder import BLOCK, BLOCKS

REGIONS = pd.DataFrame([(x, y, BLOCK) for x, y in [*BLOCKS, (0, 0)]], columns=["x", "y", "size"])
SCORES = np.array([-0.5, 0.25, np.nan])
OCCLUSION = ScoreScale("Occlusion", "lowers risk", "raises risk", diverging=True)
MAPS = (
    RegionMap("attention", ScoreScale("<img src=x onerror=alert(1)>"), SCORES, "Where <b>it</b> looks."),
    RegionMap("occlusion", OCCLUSION, SCORES, "What it does to the risk."),
    RegionMap("within", ScoreScale("Within"), np.ones(3), "Inside.", of_score="Attention", patches=True),
)
PATCHES = np.array([[[255, 0], [0, 255]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]], np.uint8)


def make_pane(slide: str) -> Pane:
    folder = Workspace.default().cohorts / "made"
    return Pane(slide_url(folder, slide), slide, REGIONS, MAPS, PATCHES)


st.session_state.runs = st.session_state.get("runs", 0) + 1
slide = st.segmented_control("Slide", ["blocks", "plain", "gone"], default="blocks")
beside = st.segmented_control("Beside", ["nothing", "itself", "twin"], default="nothing")
st.button("Rerun")
others = {"nothing": [], "itself": [make_pane(slide)], "twin": [make_pane("twin")]}[beside]
choice = slide_viewer([make_pane(slide), *others], Choice(("attention", "occlusion")), key="viewer", height=400)
st.text(f"chosen {choice.region}, maps {' '.join(choice.maps)}, look {choice.look.as_text()}")
st.text(f"run {st.session_state.runs}")
