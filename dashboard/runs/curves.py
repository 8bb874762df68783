"""The losses of several runs over each other (Fig. 5), as the mean over folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.charts.training import FINETUNE, PRETRAIN, smooth, stage_metrics
from dashboard.elements import plain, show_figure
from dashboard.once import once
from dashboard.runs.listing import names
from dashboard.state import in_a_row, pick, tick
from dashboard.theme import SERIES, TEMPLATE, with_alpha
from dashboard.training.progress import ask_smoothing
from pomp.runs.run import Run

MEASURE, SMOOTH, LOG = "measure", "smooth", "log"
"""Names in the URL."""

MEASURES = {name: ("pretrain", title) for name, title in PRETRAIN.items()} | {
    name: ("finetune", title) for name, title in FINETUNE.items()
}
"""Column of the metrics → stage and title."""


def show_curves(runs: Sequence[Run]) -> None:
    """One line a run of the measure that is chosen, with a band of the folds' standard deviation."""
    st.header("Curves")
    titles = names(runs)
    metrics = {titles[run.id]: data.metrics(run) for run in runs}
    known = [name for name in MEASURES if any(_has(table, name) for table in metrics.values())]
    if not known:
        st.caption("None of these runs has finished an epoch yet.")
        return
    with in_a_row([1, 1, 1]) as (left, middle, right):
        with left:
            measure = pick("Measure", known, MEASURE, show=_title)
        with middle:
            smoothing = ask_smoothing(SMOOTH, "Each fold's curve is smoothed, then the mean is taken.")
        with right:
            log = tick("Logarithmic axis", LOG)
    curves = once(mean_curves, metrics, measure, smoothing)
    show_figure(
        once(curve_figure, curves, _title(measure), log=log), f"curves-{measure}", curves, "Measure by epoch and run"
    )
    missing = [name for name, table in metrics.items() if not _has(table, measure)]
    said = "Mean over folds; the band is one standard deviation over folds."
    st.caption(said + (f" Without this measure: {plain(', '.join(missing))}." if missing else ""))


def mean_curves(metrics: Mapping[str, pd.DataFrame], measure: str, smoothing: float = 0.0) -> pd.DataFrame:
    """A row a run and epoch: run, epoch (from 1), mean and sd over the folds that have come so far, folds.

    Args:
        metrics: by the name of the run; those without the measure are left out.
        measure: one of `MEASURES`.
        smoothing: of each fold's curve, see `smooth`.
    """
    parts = []
    for name, table in metrics.items():
        if not _has(table, measure):
            continue
        rows = stage_metrics(table, MEASURES[measure][0])
        by_fold = rows.pivot_table(index="epoch", columns="fold", values=measure)
        shown = by_fold.apply(smooth, smoothing=smoothing).where(by_fold.notna())
        own = pd.DataFrame({"mean": shown.mean(axis=1), "sd": shown.std(axis=1), "folds": shown.count(axis=1)})
        own.insert(0, "run", name)
        own.insert(1, "epoch", own.index + 1)
        parts.append(own)
    columns = ["run", "epoch", "mean", "sd", "folds"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def curve_figure(curves: pd.DataFrame, title: str, *, log: bool) -> go.Figure:
    """A line and a band a run.

    Args:
        curves: of `mean_curves`.
        title: of the vertical axis.
        log: whether that is logarithmic.
    """
    figure = go.Figure()
    for place, (name, part) in enumerate(curves.groupby("run", sort=False)):
        label, colour = escape(str(name)), SERIES[place % len(SERIES)]
        banded = part.dropna(subset=["sd"])
        if len(banded):
            edge = pd.concat([banded["mean"] + banded["sd"], (banded["mean"] - banded["sd"]).iloc[::-1]])
            epochs = pd.concat([banded["epoch"], banded["epoch"].iloc[::-1]])
            figure.add_trace(
                go.Scatter(
                    x=epochs, y=edge, mode="lines", fill="toself", fillcolor=with_alpha(colour, 0.15),
                    line={"width": 0}, hoverinfo="skip", showlegend=False, legendgroup=label, name=label,
                )
            )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=part["epoch"], y=part["mean"], mode="lines" if len(part) > 1 else "markers", name=label,
                legendgroup=label, line={"color": colour, "width": 2}, customdata=part["sd"],
                hovertemplate="epoch %{x}: %{y:.4g} ± %{customdata:.2g}",
            )
        )  # fmt: skip
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(title_text=title, type="log" if log else "linear")
    figure.update_layout(template=TEMPLATE, height=420, showlegend=True)
    return figure


def _has(table: pd.DataFrame, measure: str) -> bool:
    return measure in table and bool(table[measure].notna().any())


def _title(measure: str) -> str:
    return MEASURES[measure][1]
