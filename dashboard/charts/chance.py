"""What protocols make of outcomes that nothing predicts: a column of C-indices a protocol, around 0.5."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import BLUE, BROWN, GREY, TEMPLATE, VERMILION
from dashboard.words import CHANCE
from pomp.config import ProtocolName
from pomp.runs.null import ChanceSummary, NullExperiment

COLOURS: dict[ProtocolName, str] = {"honest": BLUE, "paper": BROWN, "paper-released": VERMILION}
SPREAD, ASIDE = 0.16, 0.3
"""How far points of a column lie apart at most, and how far beside them its mean stands."""
OWN = "own outcomes"


def chance_figure(experiment: NullExperiment, summaries: Sequence[ChanceSummary]) -> go.Figure:
    """A point a permutation, the mean with its 95 % interval beside them, and a star for the own outcomes.

    `customdata` of a point that stands for a run is the run's id.

    Args:
        summaries: of `experiment`, at least one.
    """
    figure = go.Figure()
    figure.add_hline(y=CHANCE, line={"color": GREY, "dash": "dot"})
    figure.add_annotation(text="chance", x=1, xref="paper", xanchor="left", xshift=4, y=CHANCE, showarrow=False)
    for place, one in enumerate(summaries):
        figure.add_trace(_permutations(place, one, experiment))
        figure.add_trace(_mean(place, one))
    beside = [place for place, one in enumerate(summaries) if one.own is not None]
    for place in beside:
        figure.add_trace(_own(place, summaries[place], experiment).update(showlegend=place == beside[0]))
    figure.update_xaxes(
        tickvals=list(range(len(summaries))),
        ticktext=[one.protocol for one in summaries],
        range=[-0.5, len(summaries) - 0.3],
        showgrid=False,
    )
    figure.update_yaxes(title_text="C-index, mean over folds (0.5 = guessing)", tickformat=".2f")
    figure.update_layout(template=TEMPLATE, height=420, showlegend=True, margin={"r": 56})
    return figure


def chance_table(experiment: NullExperiment, summaries: Sequence[ChanceSummary]) -> pd.DataFrame:
    """A row a run: protocol, outcomes ('permutation 3' or 'own outcomes'), c_index, run."""
    rows = []
    for one in summaries:
        runs = experiment.runs[one.protocol]
        rows += [(one.protocol, f"permutation {k}", score, runs[k].id) for k, score in one.scores.items()]
        if one.own is not None:
            rows.append((one.protocol, OWN, one.own, experiment.own[one.protocol].id))
    return pd.DataFrame(rows, columns=["protocol", "outcomes", "c_index", "run"])


def _permutations(place: int, one: ChanceSummary, experiment: NullExperiment) -> go.Scatter:
    """Points spread in the order of the permutations: what stands side by side is no finding."""
    runs, count = experiment.runs[one.protocol], len(one.scores)
    return go.Scatter(
        x=place + np.linspace(-SPREAD, SPREAD, count) if count > 1 else [place], y=list(one.scores.values()),
        mode="markers", name="a permutation", legendgroup="permutation", showlegend=place == 0,
        marker={"color": COLOURS[one.protocol], "size": 8, "opacity": 0.75},
        customdata=[runs[number].id for number in one.scores], text=[f"permutation {number}" for number in one.scores],
        hovertemplate=f"{one.protocol}, %{{text}}: %{{y:.3f}}<extra></extra>",
    )  # fmt: skip


def _mean(place: int, one: ChanceSummary) -> go.Scatter:
    known = not np.isnan(one.sd)
    half = one.upper - one.mean
    interval = f"<br>95 % interval {one.lower:.3f} to {one.upper:.3f}" if known else ""
    return go.Scatter(
        x=[place + ASIDE], y=[one.mean], mode="markers+text", name="mean, 95 % interval", legendgroup="mean",
        showlegend=place == 0, text=[f" {one.mean:.3f}"], textposition="middle right",
        marker={"symbol": "diamond", "size": 11, "color": COLOURS[one.protocol]},
        error_y={"type": "data", "array": [half] if known else None, "visible": known, "thickness": 2},
        hovertemplate=f"{one.protocol}, mean of {len(one.scores)}: {one.mean:.3f}{interval}<extra></extra>",
    )  # fmt: skip


def _own(place: int, one: ChanceSummary, experiment: NullExperiment) -> go.Scatter:
    return go.Scatter(
        x=[place], y=[one.own], mode="markers", name=OWN, legendgroup="own",
        marker={"symbol": "star", "size": 15, "color": COLOURS[one.protocol], "line": {"color": GREY, "width": 1}},
        customdata=[experiment.own[one.protocol].id],
        hovertemplate=f"{one.protocol}, everybody's own outcome: %{{y:.3f}}, p {one.p:.3f}<extra></extra>",
    )  # fmt: skip
