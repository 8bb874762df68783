"""The epoch strip: the test folds' C-index after every epoch, and the epochs that each rule would take."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import GREEN, GREY, PURPLE, TEMPLATE, VERMILION, with_alpha
from dashboard.words import CHANCE
from pomp.evaluation.epochs import EpochStrip

POINTS = 300
"""At most so many epochs are drawn of a line; the epochs of the rules always are."""
RULES = {
    "last": ("last epoch", GREEN, "square-open"),
    "best_mean": ("best epoch of the mean", PURPLE, "diamond-open"),
    "best_of_each": ("best epoch of each fold", VERMILION, "star"),
}
"""Rule → what it is called, its colour and its mark."""


def epoch_figure(strip: EpochStrip) -> go.Figure:
    """A thin line a fold, the mean as a thick one, and a mark wherever a rule takes a fold's epoch."""
    figure = go.Figure()
    kept = _thinned(strip)
    folds = [int(str(fold)) for fold in strip.folds]
    for fold in folds:
        figure.add_trace(_line(strip.folds[fold][kept], f"fold {fold + 1}", with_alpha(GREY, 0.8), 1))
    figure.add_trace(_line(strip.mean[kept], "mean of the folds", GREY, 3))
    for rule in strip.rules:
        label, colour, symbol = RULES[rule.name]
        values = [strip.folds.loc[epoch, fold] for fold, epoch in zip(folds, rule.epochs, strict=True)]
        figure.add_trace(
            go.Scatter(
                x=list(rule.epochs), y=values, mode="markers", name=label,
                marker={"color": colour, "symbol": symbol, "size": 13, "line": {"width": 2}},
                text=[f"fold {fold + 1}" for fold in folds],
                hovertemplate="%{text}, epoch %{x}: %{y:.3f}<extra>" + label + "</extra>",
            )
        )  # fmt: skip
    figure.add_hline(y=CHANCE, line={"color": GREY, "dash": "dot"})
    figure.update_xaxes(title_text="Epoch of fine-tuning", tickformat="d")
    figure.update_yaxes(title_text="C-index on the test patients", tickformat=".2f")
    figure.update_layout(template=TEMPLATE, height=440)
    return figure


def _line(values: pd.Series, name: str, colour: str, width: float) -> go.Scatter:
    mean = width > 1
    return go.Scatter(
        x=values.index.to_numpy(np.int32), y=values.to_numpy(np.float32), mode="lines", name=name,
        line={"color": colour, "width": width}, showlegend=mean, legendgroup=name,
        hovertemplate="epoch %{x}: %{y:.3f}<extra>" + name + "</extra>",
    )  # fmt: skip


def _thinned(strip: EpochStrip) -> pd.Index:
    """Evenly spread epochs, the last one and those of the rules among them."""
    epochs = strip.folds.index
    step = -(-len(epochs) // POINTS)
    chosen = {epoch for rule in strip.rules for epoch in rule.epochs}
    return epochs[[place % step == 0 or epoch in chosen for place, epoch in enumerate(epochs)]]


def epoch_table(strip: EpochStrip) -> pd.DataFrame:
    """A row an epoch: epoch (from 1), a column a fold (from 1), mean."""
    table = strip.folds.rename(columns=lambda fold: f"fold_{int(fold) + 1}").assign(mean=strip.mean)
    return table.rename_axis("epoch").reset_index().rename_axis(None, axis=1)


def rule_table(strip: EpochStrip) -> pd.DataFrame:
    """A row a rule: rule, c_index (mean over folds), epochs (of each fold, from 1), above_last."""
    last = next(rule.c_index for rule in strip.rules if rule.name == "last")
    rows = [
        (RULES[rule.name][0], rule.c_index, ", ".join(map(str, rule.epochs)), rule.c_index - last)
        for rule in strip.rules
    ]
    return pd.DataFrame(rows, columns=["rule", "c_index", "epochs", "above_last"])
