"""A page of figures, drawn as the address says: `?way=ours` or `?way=streamlit`, `&figures=` so many, `&does=changes`
or `&does=replaces` where a click is to bring other figures in their place."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from dashboard.figure.component import draw_figure
from dashboard.once import once
from dashboard.theme import TEMPLATE

LINES, POINTS = 5, 300


def walks(seed: int, name: str) -> go.Figure:
    """Random walks, as many lines and points as the losses of a run have."""
    steps = np.random.default_rng(seed).standard_normal((LINES, POINTS), np.float32).cumsum(axis=1)
    lines = [go.Scatter(y=line, mode="lines", name=f"{name}, line {number + 1}") for number, line in enumerate(steps)]
    return go.Figure(lines, {"template": TEMPLATE, "height": 400, "xaxis": {"title": {"text": "Step"}}})


st.set_page_config(page_title="figures", layout="wide")
st.title("Figures")
with st.sidebar:
    chosen = st.segmented_control("Data", ["SVG", "PNG"], default="SVG", required=True)
for number in range(int(st.query_params["figures"])):
    key = f"figure-{number}-{chosen if st.query_params['does'] == 'replaces' else ''}"
    figure = once(walks, 2 * number + (chosen == "PNG"), f"figure {number + 1}")
    if st.query_params["way"] == "ours":
        draw_figure(figure, key=key, name="walks", alt="Random walks", select=False)
    else:
        st.plotly_chart(figure, key=key, config={"displaylogo": False}, alt="Random walks")
