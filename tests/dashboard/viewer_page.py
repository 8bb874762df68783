"""A page with nothing but the slide viewer; `POMP_HOME` holds the cohort `made`."""

import pandas as pd
import streamlit as st

from dashboard.registry import slide_url
from dashboard.viewer import ScoreScale, slide_viewer
from pomp.runs.workspace import Workspace
from tests.dashboard.cohort_folder import BLOCK, BLOCKS

REGIONS = pd.DataFrame(
    [(x, y, BLOCK, score) for (x, y), score in zip(BLOCKS, (-0.5, 0.25), strict=True)] + [(0, 0, BLOCK, None)],
    columns=["x", "y", "size", "score"],
)
SCALES = {
    "attention": ScoreScale("<img src=x onerror=alert(1)>"),
    "occlusion": ScoreScale("Occlusion", "lowers risk", "raises risk", diverging=True),
}

st.session_state.runs = st.session_state.get("runs", 0) + 1
slide = st.segmented_control("Slide", ["blocks", "plain", "gone"], default="blocks")
scale = st.segmented_control("Score", list(SCALES), default="attention")
st.button("Rerun")
folder = Workspace.default().cohorts / "made"
chosen = slide_viewer(slide_url(folder, slide), REGIONS, SCALES[scale], key="viewer", height=400)
st.text(f"chosen {chosen}, run {st.session_state.runs}")
