"""Figures of what a patient's risk rests on: the parts of the data, and single genes."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import GREY, HIGH_RISK, LOW_RISK, TEMPLATE

ROW_PX = 26
HEAD_PX = 96
_ROOM = 1.35
"""Of the axis beyond the longest bar, for the number at its end."""


def contributions_figure(parts: pd.DataFrame) -> go.Figure:
    """A bar a part of the data: by how much it raises or lowers the patient's risk.

    Args:
        parts: in order from the top: part (as it is called), difference (log relative hazard), hazard (its ratio).
    """
    bars = go.Bar(
        x=parts["difference"], y=[escape(str(part)) for part in parts["part"]], orientation="h",
        marker_color=_colours(parts["difference"]),
        text=[f"{round(value, 3) + 0.0:+.3f}" for value in parts["difference"]],
        textposition="outside", cliponaxis=False, customdata=parts["hazard"].round(3),
        hovertemplate="%{y}: %{x:+.3f}<br>hazard × %{customdata:.2f}<extra></extra>",
    )  # fmt: skip
    title = "Change of the risk score by this part (log relative hazard)"
    return go.Figure(bars, {**_rows(len(parts)), "xaxis": _zero_in_the_middle(parts["difference"], title, _ROOM)})


def genes_figure(genes: pd.DataFrame) -> go.Figure:
    """A bar a gene: what it adds to the patient's risk; beside it, where the patient's value lies among the fold's.

    Args:
        genes: in order from the top: gene, attribution (log relative hazard), percentile (0 to 100).
    """
    names = [escape(str(gene)) for gene in genes["gene"]]
    bars = go.Bar(
        x=genes["attribution"].round(5), y=names, orientation="h", marker_color=_colours(genes["attribution"]),
        hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
    )  # fmt: skip
    points = go.Scatter(
        x=genes["percentile"].round(1), y=names, xaxis="x2", mode="markers", marker={"color": GREY, "size": 9},
        hovertemplate="%{y}: higher than in %{x:.0f} % of patients<extra></extra>",
    )  # fmt: skip
    title = "Part of the risk score<br>(log relative hazard)"
    middle = {"type": "line", "xref": "x2", "yref": "paper", "x0": 50, "x1": 50, "y0": 0, "y1": 1}
    # Written down at once: plotly's helpers for subplots take ten times as long, at every step to another patient.
    return go.Figure(
        [bars, points],
        {
            **_rows(len(genes), HEAD_PX + 16),
            "xaxis": {**_zero_in_the_middle(genes["attribution"], title, 1.05), "domain": [0, 0.66]},
            "xaxis2": {
                "title": {"text": "Value<br>(percentile)"}, "range": [-4, 104], "tickvals": [0, 50, 100],
                "domain": [0.7, 1],
            },
            "shapes": [{**middle, "line": {"color": GREY, "width": 1, "dash": "dot"}}],
        },
    )  # fmt: skip


def _colours(values: pd.Series[float]) -> list[str]:
    return [HIGH_RISK if value > 0 else LOW_RISK for value in values]


def _rows(count: int, head_px: int = HEAD_PX) -> dict[str, Any]:
    """The layout of so many rows from the top."""
    return {
        "template": TEMPLATE, "height": ROW_PX * count + head_px, "showlegend": False,
        "yaxis": {"autorange": "reversed", "type": "category"},
    }  # fmt: skip


def _zero_in_the_middle(values: pd.Series[float], title: str, room: float) -> dict[str, Any]:
    """So that the length of a bar to the left and to the right can be compared."""
    reach = room * float(values.abs().max()) or 1.0
    return {"title": {"text": title}, "range": [-reach, reach], "zeroline": True}
