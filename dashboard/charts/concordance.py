"""C-index by fold: models, protocols and plain comparators side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import GREY, SERIES, TEMPLATE
from dashboard.words import CHANCE
from pomp.evaluation.report import ModelScore
from pomp.wording import number

LINE = 10
"""Letters in a line below a column, where a word is not longer."""


def concordance_figure(scores: Mapping[str, ModelScore]) -> go.Figure:
    """A column of points a model, one point a fold, with mean and deviation beside them.

    Args:
        scores: by the name shown, in order; the first is the one that the page is about.
    """
    names = list(scores)
    figure = go.Figure()
    figure.add_hline(y=CHANCE, line={"color": GREY, "dash": "dot"})
    figure.add_annotation(text="chance", x=1, xref="paper", xanchor="left", xshift=4, y=CHANCE, showarrow=False)
    for place, (name, score) in enumerate(scores.items()):
        colour = SERIES[place % len(SERIES)]
        figure.add_trace(_folds(place, name, score, colour))
        figure.add_trace(_mean(place, name, score, colour))
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=[_broken(name) for name in names],
        tickangle=0,
        tickfont={"size": 11},
        range=[-0.5, 1.16 * len(names) - 0.6],  # the narrower the columns, the more of them the last number takes
        showgrid=False,
    )
    figure.update_yaxes(title_text="C-index (1 = every pair in the right order)", tickformat=".2f")
    figure.update_layout(template=TEMPLATE, height=400, showlegend=False, margin={"r": 56})
    return figure


def _broken(name: str) -> str:
    """In short lines, so that the names of many models stand beside each other; names are data."""
    return "<br>".join(escape(line) for line in wrap(name, LINE, break_long_words=False))


def _folds(place: int, name: str, score: ModelScore, colour: str) -> go.Scatter:
    """Folds spread from left to right, in the same order in every column."""
    count = len(score.folds)
    spread = [place - 0.22 + 0.28 * (rank / max(count - 1, 1)) for rank in range(count)]
    return go.Scatter(
        x=spread, y=[fold.harrell for fold in score.folds], mode="markers", name=escape(name),
        marker={"color": colour, "size": 9},
        customdata=[(fold.fold + 1, fold.patients, fold.events) for fold in score.folds],
        hovertemplate="fold %{customdata[0]}: %{y:.3f}<br>%{customdata[1]} patients, %{customdata[2]} events"
        "<extra></extra>",
    )  # fmt: skip


def _mean(place: int, name: str, score: ModelScore, colour: str) -> go.Scatter:
    deviation = None if pd.isna(score.sd) else [score.sd]
    return go.Scatter(
        x=[place + 0.2], y=[score.mean], mode="markers+text", name=f"{escape(name)}, mean", text=[f" {score.mean:.3f}"],
        textposition="middle right", cliponaxis=False, marker={"symbol": "diamond", "size": 12, "color": colour},
        error_y={"type": "data", "array": deviation, "visible": deviation is not None, "color": colour},
        hovertemplate=f"mean {number(score.mean)}, sd {number(score.sd)}<extra></extra>",
    )  # fmt: skip


def concordance_table(scores: Mapping[str, ModelScore]) -> pd.DataFrame:
    """A row a model and fold: model, fold (from 1), patients, events, c_index (Harrell), uno, paper (Eq. 16)."""
    rows = [
        (name, fold.fold + 1, fold.patients, fold.events, fold.harrell, fold.uno, fold.paper)
        for name, score in scores.items()
        for fold in score.folds
    ]
    return pd.DataFrame(rows, columns=["model", "fold", "patients", "events", "c_index", "uno", "paper"])
