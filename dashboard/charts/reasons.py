"""Figures of what a patient's risk rests on: the parts of the data, and single genes."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import GREY, HIGH_RISK, LOW_RISK, TEMPLATE
from pomp.evaluation.uncertainty import signed

ROW_PX = 26
HEAD_PX = 96
_LINE_PX = 18
"""Of a title's further line, where there is little width."""
_SMALL = {"size": 11}
_ROOM, _ROOM_NARROW = 1.35, 1.9
"""Of the axis beyond the longest bar, for the number at its end; and where there is little width."""


def contributions_figure(parts: pd.DataFrame) -> go.Figure:
    """A bar a part of the data: by how much it raises or lowers the patient's risk.

    Args:
        parts: in order from the top: part (as it is called), difference (log relative hazard), hazard (its ratio).
    """
    bars = go.Bar(
        x=parts["difference"], y=[escape(str(part)) for part in parts["part"]], orientation="h",
        marker_color=_colours(parts["difference"]),
        text=[signed(value) for value in parts["difference"]],
        textposition="outside", cliponaxis=False, customdata=parts["hazard"].round(3),
        hovertemplate="%{y}: %{x:+.3f}<br>hazard × %{customdata:.2f}<extra></extra>",
    )  # fmt: skip
    title = "Change of the risk score by this part (log relative hazard)"
    rows = _rows(len(parts))
    axis = _zero_in_the_middle(parts["difference"], title, _ROOM)
    narrow = {
        "height": rows["height"] + 2 * _LINE_PX,
        "xaxis": _zero_in_the_middle(parts["difference"], title, _ROOM_NARROW),
    }
    return go.Figure(bars, {**rows, "xaxis": axis, "meta": {"narrow": narrow}})


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
        cliponaxis=False,
        hovertemplate="%{y}: higher than in %{x:.0f} % of patients<extra></extra>",
    )  # fmt: skip
    title, other = "Part of the risk score<br>(log relative hazard)", "Value<br>(percentile)"
    middle = {"type": "line", "xref": "x2", "yref": "paper", "x0": 50, "x1": 50, "y0": 0, "y1": 1}
    rows = _rows(len(genes), HEAD_PX + 16)
    narrow = {
        "height": rows["height"] + 2 * _LINE_PX,
        "xaxis": {"domain": [0, 0.58], "title": {"text": title, "font": _SMALL}, "nticks": 4},
        "xaxis2": {"domain": [0.7, 1], "title": {"text": other, "font": _SMALL}, "tickvals": [0, 100]},
    }
    # Written down at once: plotly's helpers for subplots take ten times as long, at every step to another patient.
    return go.Figure(
        [bars, points],
        {
            **rows,
            "xaxis": {**_zero_in_the_middle(genes["attribution"], title, 1.05), "domain": [0, 0.66]},
            "xaxis2": {
                "title": {"text": other}, "range": [-4, 104], "tickvals": [0, 50, 100],
                "domain": [0.7, 1],
            },
            "shapes": [{**middle, "line": {"color": GREY, "width": 1, "dash": "dot"}}],
            "meta": {"narrow": narrow},
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
