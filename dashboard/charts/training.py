"""How training goes: losses, C-index, speed and memory by epoch, live or finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.theme import SERIES, TEMPLATE, with_alpha

PRETRAIN = {
    "total": "Total loss",
    "poc": "POC: match slide and omics",
    "pom": "POM: same patient or not",
    "mom": "MOM: fill in masked omics",
    "mae_regions": "Hidden regions: squared error",
    "mae_genes": "Hidden genes: squared error",
    "correlation": "1 − correlation of slide and omics",
    "distance": "Squared distance of slide and omics",
}
FINETUNE = {
    "cox": "Cox loss",
    "alignment": "Distance of what slide and omics share",
    "align": "Translated against own representation",
    "train_c_index": "C-index on training patients",
    "test_c_index": "C-index on test patients (the paper's choice of epoch)",
}
SPEED = {
    "learning_rate": "Learning rate",
    "regions_per_second": "Regions a second",
    "seconds": "Seconds an epoch",
    "memory_gb": "Memory of the device (GB)",
}
LOSSES: dict[str, Mapping[str, str]] = {"pretrain": PRETRAIN, "finetune": FINETUNE}
POINTS = 300
"""Of a line at most."""

_POINTS_IN_ALL, _DIGITS = 3000, 4
_COLUMNS, _ROW_PX = 2, 230
_TITLE, _LINE_PX = 36, 40
"""Letters in a line above a panel, and what a panel needs for a second line and a legend of more lines."""


@dataclass(frozen=True)
class View:
    """How the lines are drawn."""

    smoothing: float = 0.0
    """Weight of the past in an exponential moving average, 0 (as measured) to below 1."""
    log: bool = False
    """A logarithmic axis, for measures that are above zero throughout."""
    mean: bool = False
    """One line, the mean over folds, in place of one a fold."""


PLAIN = View()


def loss_figure(
    metrics: pd.DataFrame, stage: str, view: View = PLAIN, titles: Mapping[str, str] | None = None
) -> go.Figure | None:
    """One panel a measure, one line a fold; None if the stage has no epoch yet.

    Args:
        metrics: a row an epoch: stage, fold (-1: all patients together), epoch (from 0), and the measures.
        stage: "pretrain" or "finetune".
        view: how the lines are drawn.
        titles: measure → what its panel is called; the losses of the stage if not given.
    """
    titles = LOSSES[stage] if titles is None else titles
    lines = loss_lines(metrics, stage, view, titles)
    shown = [name for name in titles if name in set(lines["measure"])]
    if not shown:
        return None
    panels = {name: titles[name] for name in shown}
    columns = min(len(shown), _COLUMNS)
    figure = _panels(lines, panels, columns, view)
    for (line, name), part in lines.groupby(["line", "measure"], sort=False):
        place = shown.index(str(name))
        for trace in _traces(str(line), part, view, first=place == 0):
            figure.add_trace(trace, row=place // columns + 1, col=place % columns + 1)
    if columns > 1:  # below each other where there is little width
        narrow = _panels(lines, panels, 1, view).layout.to_plotly_json()
        del narrow["template"]
        narrow["height"] += _LINE_PX * len(shown)
        figure.update_layout(meta={"narrow": narrow})
    return figure


def _panels(lines: pd.DataFrame, titles: Mapping[str, str], columns: int, view: View) -> go.Figure:
    """A panel a measure, still empty, in so many columns."""
    rows = -(-len(titles) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=["<br>".join(wrap(title, _TITLE)) for title in titles.values()],
        horizontal_spacing=0.14, vertical_spacing=0.36 / rows if rows > 1 else 0,
    )  # fmt: skip
    figure.update_annotations(font={"size": 14})
    figure.update_xaxes(tick0=0, dtick=max(1, -(-int(lines["epoch"].max()) // 6)))
    for place, name in enumerate(titles):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        if view.log and (lines.loc[lines["measure"] == name, "value"] > 0).all():
            figure.update_yaxes(type="log", **where)
        elif name in SPEED:  # a rate that never changes has a place too
            figure.update_yaxes(rangemode="tozero", **where)
        if name not in SPEED:  # whose titles have the units
            figure.update_yaxes(title_text="C-index" if name.endswith("c_index") else "Loss", **where)
        lowest = place >= len(titles) - columns  # of its column
        figure.update_xaxes(title_text="Epoch" if lowest else "", **where)
    figure.update_layout(
        template=TEMPLATE, height=_ROW_PX * rows + 90, margin={"t": 70, "r": 28}, legend={"y": 1.0 + 0.16 / rows}
    )
    return figure


def loss_lines(
    metrics: pd.DataFrame, stage: str, view: View = PLAIN, titles: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """The points of `loss_figure`: line, measure, epoch (from 1), value (smoothed if asked for), measured.

    The average runs over every epoch, and only then are points left out, the first and the last never: smoothing what
    is already thinned would depend on how long the training is.
    """
    rows = stage_metrics(metrics, stage)
    titles = LOSSES[stage] if titles is None else titles
    names = [name for name in titles if name in rows and rows[name].notna().any()]
    parts = [
        part.assign(value=smooth(part["measured"], view.smoothing), line=line, measure=name)
        for line, of_line in _by_line(rows, names, view)
        for name in names
        for part in [of_line[["epoch", name]].dropna().rename(columns={name: "measured"})]
        if len(part)
    ]
    columns = ["line", "measure", "epoch", "value", "measured"]
    if not parts:
        return pd.DataFrame(columns=columns)
    most = max(2, min(POINTS, _POINTS_IN_ALL // (len(parts) * (2 if view.smoothing else 1))))
    together = pd.concat([thin(part, most) for part in parts], ignore_index=True)
    return together.assign(epoch=together["epoch"].astype(int) + 1)[columns]


def smooth(values: pd.Series, smoothing: float) -> pd.Series:
    """Exponential moving average y_t = Σ s^i x_(t-i) / Σ s^i over all i ≤ t, with s = `smoothing`.

    The division takes out the pull of a first value, as Adam's bias correction does (Kingma & Ba, ICLR 2015).
    """
    return values.astype(float).ewm(alpha=1 - smoothing, adjust=True).mean() if smoothing else values.astype(float)


def thin(part: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows at equal distances, `most` of them at most, with the first and the last."""
    count = len(part)
    if count <= most:
        return part
    return part.iloc[[round(place * (count - 1) / (most - 1)) for place in range(most)]]


def stage_metrics(metrics: pd.DataFrame, stage: str) -> pd.DataFrame:
    """The rows of one stage, by fold and epoch; an epoch done twice counts as it was done last."""
    if "stage" not in metrics:
        return pd.DataFrame(columns=["stage", "fold", "epoch"])
    rows = metrics[metrics["stage"] == stage].drop_duplicates(["fold", "epoch"], keep="last")
    return rows.sort_values(["fold", "epoch"])


def _by_line(rows: pd.DataFrame, names: list[str], view: View) -> list[tuple[str, pd.DataFrame]]:
    """What each line is called, and its epochs."""
    folds = [(_name(int(str(fold))), part) for fold, part in rows.groupby("fold")]
    if not view.mean or len(folds) < 2:
        return folds
    return [(f"mean of {len(folds)} folds", rows.groupby("epoch")[names].mean().reset_index())]


def _name(fold: int) -> str:
    return "all patients" if fold < 0 else f"fold {fold + 1}"


def _colour(line: str) -> str:
    last = line.rpartition(" ")[2]
    return SERIES[(int(last) - 1) % len(SERIES)] if last.isdecimal() else SERIES[0]


def _traces(line: str, part: pd.DataFrame, view: View, first: bool) -> list[go.Scatter]:
    """The line of one panel; what was measured stands faintly behind what is smoothed."""
    mode = "lines" if len(part) > 1 else "markers"
    epochs = part["epoch"].tolist()
    drawn = go.Scatter(
        x=epochs, y=_rounded(part["value"]), mode=mode, name=line, legendgroup=line, showlegend=first,
        line={"color": _colour(line), "width": 2},
        hovertemplate=f"{line}, epoch %{{x}}: %{{y:.4g}}<extra></extra>",
    )  # fmt: skip
    if not view.smoothing:
        return [drawn]
    measured = go.Scatter(
        x=epochs, y=_rounded(part["measured"]), mode=mode, name=f"{line}, as measured", legendgroup=line,
        showlegend=False, line={"color": with_alpha(_colour(line), 0.4), "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    return [measured, drawn]


def _rounded(values: pd.Series) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]
