"""Cumulative incidence of an event above that of deaths before it, over the numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.survival import (
    HEAD_PX,
    LINE_PX,
    ROW_PX,
    Ends,
    TimeAxis,
    add_band,
    add_counts,
    capitalise,
    single,
    steps,
    tell,
)
from dashboard.endpoints import Endpoint
from dashboard.theme import TEMPLATE
from pomp.evaluation.cumulative_incidence import CumulativeIncidence, Incidence, at_risk_by_cause
from pomp.wording import count

PANEL_PX, GAP_PX = 230, 44
_CAUSES = ("event", "competing")
_LEAST, _ROOM = 10, 1.05
"""The axis goes up to a tenth at least, and a little beyond the highest band."""


def incidence_figure(
    curves: Mapping[str, CumulativeIncidence],
    colours: Mapping[str, str],
    endpoint: Endpoint,
    *,
    since: str = "the start of follow-up",
    in_detail: bool = False,
    patients: Mapping[str, Sequence[Sequence[Sequence[str]]]] | None = None,
) -> go.Figure:
    """The event above, deaths without it below, on one scale and one time axis, and the numbers at risk under both.

    Args:
        curves: by group, in the legend's order; plotly reads their names as HTML.
        colours: of each group.
        endpoint: what the event is.
        since: from when time counts.
        in_detail: whether events, such deaths and censorings until each time stand below the numbers at risk.
        patients: by group, for the event and for deaths without it, for each row of the curve whom it befell there.
            With it, steps can be clicked and say whose they are; `customdata` of a point is its row among those of all
            events' curves, then of all deaths'.
    """
    last_day = max(float(curve.time[-1]) for curve in curves.values())
    axis = TimeAxis.up_to(last_day)
    more = {"events": endpoint.events, "competing": endpoint.other_deaths, "censored": "censored"} if in_detail else {}
    columns = {"at_risk": "at risk"} | more
    table_px = ROW_PX * len(curves) * len(columns)
    figure, first = make_subplots(rows=3, shared_xaxes=True), 0
    for row, (cause, title) in enumerate(zip(_CAUSES, (endpoint.event, endpoint.other_death), strict=True), start=1):
        for group, curve in curves.items():
            ends = None if patients is None else Ends(patients[group][row - 1], first)
            _add_cause(figure, group, curve, cause, axis, colours[group], endpoint, row, ends)
            first += len(curve.time)
        figure.add_annotation(
            text=f"<b>{capitalise(title)}</b>", xref="paper", yref=f"y{'' if row == 1 else row} domain", x=0, y=1,
            xanchor="left", yanchor="bottom", yshift=4, showarrow=False,
        )  # fmt: skip
        figure.update_yaxes(title_text="Cumulative incidence", ticksuffix=" %", range=_range(curves), row=row, col=1)
    heading = "Number at risk, and what had ended follow-up until then" if in_detail else "Number at risk"
    table = at_risk_by_cause(curves, [tick * axis.days for tick in axis.ticks])
    add_counts(figure, table, columns, axis, heading, row=3)
    axis.apply(figure, last_day, since, row=2)
    height = 2 * PANEL_PX + GAP_PX + HEAD_PX + table_px + 64 + ROW_PX * max(len(curves) - 2, 0)
    narrow = {"height": height + LINE_PX} | _domains(table_px, HEAD_PX + LINE_PX)
    figure.update_layout(
        _domains(table_px, HEAD_PX), template=TEMPLATE, height=height, meta={"narrow": narrow}, legend={"y": 1.06}
    )
    return figure


def _domains(table_px: int, head_px: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Where the two panels and the numbers are, from the bottom up, in shares of the height."""
    heights = [table_px, head_px, PANEL_PX, GAP_PX, PANEL_PX]
    edges = np.cumsum([0, *heights]) / sum(heights)
    places = {"yaxis3": 0, "yaxis2": 2, "yaxis": 4}
    return {name: {"domain": (float(edges[at]), float(edges[at + 1]))} for name, at in places.items()}


def _range(curves: Mapping[str, CumulativeIncidence]) -> list[float]:
    """One scale for both causes, in per cent."""
    tops = [
        np.nanmax([*part.share, *part.upper]) for curve in curves.values() for part in (curve.event, curve.competing)
    ]
    return [0.0, min(max(_LEAST, _ROOM * 100 * float(max(tops))), 103.0)]


def _add_cause(
    figure: go.Figure, group: str, curve: CumulativeIncidence, cause: str, axis: TimeAxis, colour: str,
    endpoint: Endpoint, row: int, ends: Ends | None,
) -> None:  # fmt: skip
    """The step line of a group in one panel, with its band; it stands once in the legend."""
    part: Incidence = getattr(curve, cause)
    x, needed = curve.time / axis.days, steps(part.counts)
    told = np.flatnonzero(needed)
    add_band(figure, group, x, part.lower, part.upper, needed, colour, row=row)
    said = endpoint.event if cause == "event" else endpoint.other_death
    line = go.Scatter(
        x=single(x[told]), y=single(100 * part.share[told]), mode="lines",
        line={"shape": "hv", "color": colour, "width": 2.5}, legendgroup=group, showlegend=row == 1,
        name=f"{capitalise(group)}: {count(curve.patients, 'patient')}",
    )  # fmt: skip
    whose = tell(line, told, curve.at_risk, ends)
    line.update(hovertemplate=f"%{{x:.2f}} {axis.unit}: %{{y:.1f}} % {said}<br>{whose}<extra>{group}</extra>")
    figure.add_trace(line, row=row, col=1)


def incidence_table(curves: Mapping[str, CumulativeIncidence]) -> pd.DataFrame:
    """The curves as rows: group, time_days, at_risk, censored, and of event and competing the incidence, its limits and
    how many: event_incidence, event_lower, event_upper, events, competing_incidence, … and competing."""
    parts = [
        pd.DataFrame(
            {
                "group": group, "time_days": curve.time,
                "event_incidence": curve.event.share, "event_lower": curve.event.lower,
                "event_upper": curve.event.upper, "competing_incidence": curve.competing.share,
                "competing_lower": curve.competing.lower, "competing_upper": curve.competing.upper,
                "at_risk": curve.at_risk, "events": curve.event.counts, "competing": curve.competing.counts,
                "censored": curve.censored,
            }
        )
        for group, curve in curves.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
