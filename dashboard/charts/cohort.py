"""Figures of the Cohort page: funnel, who has what, and clinical columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.theme import BLUE, BROWN, GREEN, GREY, TEMPLATE, with_alpha
from pomp.data.exclusion import Step
from pomp.wording import count

_ROW_PX = 38
_LETTER_PX = 7
_BINS = 15
_PALE = with_alpha(GREY, 0.3)
CLINICAL_PX = 300
KEPT_IN_PAPER = "kept in the paper"


def funnel_figure(steps: Sequence[Step], paper: int | None = None) -> go.Figure:
    """A bar a step, from loaded to kept, with the number of patients.

    Args:
        steps: of the exclusion log.
        paper: patients that the paper kept of the same cohort, in a bar of their own; None if it is none of its.
    """
    names, counts = [escape(step.label) for step in steps], [step.count for step in steps]
    colours = [BLUE if step.label in {"loaded", "has follow-up"} else GREY for step in steps]
    colours[-1] = GREEN
    if paper is not None:
        names, counts, colours = [*names, KEPT_IN_PAPER], [*counts, paper], [*colours, BROWN]
    figure = _bars(names, counts, colours)
    figure.update_layout(template=TEMPLATE, height=_ROW_PX * len(names) + 80)
    return figure


def modality_figure(has: pd.DataFrame) -> go.Figure:
    """Patients by what they have: a filled cell where a group of patients has the modality.

    Args:
        has: as `modality_table` makes it.
    """
    modalities = [name for name in has.columns if name != "patients"]
    labels = [f"{place}: {count(patients, 'patient')}" for place, patients in enumerate(has["patients"], 1)]
    values = has[modalities].to_numpy(dtype=float)
    figure = go.Figure(
        go.Heatmap(
            z=values, x=[escape(str(name)) for name in modalities], y=labels,
            colorscale=((0, "rgba(138, 138, 138, 0.15)"), (1, BLUE)), zmin=0, zmax=1, showscale=False, xgap=3, ygap=3,
            text=np.where(values > 0, "has it", "lacks it"), hovertemplate="%{y} · %{x}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, side="top")
    height = _ROW_PX * len(has) + 60
    upright = {"height": height + _LETTER_PX * max(map(len, modalities), default=0), "xaxis": {"tickangle": -90}}
    figure.update_layout(template=TEMPLATE, height=height, meta={"narrow": upright})
    return figure


def modality_table(patients: Sequence[str], has: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Patients counted by which modalities they have, most frequent first: a bool column a modality, and `patients`."""
    columns = {name: pd.Index(patients).isin(list(owners)) for name, owners in has.items()}
    table = pd.DataFrame(columns, index=pd.Index(patients))
    counted = table.groupby(list(columns), sort=False).size().rename("patients")
    return counted.reset_index().sort_values("patients", ascending=False, ignore_index=True)


def bar_table(values: pd.Series, categories: Sequence[str], shown: pd.Index) -> pd.DataFrame:
    """value, patients (of those shown) and cohort (of everybody), a row a category in the order given.

    Args:
        values: category of every patient, index patient.
        categories: all there are.
        shown: patients.
    """
    counts, everybody = values[shown].value_counts(), values.value_counts()
    rows = [(name, int(counts.get(name, 0)), int(everybody.get(name, 0))) for name in categories]
    return pd.DataFrame(rows, columns=["value", "patients", "cohort"])


def bar_figure(table: pd.DataFrame, chosen: Sequence[str], filtered: bool) -> go.Figure:
    """How many patients are in which category; a bar's `customdata` is its category.

    Args:
        table: as `bar_table` makes it.
        chosen: categories that are filtered by.
        filtered: whether to show everybody behind the patients shown.
    """
    names = [escape(name) for name in table["value"]]
    texts = [
        f"{shown:,} of {every:,}" if filtered else f"{shown:,}"
        for shown, every in zip(table["patients"], table["cohort"], strict=True)
    ]
    most = max(int(table["cohort"].max()), 1)
    room = {"range": [0, 2 * most]} if filtered else {}  # for '12 of 345'
    # Without what is chosen, a bar would stay clicked after its filter was cleared.
    meta = {"chosen": list(chosen), "narrow": {"xaxis": {"nticks": 3, "tickangle": 0, **room}}}
    figure = go.Figure(layout={"meta": meta})
    if filtered:
        figure.add_bar(x=table["cohort"], y=names, orientation="h", marker_color=_PALE, hoverinfo="skip")
    width = min(0.8, 0.25 * len(table))  # one or two categories need no wall of colour
    figure.add_bar(
        x=table["patients"], y=names, orientation="h", marker_color=BLUE, text=texts, textposition="outside",
        cliponaxis=False, customdata=[[name] for name in table["value"]],
        hovertemplate="%{y}: %{x:,} patients<extra></extra>",
    )  # fmt: skip
    figure.update_traces(width=width)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title_text="Patients", range=[0, 1.3 * most])
    figure.update_layout(
        template=TEMPLATE, barmode="overlay", showlegend=False, height=max(CLINICAL_PX, 26 * len(table) + 80)
    )
    return figure


def range_table(values: pd.Series, shown: pd.Index) -> pd.DataFrame:
    """lowest, highest, patients (of those shown) and cohort (of everybody), a row a bin of equal width.

    A bin holds its lowest value, and the last one its highest too; values that are not recorded are in none.

    Args:
        values: number of every patient, NaN where not recorded, index patient; at least one is recorded.
        shown: patients.
    """
    edges = _bin_edges(float(values.min()), float(values.max()))
    counts, everybody = (np.histogram(part.dropna(), edges)[0] for part in (values[shown], values))
    return pd.DataFrame({"lowest": edges[:-1], "highest": edges[1:], "patients": counts, "cohort": everybody})


def range_figure(table: pd.DataFrame, title: str, chosen: Sequence[float], filtered: bool) -> go.Figure:
    """How many patients have a value in which bin; a bar's `customdata` are the bin's two ends.

    Args:
        table: as `range_table` makes it.
        title: of the values, with their unit.
        chosen: ends of the range that is filtered by.
        filtered: whether to show everybody behind the patients shown.
    """
    middle, width = (table["lowest"] + table["highest"]) / 2, table["highest"] - table["lowest"]
    meta = {"chosen": list(chosen)}  # else a bar stays clicked after its filter was cleared
    figure = go.Figure(layout={"meta": meta})
    if filtered:
        figure.add_bar(x=middle, y=table["cohort"], width=width, marker_color=_PALE, hoverinfo="skip")
    figure.add_bar(
        x=middle, y=table["patients"], width=width, marker_color=BLUE,
        customdata=table[["lowest", "highest"]].to_numpy().tolist(),
        hovertemplate="%{customdata[0]:.6g} to %{customdata[1]:.6g}: %{y:,} patients<extra></extra>",
    )  # fmt: skip
    figure.update_traces(marker_line={"width": 1, "color": "rgba(138, 138, 138, 0.6)"})
    figure.update_xaxes(title_text=escape(title))
    figure.update_yaxes(title_text="Patients", rangemode="tozero")
    figure.update_layout(template=TEMPLATE, barmode="overlay", showlegend=False, height=CLINICAL_PX, bargap=0)
    return figure


def _bin_edges(low: float, high: float) -> NDArray[np.float64]:
    """About fifteen bins, from and to multiples of a round width."""
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    rough = (high - low) / _BINS
    power = 10.0 ** np.floor(np.log10(rough))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    first, last = np.floor(low / width), np.floor(high / width) + 1
    return np.asarray(np.round(np.arange(first, last + 1) * width, 10))


def _bars(names: Sequence[str], counts: Sequence[int], colours: str | Sequence[str]) -> go.Figure:
    """Patients in horizontal bars from the top down, with room for the number at the end of the longest."""
    figure = go.Figure(
        go.Bar(
            x=counts, y=names, orientation="h", marker_color=colours, text=[f"{count:,}" for count in counts],
            textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x:,} patients<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title_text="Patients", range=[0, 1.2 * max(counts, default=1)])
    return figure
