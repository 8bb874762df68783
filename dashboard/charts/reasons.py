"""Figures of what a patient's risk rests on: the parts of the data, and single genes."""

from __future__ import annotations

from html import escape

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

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
    figure = go.Figure(
        go.Bar(
            x=parts["difference"], y=[escape(str(part)) for part in parts["part"]], orientation="h",
            marker_color=_colours(parts["difference"]),
            text=[f"{round(value, 3) + 0.0:+.3f}" for value in parts["difference"]],
            textposition="outside", cliponaxis=False, customdata=parts["hazard"].round(3),
            hovertemplate="%{y}: %{x:+.3f}<br>hazard × %{customdata:.2f}<extra></extra>",
        )
    )  # fmt: skip
    _finish(figure, parts["difference"], len(parts))
    figure.update_xaxes(title_text="Change of the risk score by this part (log relative hazard)")
    return figure


def genes_figure(genes: pd.DataFrame) -> go.Figure:
    """A bar a gene: what it adds to the patient's risk; beside it, where the patient's value lies among the fold's.

    Args:
        genes: in order from the top: gene, attribution (log relative hazard), percentile (0 to 100).
    """
    names = [escape(str(gene)) for gene in genes["gene"]]
    figure = make_subplots(cols=2, shared_yaxes=True, column_widths=[0.68, 0.32], horizontal_spacing=0.04)
    bars = go.Bar(
        x=genes["attribution"].round(5), y=names, orientation="h", marker_color=_colours(genes["attribution"]),
        hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
    )  # fmt: skip
    points = go.Scatter(
        x=genes["percentile"].round(1), y=names, mode="markers", marker={"color": GREY, "size": 9},
        hovertemplate="%{y}: higher than in %{x:.0f} % of patients<extra></extra>",
    )  # fmt: skip
    figure.add_trace(bars, row=1, col=1)
    figure.add_trace(points, row=1, col=2)
    _finish(figure, genes["attribution"], len(genes), room=1.05)
    figure.update_xaxes(title_text="Part of the risk score<br>(log relative hazard)", row=1, col=1)
    figure.update_xaxes(title_text="Value<br>(percentile)", range=[-4, 104], tickvals=[0, 50, 100], row=1, col=2)
    figure.add_vline(x=50, line={"color": GREY, "width": 1, "dash": "dot"}, row=1, col=2)
    return figure


def _colours(values: pd.Series[float]) -> list[str]:
    return [HIGH_RISK if value > 0 else LOW_RISK for value in values]


def _finish(figure: go.Figure, values: pd.Series[float], rows: int, room: float = _ROOM) -> None:
    """Zero in the middle, so that the length of a bar to the left and to the right can be compared."""
    reach = room * float(values.abs().max()) or 1.0
    figure.update_layout(template=TEMPLATE, height=ROW_PX * rows + HEAD_PX, showlegend=False)
    figure.update_xaxes(range=[-reach, reach], zeroline=True)
    figure.update_yaxes(autorange="reversed", type="category")
