"""A page with two figures, far from each other; which data the first one has can be chosen."""

import plotly.graph_objects as go
import streamlit as st

from dashboard.figure.component import draw_figure
from dashboard.theme import TEMPLATE

HEIGHTS = {"first": [1, 2, 3], "second": [3, 2, 1], "third": [2, 2, 2], "fourth": [1_000_000, 2, 1]}


def bars(heights: list[int], **named: list[str]) -> go.Figure:
    series = go.Bar(x=["a", "b", "c"], y=heights, name="a series with a long name " * 8, showlegend=True, **named)
    return go.Figure(series, layout={"template": TEMPLATE, "height": 300})


st.session_state.runs = st.session_state.get("runs", 0) + 1
data = st.segmented_control("Data", list(HEIGHTS), default="first")
st.button("Rerun")
shown = st.toggle("Show it", value=True)
named = {} if data == "third" else {"customdata": ["one", "two", "three"]}
clicked = []
if shown:
    clicked = draw_figure(bars(HEIGHTS[data], **named), key="near", name="near", alt=f"Bars of {data}", select=True)
st.text(f"clicked {clicked}, run {st.session_state.runs}")
st.container(height=3000, border=False)
draw_figure(bars(HEIGHTS["first"]), key="far__a___way", name="far", alt="Bars far away", select=False)
