"""Figures of the Cohort page: funnel, who has what, and clinical columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import BLUE, GREEN, GREY, TEMPLATE
from pomp.data.exclusion import Step

_ROW_PX = 38
CLINICAL_PX = 340


def funnel_figure(steps: Sequence[Step]) -> go.Figure:
    """A bar a step, from loaded to kept, with the number of patients."""
    names = [escape(step.label) for step in steps]
    colours = [BLUE if step.label in {"loaded", "has follow-up"} else GREY for step in steps]
    colours[-1] = GREEN
    figure = _bars(names, [step.count for step in steps], colours)
    figure.update_layout(template=TEMPLATE, height=_ROW_PX * len(steps) + 80)
    return figure


def modality_figure(has: pd.DataFrame) -> go.Figure:
    """Patients by what they have: a filled cell where a group of patients has the modality.

    Args:
        has: as `modality_table` makes it.
    """
    modalities = [name for name in has.columns if name != "patients"]
    labels = [f"{place}. {count} patient{'s' if count != 1 else ''}" for place, count in enumerate(has["patients"], 1)]
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
    figure.update_layout(template=TEMPLATE, height=_ROW_PX * len(has) + 60)
    return figure


def modality_table(patients: Sequence[str], has: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Patients counted by which modalities they have, most frequent first: a bool column a modality, and `patients`."""
    columns = {name: pd.Index(patients).isin(list(owners)) for name, owners in has.items()}
    table = pd.DataFrame(columns, index=pd.Index(patients))
    counted = table.groupby(list(columns), sort=False).size().rename("patients")
    return counted.reset_index().sort_values("patients", ascending=False, ignore_index=True)


def histogram_figure(values: pd.Series[float], title: str) -> go.Figure:
    """How many patients have which value."""
    figure = go.Figure(
        go.Histogram(x=values, marker_color=BLUE, nbinsx=20, hovertemplate="%{x}: %{y} patients<extra></extra>")
    )
    figure.update_xaxes(title_text=escape(title))
    figure.update_yaxes(title_text="Patients")
    figure.update_layout(template=TEMPLATE, height=CLINICAL_PX, bargap=0.05)
    return figure


def bar_figure(counts: pd.Series[int], title: str) -> go.Figure:
    """How many patients are in which category, in the order given."""
    figure = _bars([escape(str(name)) for name in counts.index], counts.to_list(), BLUE)
    figure.update_traces(width=min(0.8, 0.25 * len(counts)))  # one or two categories need no wall of colour
    figure.update_yaxes(title_text=escape(title))
    figure.update_layout(template=TEMPLATE, height=max(CLINICAL_PX, 26 * len(counts) + 80))
    return figure


def _bars(names: Sequence[str], counts: Sequence[int], colours: str | Sequence[str]) -> go.Figure:
    """Patients in horizontal bars from the top down, with room for the number at the end of the longest."""
    figure = go.Figure(
        go.Bar(
            x=counts, y=names, orientation="h", marker_color=colours, text=[str(count) for count in counts],
            textposition="outside", hovertemplate="%{y}: %{x} patients<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title_text="Patients", range=[0, 1.2 * max(counts, default=1)])
    return figure
