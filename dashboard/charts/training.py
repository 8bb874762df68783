"""Loss curves of a run, live or finished."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.theme import SERIES, TEMPLATE

PRETRAIN = {
    "total": "Total",
    "poc": "POC: match slide and omics",
    "pom": "POM: same patient or not",
    "mom": "MOM: fill in masked omics",
}
FINETUNE = {
    "cox": "Cox loss",
    "train_c_index": "C-index on training patients",
    "test_c_index": "C-index on test patients (the paper's choice of epoch)",
}
_COLUMNS, _ROW_PX = 2, 230


def loss_figure(metrics: pd.DataFrame, stage: str) -> go.Figure | None:
    """One panel a measure, one line a fold; None if the stage has no epoch yet.

    Args:
        metrics: a row an epoch: stage, fold (-1: all patients together), epoch (from 0), and the measures.
        stage: "pretrain" or "finetune".
    """
    titles = PRETRAIN if stage == "pretrain" else FINETUNE
    rows = stage_metrics(metrics, stage)
    shown = [name for name in titles if name in rows and rows[name].notna().any()]
    if not shown:
        return None
    lines = -(-len(shown) // _COLUMNS)
    figure = make_subplots(
        rows=lines, cols=min(len(shown), _COLUMNS), subplot_titles=[titles[name] for name in shown],
        horizontal_spacing=0.1, vertical_spacing=0.36 / lines if lines > 1 else 0,
    )  # fmt: skip
    for fold, part in rows.groupby("fold"):
        for place, name in enumerate(shown):
            figure.add_trace(
                _line(int(str(fold)), part, name, first=place == 0), row=place // _COLUMNS + 1, col=place % _COLUMNS + 1
            )
    figure.update_xaxes(tick0=0, dtick=max(1, -(-int(rows["epoch"].max()) // 6)))
    for place in range(max(0, len(shown) - _COLUMNS), len(shown)):  # the lowest panel of each column
        figure.update_xaxes(title_text="Epoch", row=place // _COLUMNS + 1, col=place % _COLUMNS + 1)
    figure.update_layout(
        template=TEMPLATE, height=_ROW_PX * lines + 90, margin={"t": 70, "r": 28}, legend={"y": 1.0 + 0.16 / lines}
    )
    return figure


def stage_metrics(metrics: pd.DataFrame, stage: str) -> pd.DataFrame:
    """The rows of one stage, by fold and epoch; an epoch done twice counts as it was done last."""
    if "stage" not in metrics:
        return pd.DataFrame(columns=["stage", "fold", "epoch"])
    rows = metrics[metrics["stage"] == stage].drop_duplicates(["fold", "epoch"], keep="last")
    return rows.sort_values(["fold", "epoch"])


def _line(fold: int, part: pd.DataFrame, name: str, first: bool) -> go.Scatter:
    label = "all patients" if fold < 0 else f"fold {fold + 1}"
    return go.Scatter(
        x=part["epoch"] + 1, y=part[name], mode="lines" if len(part) > 1 else "markers", name=label, legendgroup=label,
        showlegend=first, line={"color": SERIES[fold % len(SERIES)], "width": 2},
        hovertemplate=f"{label}, epoch %{{x}}: %{{y:.4g}}<extra></extra>",
    )  # fmt: skip
