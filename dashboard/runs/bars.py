"""The grid as bars: C-index of every variant, its folds as points, and what the paper reports."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import GREY, SERIES, TEMPLATE, with_alpha
from dashboard.words import CHANCE
from pomp.runs.grid.spec import Grid
from pomp.runs.grid.table import Entry

ROOM = 0.05
"""Below the lowest and above the highest point."""


def bar_figure(grid: Grid, entries: Sequence[Entry]) -> go.Figure:
    """A bar a variant from chance to its mean, a colour a cohort and protocol, a point a fold.

    Args:
        grid: gives the order of the variants.
        entries: those with a score, by cohort and protocol.
    """
    figure = go.Figure()
    for place, (name, group) in enumerate(groupby(entries, _series)):
        own, colour = list(group), SERIES[place % len(SERIES)]
        variants = [escape(entry.variant) for entry in own]
        means, sds = zip(*(entry.mean_sd for entry in own), strict=True)
        figure.add_trace(
            go.Bar(
                x=variants, y=[mean - CHANCE for mean in means], base=CHANCE, name=name, offsetgroup=name,
                legendgroup=name, marker={"color": with_alpha(colour, 0.45), "line": {"color": colour, "width": 1}},
                customdata=list(zip(means, sds, strict=True)),
                hovertemplate="%{x}: %{customdata[0]:.3f} ± %{customdata[1]:.3f}",
            )
        )  # fmt: skip
        folds = bar_table(own)
        figure.add_trace(
            go.Scatter(
                x=folds["variant"].map(escape).tolist(), y=folds["c_index"].tolist(), mode="markers", name=name,
                offsetgroup=name, legendgroup=name, showlegend=False, marker={"color": colour, "size": 7},
                hovertemplate="%{x}, a fold: %{y:.3f}",
            )
        )  # fmt: skip
        published = [(escape(entry.variant), entry.published[0]) for entry in own if entry.published is not None]
        if published:
            figure.add_trace(
                go.Scatter(
                    x=[variant for variant, _ in published], y=[value for _, value in published], mode="markers",
                    name=f"{name}, published", offsetgroup=name, legendgroup=name,
                    marker={"symbol": "diamond-open", "color": colour, "size": 11, "line": {"width": 2}},
                    hovertemplate="%{x}, published: %{y:.3f}",
                )
            )  # fmt: skip
    figure.add_hline(y=CHANCE, line={"color": GREY, "dash": "dot"})
    order = [escape(variant.name) for variant in grid.variants]
    figure.update_xaxes(categoryorder="array", categoryarray=order, showgrid=False)
    shown = [*bar_table(entries)["c_index"].dropna(), *(entry.published[0] for entry in entries if entry.published)]
    limits = [min([CHANCE, *shown]) - ROOM, max([CHANCE, *shown]) + ROOM]
    figure.update_yaxes(title_text="C-index (0.5 = guessing)", range=limits, tickformat=".2f")
    figure.update_layout(template=TEMPLATE, height=420, barmode="group", scattermode="group", showlegend=True)
    return figure


def bar_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """A row a fold: cohort, protocol, variant, seed, fold (from 1), c_index."""
    rows = [
        (entry.cohort, entry.protocol, entry.variant, seed, fold, value)
        for entry in entries
        for seed, score in entry.scores.items()
        for fold, value in enumerate(score.folds, start=1)
    ]
    return pd.DataFrame(rows, columns=["cohort", "protocol", "variant", "seed", "fold", "c_index"])


def _series(entry: Entry) -> str:
    return escape(f"{entry.cohort}, {entry.protocol}")
