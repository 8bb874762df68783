"""Kaplan-Meier figures with band, censor ticks, the number-at-risk table, and points that can be clicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dashboard.endpoints import Endpoint
from dashboard.theme import TEMPLATE, with_alpha
from dashboard.words import DAYS_PER_MONTH
from pomp.evaluation.curves import SurvivalCurve, at_risk_table
from pomp.wording import DAYS_PER_YEAR, count

PLOT_PX, ROW_PX, HEAD_PX = 360, 24, 84
LINE_PX = 20
"""Of a second line of the time axis' title, where there is little width."""
_TICK = 1.15
"""From the curve to an end of a tick, in per cent of the patients: as long as a marker of 8 px."""


@dataclass(frozen=True)
class TimeAxis:
    """Days shown in a unit that people count in; `ticks` are in that unit and reach the last day."""

    unit: str
    days: float
    ticks: tuple[float, ...]

    @classmethod
    def up_to(cls, last_day: float) -> TimeAxis:
        """Months for up to three years of follow-up, otherwise years; four to ten ticks."""
        short = last_day <= 3 * DAYS_PER_YEAR
        unit, days = ("months", DAYS_PER_MONTH) if short else ("years", DAYS_PER_YEAR)
        steps = [1, 3, 6] if short else [1, 2, 3, 5, 10, 20]
        last = last_day / days
        step = next((step for step in steps if last / step <= 9), steps[-1])
        return cls(unit, days, tuple(float(tick) for tick in np.arange(0, last + 1e-9, step)))

    def apply(self, figure: go.Figure, last_day: float, since: str, row: int) -> None:
        """Give all panels this axis, a little longer than the follow-up; it is written under that of `row`."""
        last = last_day / self.days
        figure.update_xaxes(range=[-0.02 * last, 1.02 * last], tickvals=self.ticks)
        figure.update_xaxes(title_text=f"Time since {since} ({self.unit})", showticklabels=True, row=row, col=1)


def survival_figure(
    curves: Mapping[str, SurvivalCurve],
    colours: Mapping[str, str],
    endpoint: Endpoint,
    *,
    since: str = "the start of follow-up",
    in_detail: bool = False,
    patients: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> go.Figure:
    """Kaplan-Meier curves over a table of the patients at risk, both on one time axis.

    Args:
        curves: by group, in the legend's order; plotly reads their names as HTML.
        colours: of each group.
        endpoint: what the curves count.
        since: from when time counts.
        in_detail: whether events and censorings until each time stand below the numbers at risk.
        patients: by group, for each row of its curve the patients whose follow-up ended there. With it, steps and
            ticks can be clicked, and say whose they are; `customdata` of a point is its row among those of all curves.
    """
    last_day = max(float(curve.time[-1]) for curve in curves.values())
    axis = TimeAxis.up_to(last_day)
    table_px = ROW_PX * len(curves) * (3 if in_detail else 1)
    figure = _over_table(table_px, HEAD_PX)
    for group, curve in curves.items():
        _add_band(figure, group, curve, axis, colours[group])
    first = 0
    for group, curve in curves.items():
        ends = None if patients is None else Ends(patients[group], first)
        _add_curve(figure, group, curve, axis, colours[group], endpoint, ends)
        first += len(curve.time)
    _add_at_risk(figure, curves, axis, endpoint, in_detail)
    axis.apply(figure, last_day, since, row=1)
    figure.update_yaxes(title_text=endpoint.estimate, range=[0, 103], ticksuffix=" %", dtick=25, row=1, col=1)
    height = PLOT_PX + HEAD_PX + table_px + 40 + ROW_PX * max(len(curves) - 2, 0)
    narrow = _over_table(table_px, HEAD_PX + LINE_PX).layout
    domains = {name: {"domain": narrow[name].domain} for name in ("yaxis", "yaxis2")}
    meta = {"narrow": {"height": height + LINE_PX, **domains}}
    figure.update_layout(template=TEMPLATE, height=height, meta=meta)
    return figure


def _over_table(table_px: int, head_px: int) -> go.Figure:
    """The plot above, the numbers below, and so much between them."""
    return make_subplots(
        rows=2, shared_xaxes=True, vertical_spacing=head_px / (PLOT_PX + head_px + table_px),
        row_heights=[PLOT_PX, table_px],
    )  # fmt: skip


def capitalise(name: str) -> str:
    """The first letter alone: 'Stage II' stays what it is."""
    return name[:1].upper() + name[1:]


def steps(events: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The rows that a step line needs: its first, its last and those with an event."""
    needed = events > 0
    needed[[0, -1]] = True
    return needed


def single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """What is drawn needs no more digits, and is sent in half as many bytes."""
    return np.asarray(values, dtype=np.float32)


def _narrow(counts: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
    """In as few bytes as the largest needs."""
    return counts.astype(np.min_scalar_type(counts.max(initial=0)))


def _add_band(figure: go.Figure, group: str, curve: SurvivalCurve, axis: TimeAxis, colour: str) -> None:
    """The 95 % band; it ends where it is not defined."""
    add_band(figure, group, curve.time / axis.days, curve.lower, curve.upper, steps(curve.events), colour, row=1)


def add_band(
    figure: go.Figure, group: str, x: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64],
    steps: NDArray[np.bool_], colour: str, *, row: int,
) -> None:  # fmt: skip
    """Two step lines, the area between them filled; it ends where they are not defined.

    Args:
        figure: with rows of subplots.
        group: its legend's.
        x: (T,) in the axis' unit.
        lower: (T,) from each x on, a share; it is drawn in per cent.
        upper: (T,) likewise.
        steps: (T,) which of them a step line needs.
        colour: of the group.
        row: of the subplots.
    """
    known = np.isfinite(lower) & np.isfinite(upper)
    known &= steps | np.append(~known[1:], False)  # the last row before it ends
    edge = {"width": 0, "shape": "hv", "color": colour}
    for values, fill in ((upper, None), (lower, "tonexty")):
        trace = go.Scatter(
            x=single(x[known]), y=single(100 * values[known]), mode="lines", line=edge, fill=fill,
            fillcolor=with_alpha(colour, 0.18), hoverinfo="skip", showlegend=False, legendgroup=group,
            name=f"{group}, 95 % band",
        )  # fmt: skip
        figure.add_trace(trace, row=row, col=1)


def _add_curve(
    figure: go.Figure, group: str, curve: SurvivalCurve, axis: TimeAxis, colour: str, endpoint: Endpoint,
    ends: Ends | None,
) -> None:  # fmt: skip
    """The step line, and a tick where somebody's follow-up ended without an event.

    The line has a point for each of them too: it is what says, and takes the clicks on, whose follow-up ended there.
    """
    told = np.flatnonzero(steps(curve.events) | (curve.censored > 0))
    line = go.Scatter(
        x=single(curve.time[told] / axis.days), y=single(100 * curve.survival[told]), legendgroup=group, mode="lines",
        name=f"{capitalise(group)}: {count(curve.patients, 'patient')}, {endpoint.count(int(curve.events.sum()))}",
        line={"shape": "hv", "color": colour, "width": 2.5},
    )  # fmt: skip
    said = tell(line, told, curve.at_risk, ends)
    line.update(hovertemplate=f"%{{x:.2f}} {axis.unit}: %{{y:.1f}} % {endpoint.free}<br>{said}<extra>{group}</extra>")
    x, y = _along_ticks(curve)
    ticks = go.Scatter(
        x=single(x / axis.days), y=single(y), mode="lines", line={"shape": "hv", "width": 1.5, "color": colour},
        hoverinfo="skip", name=f"{group}, censored", legendgroup=group, showlegend=False,
    )  # fmt: skip
    figure.add_traces([line, ticks], rows=1, cols=1)


def _along_ticks(curve: SurvivalCurve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of a step line that follows the curve and, where somebody was censored, goes up and down for the tick.

    It is one element in the browser, where a marker each, or a piece of line each, is one each.
    """
    lost = curve.censored > 0
    y = np.add.outer(100 * curve.survival, [_TICK, -_TICK, 0])
    drawn = np.column_stack([lost, lost, lost | (curve.events > 0)])
    return np.repeat(curve.time, drawn.sum(axis=1)), y[drawn]


@dataclass(frozen=True)
class Ends:
    """Whose follow-up ended at each row of a curve, and the number of its first row among those of all curves."""

    patients: Sequence[Sequence[str]]
    first: int


def tell(line: go.Scatter, rows: NDArray[np.int64], at_risk: NDArray[np.int64], ends: Ends | None) -> str:
    """Have the points of a line say whose follow-up ended there or, where that is not asked for, how many are at risk.

    Args:
        line: with a point for each of the rows.
        rows: of the curve.
        at_risk: in all of its rows.
        ends: whose; then `customdata` of a point is its row among those of all curves.

    Returns:
        What the points say, for the line's template.
    """
    if ends is None:
        line.update(customdata=_narrow(at_risk[rows]))
        return "%{customdata:,} at risk"
    line.update(customdata=_narrow(ends.first + rows), text=[_whose(ends.patients[int(row)]) for row in rows])
    return "%{text}"


def _whose(patients: Sequence[str]) -> str:
    named = ", ".join(map(escape, patients[:2]))
    return f"{named} and {len(patients) - 2:,} more" if len(patients) > 2 else named


def _add_at_risk(
    figure: go.Figure, curves: Mapping[str, SurvivalCurve], axis: TimeAxis, endpoint: Endpoint, in_detail: bool
) -> None:
    """The numbers at each tick, a row a group, or three of them."""
    table = at_risk_table(curves, [tick * axis.days for tick in axis.ticks])
    more = {"events": endpoint.events, "censored": "censored"} if in_detail else {}
    until = f"Number at risk, and {endpoint.events} and censored until then" if in_detail else "Number at risk"
    add_counts(figure, table, {"at_risk": "at risk"} | more, axis, until, row=2)


def add_counts(
    figure: go.Figure, table: pd.DataFrame, columns: Mapping[str, str], axis: TimeAxis, heading: str, *, row: int
) -> None:
    """Numbers at each tick of the time axis, below each other: a row a group and column.

    Args:
        figure: with a row of subplots for them, the last, which shares the time axis.
        table: group, time_days and the columns; a row a group and tick.
        columns: column → what it is called; the first is called as the group.
        axis: of the time.
        heading: above the numbers.
        row: of the subplots.
    """
    rows = [(group, column) for group in table["group"].unique() for column in columns]
    for place, (group, column) in enumerate(rows):
        counts = table.loc[table["group"] == group, column]
        trace = go.Scatter(
            x=axis.ticks, y=[-place] * len(axis.ticks), text=[f"{number:,}" for number in counts], mode="text",
            cliponaxis=False, hoverinfo="skip", showlegend=False, name=f"{group}, {columns[column]}",
        )  # fmt: skip
        figure.add_trace(trace, row=row, col=1)
    figure.update_xaxes(showticklabels=False, showgrid=False, ticks="", row=row, col=1)
    first = next(iter(columns))
    figure.update_yaxes(
        tickvals=[-place for place in range(len(rows))], showgrid=False, range=[0.5 - len(rows), 0.5],
        ticktext=[capitalise(group) if column == first else columns[column] for group, column in rows],
        ticklabelstandoff=8, row=row, col=1,  # beside half of the first number
    )  # fmt: skip
    figure.add_annotation(
        text=f"<b>{heading}</b>", xref="paper", yref=f"y{row} domain", x=0, y=1, xanchor="left", yanchor="bottom",
        yshift=4, showarrow=False,
    )  # fmt: skip


def ends_by_row(time: NDArray[np.float64], patients: Sequence[str], time_days: Sequence[float]) -> list[list[str]]:
    """For each row of a curve, the patients of its group whose follow-up ended then.

    Args:
        time: of the curve's rows, ascending; each patient's is among them.
        patients: of the group.
        time_days: how long each of them was followed.
    """
    found: list[list[str]] = [[] for _ in time]
    for patient, row in zip(patients, np.searchsorted(time, time_days), strict=True):
        found[row].append(patient)
    return found


def survival_table(curves: Mapping[str, SurvivalCurve]) -> pd.DataFrame:
    """The curves as rows: group, time_days, survival, lower, upper, at_risk, events, censored."""
    columns = ("survival", "lower", "upper", "at_risk", "events", "censored")
    parts = [
        pd.DataFrame({"group": group, "time_days": curve.time} | {column: getattr(curve, column) for column in columns})
        for group, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)
