"""Figures of one patient's risk: its place in the fold, the predicted curve, and how it varies with the seed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.charts.survival import TimeAxis
from dashboard.endpoints import Endpoint
from dashboard.theme import BLUE, GREY, HIGH_RISK, LOW_RISK, TEMPLATE, VERMILION, with_alpha
from pomp.wording import percent

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
RISK = "Risk score (log relative hazard)"
ROW_PX = 34
_STEP = {"shape": "hv"}
_GOLDEN = (np.sqrt(5) - 1) / 2


def strip_figure(fold: pd.DataFrame, patient: str, cutoff: float, endpoint: Endpoint) -> go.Figure:
    """The risks of all patients of a fold in two lanes, those with the event above those without; one has a ring.

    Args:
        fold: a row a patient: patient, risk, event, high_risk.
        patient: the one with the ring.
        cutoff: between the groups.
        endpoint: what the event is.
    """
    spread = (np.arange(len(fold)) * _GOLDEN % 1 - 0.5) * 0.64  # even, and the same each time
    lane = fold["event"].to_numpy(dtype=float) + spread
    traces = []
    for high, name, colour in ((False, "Low risk", LOW_RISK), (True, "High risk", HIGH_RISK)):
        rows = (fold["high_risk"] == high).to_numpy()
        own = fold[rows]
        points = go.Scatter(
            x=_short(own["risk"]), y=_short(lane[rows]), mode="markers", name=name, customdata=list(own["patient"]),
            marker={"color": colour, "size": 9, "opacity": 0.85}, text=[escape(str(one)) for one in own["patient"]],
            hovertemplate="%{text}<br>risk %{x:+.3f}<extra></extra>",
        )  # fmt: skip
        traces.append(points)
    here = (fold["patient"] == patient).to_numpy()
    ring = go.Scatter(
        x=_short(fold["risk"][here]), y=_short(lane[here]), mode="markers", name="This patient", hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 20, "color": GREY, "line": {"width": 4}},
    )  # fmt: skip
    ends = [endpoint.free.capitalize(), endpoint.event.capitalize()]
    return go.Figure(
        [*traces, ring],
        {
            "template": TEMPLATE, "height": 290, "margin": {"t": 56}, "legend": {"y": 1.12},
            "xaxis": {"title": {"text": RISK}},
            "yaxis": {"tickvals": [0, 1], "ticktext": ends, "range": [-0.5, 1.5], "showgrid": False},
            **_line_down(cutoff, GREY, "cut between groups"),
        },
    )  # fmt: skip


def _line_down(x: float, colour: str, text: str, **placed: str | int) -> dict[str, Any]:
    """The layout's dashed line from the top to the axis, and what it means above it; `placed`: of this text.

    Written down: plotly's helper takes ten times as long, at every step to another patient.
    """
    line = {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    note = {"x": x, "y": 1, "yref": "paper", "yanchor": "bottom", "text": text, "showarrow": False}
    return {"shapes": [{**line, "line": {"color": colour, "dash": "dash"}}], "annotations": [{**note, **placed}]}


def patient_figure(
    fan: pd.DataFrame, survival: Sequence[float], followed_days: float, event: bool, endpoint: Endpoint
) -> go.Figure:
    """A patient's predicted curve over the cohort's quantiles, with the follow-up that was observed.

    Args:
        fan: a row a time: time_days, and a column for each of QUANTILES with the cohort's predicted survival.
        survival: the patient's predicted survival at the same times.
        followed_days: how long the patient was followed.
        event: whether that ended in the event.
        endpoint: what the curves count.
    """
    last = max(float(fan["time_days"].iloc[-1]), followed_days)
    axis = TimeAxis.up_to(last)
    time = _short(fan["time_days"] / axis.days)
    bands = [
        band
        for lower, upper, alpha in ((0.10, 0.90, 0.14), (0.25, 0.75, 0.24))
        for band in _range(time, fan, lower, upper, alpha)
    ]
    median = go.Scatter(
        x=time, y=_short(100 * fan[0.50]), mode="lines", name="Cohort's median",
        line={**_STEP, "color": GREY, "width": 2},
    )  # fmt: skip
    own = go.Scatter(
        x=time, y=_short(100 * np.asarray(survival)), mode="lines", name="This patient",
        line={**_STEP, "color": BLUE, "width": 3},
        hovertemplate="%{x:.2f} " + axis.unit + ": %{y:.1f} %<extra>this patient</extra>",
    )  # fmt: skip
    end = endpoint.event if event else f"last seen {endpoint.free}"
    observed = _line_down(
        followed_days / axis.days, VERMILION if event else GREY, f"observed: {escape(end)}",
        xanchor="right" if followed_days > last / 2 else "left", yshift=8,  # above '100 %'
    )  # fmt: skip
    return go.Figure(
        [*bands, median, own],
        {
            "template": TEMPLATE, "height": 400, "margin": {"t": 60}, "legend": {"y": 1.09},
            "meta": {"narrow": {"height": 480, "legend": {"y": 1.12}}},  # the legend takes a line for each curve
            "xaxis": {
                "title": {"text": f"Time since the start of follow-up ({axis.unit})"}, "tickvals": axis.ticks,
                "range": [0, 1.02 * last / axis.days],
            },
            "yaxis": {
                "title": {"text": f"Predicted probability to be {escape(endpoint.free)}"}, "range": [0, 101],
                "ticksuffix": " %",
            },
            **observed,
        },
    )  # fmt: skip


def _range(time: NDArray[np.float32], fan: pd.DataFrame, lower: float, upper: float, alpha: float) -> list[go.Scatter]:
    """The area between two quantiles: its upper edge, and its lower one from which it is filled."""
    name = f"Cohort's {100 * lower:.0f}–{percent(upper)}"
    return [
        go.Scatter(
            x=time, y=_short(100 * fan[column]), mode="lines", fill=fill, fillcolor=with_alpha(GREY, alpha),
            hoverinfo="skip", line={**_STEP, "width": 0, "color": GREY}, showlegend=shown, name=name, legendgroup=name,
        )
        for column, fill, shown in ((upper, None, False), (lower, "tonexty", True))
    ]  # fmt: skip


def seeds_figure(seeds: pd.DataFrame, seen: Sequence[float]) -> go.Figure:
    """The patient's out-of-fold risk in runs with other seeds, a row a run, beside each run's cut between the groups.

    Args:
        seeds: a row a run, in order: label, risk, cutoff, high_risk.
        seen: risks by models that were trained on the patient; they get a row of their own.
    """
    labels = [escape(str(label)) for label in seeds["label"]]
    figure = go.Figure()
    cut = {"symbol": "line-ns", "size": 18, "line": {"width": 2, "color": GREY}}
    figure.add_scatter(
        x=seeds["cutoff"], y=labels, mode="markers", marker=cut, name="Cut between groups",
        hovertemplate="cut %{x:+.3f}<extra></extra>",
    )  # fmt: skip
    for high, name, colour in ((False, "Low risk", LOW_RISK), (True, "High risk", HIGH_RISK)):
        rows = (seeds["high_risk"] == high).to_numpy()
        figure.add_scatter(
            x=seeds["risk"][rows], y=[label for label, kept in zip(labels, rows, strict=True) if kept], mode="markers",
            name=name, marker={"color": colour, "size": 12}, hovertemplate="risk %{x:+.3f}<extra></extra>",
        )  # fmt: skip
    order = labels
    if len(seen):
        trained, order = "no prediction", [*labels, "no prediction"]
        figure.add_scatter(
            x=list(seen), y=[trained] * len(seen), mode="markers", name="Trained on this patient",
            marker={"color": GREY, "symbol": "circle-open", "size": 10, "line": {"width": 2}},
            hovertemplate="risk %{x:+.3f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text=RISK)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=order[::-1])
    figure.update_layout(template=TEMPLATE, height=ROW_PX * len(order) + 130, margin={"t": 40})
    return figure


def _short(values: object) -> NDArray[np.float32]:
    """Half the bytes, and more digits than anybody sees."""
    return np.asarray(values, dtype=np.float32)
