"""Figures of how slides and omics find each other, and of omics that were predicted from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.theme import BLUE, BROWN, GREY, SERIES, TEMPLATE, VERMILION

NAMED = 40
"""Patients up to whom the axes of the matrix name each."""
_FINE = 1000
_SHIFT, _REACH = 0.16, 0.42
"""Of a direction's marks beside the middle of a place, and of what guessing gives to both sides; places are 1 apart."""


def retrieval_figure(scores: pd.DataFrame, folds: pd.DataFrame) -> go.Figure:
    """Share of patients whose counterpart is among the first k, by direction, beside what guessing gives.

    Args:
        scores: a row a direction and k, the same k for each: direction, k, recall, lower, upper, chance.
        folds: the same by fold: direction, k, fold, recall.
    """
    ticks = list(dict.fromkeys(scores["k"]))
    place = {k: number for number, k in enumerate(ticks)}
    figure = go.Figure()
    directions = list(dict.fromkeys(scores["direction"]))
    for side, (direction, colour) in enumerate(zip(directions, SERIES, strict=False)):
        own = scores[scores["direction"] == direction]
        x = np.array([place[k] for k in own["k"]]) + _SHIFT * (2 * side - 1)
        figure.add_scatter(
            x=x, y=100 * own["recall"], mode="markers", name=direction,
            marker={"symbol": "diamond", "size": 13, "color": colour},
            error_y={"type": "data", "symmetric": False, "array": 100 * (own["upper"] - own["recall"]),
                     "arrayminus": 100 * (own["recall"] - own["lower"]), "color": colour},
            customdata=(100 * own[["lower", "upper", "chance"]]).round(2),
            hovertemplate="%{y:.0f} % (95 % interval %{customdata[0]:.0f} to %{customdata[1]:.0f} %); guessing "
            "%{customdata[2]:.0f} %<extra>%{fullData.name}</extra>",
        )  # fmt: skip
        each = folds[folds["direction"] == direction]
        figure.add_scatter(
            x=[place[k] + _SHIFT * (2 * side - 1) * 1.8 for k in each["k"]], y=100 * each["recall"], mode="markers",
            marker={"size": 6, "color": colour, "opacity": 0.55}, showlegend=False, name=direction,
            customdata=each["fold"], hovertemplate="fold %{customdata}: %{y:.0f} %<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    chance = scores.drop_duplicates("k")
    figure.add_scatter(
        x=[x for k in chance["k"] for x in (place[k] - _REACH, place[k] + _REACH, None)],
        y=[y for share in 100 * chance["chance"] for y in (share, share, None)],
        mode="lines", name="Guessing", line={"width": 2, "color": GREY},
        hovertemplate="guessing: %{y:.1f} %<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        title_text="Counterpart looked for among the most similar", tickvals=list(place.values()),
        ticktext=[f"first {k}" if k > 1 else "the first" for k in ticks], range=[-0.5, len(ticks) - 0.5],
        showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title_text="Patients whose own is there", ticksuffix=" %", range=[-3, 103])
    figure.update_layout(template=TEMPLATE, height=380)
    return figure


def similarity_figure(similarity: NDArray[np.float64], patients: Sequence[str]) -> go.Figure:
    """Slides against omics profiles, patients in one order on both axes, so that own pairs lie on the diagonal.

    Args:
        similarity: (N, N) cosines; rows are slides. Shown in whole thousandths, a few letters each.
        patients: N names.
    """
    count = len(patients)
    fine = np.round(_FINE * similarity).astype(int)
    ends = [int(fine.min()), int(fine.max())]
    names = [escape(name) for name in patients]
    bar = {"thickness": 14, "len": 0.9, "tickvals": ends, "ticktext": [f"{end / _FINE:.2f}" for end in ends]}
    figure = go.Figure(
        go.Heatmap(
            z=fine.tolist(), coloraxis="coloraxis", x=names, y=names,
            hovertemplate="slide of %{y}<br>omics of %{x}<br>cosine %{z}/" + str(_FINE) + "<extra></extra>",
        )
    )  # fmt: skip
    shown = count <= NAMED
    figure.update_xaxes(title_text="Omics profile of", type="category", showticklabels=shown, showgrid=False)
    figure.update_yaxes(
        title_text="Slide of", type="category", showticklabels=shown, showgrid=False, autorange="reversed",
        scaleanchor="x", constrain="domain",
    )  # fmt: skip
    figure.update_xaxes(constrain="domain", tickangle=-90)
    beside = bar | {"title": {"text": "Similarity<br>(cosine)"}}
    above = bar | {
        "title": {"text": "Similarity (cosine)", "side": "top"},
        "orientation": "h",
        "y": 1.02,
        "yanchor": "bottom",
    }
    figure.update_layout(
        template=TEMPLATE, height=540,
        coloraxis={"colorscale": "Cividis", "cmin": ends[0], "cmax": ends[1], "colorbar": beside},
        meta={"narrow": {"height": 460, "coloraxis": {"colorbar": above}}},
    )  # fmt: skip
    return figure


def reconstruction_figure(genes: pd.DataFrame) -> go.Figure:
    """A point a gene: what was observed, and what was predicted while the whole type was hidden.

    Args:
        genes: gene, observed, reconstructed (standardised values).
    """
    ends = [float(genes["observed"].min()), float(genes["observed"].max())]
    figure = go.Figure()
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        name="Predicted as observed",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=genes["observed"].to_numpy(np.float32), y=genes["reconstructed"].to_numpy(np.float32), mode="markers",
        name="A gene", marker={"color": BLUE, "size": 6, "opacity": 0.85},
        text=[escape(str(gene)) for gene in genes["gene"]],
        hovertemplate="%{text}<br>observed %{x:.2f}, predicted %{y:.2f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title_text="Observed value (standard deviations from the mean)")
    figure.update_yaxes(title_text="Predicted value (same unit)")
    figure.update_layout(template=TEMPLATE, height=420)
    return figure


def correlation_figure(spread: pd.DataFrame, own: pd.DataFrame) -> go.Figure:
    """Boxes of the patients' correlations by omics type, own beside others' predictions; one patient marked.

    Args:
        spread: a row a box: type, of ("own prediction" first, then "predictions for others"), lowest, lower, median,
            upper, highest (5, 25, 50, 75 and 95 %).
        own: the patient's correlations: type, pearson.
    """
    figure = go.Figure()
    for (of, rows), colour in zip(spread.groupby("of", sort=False), (BLUE, GREY), strict=False):
        figure.add_box(
            x=[escape(str(omics)) for omics in rows["type"]], q1=rows["lower"], median=rows["median"], q3=rows["upper"],
            lowerfence=rows["lowest"], upperfence=rows["highest"], name=str(of).capitalize(), marker_color=colour,
        )  # fmt: skip
    figure.add_scatter(
        x=[escape(str(omics)) for omics in own["type"]], y=own["pearson"].round(3), mode="markers", name="This patient",
        marker={"symbol": "diamond", "size": 12, "color": VERMILION, "line": {"width": 1, "color": BROWN}},
        hovertemplate="this patient: %{y:.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(title_text="Correlation over genes (Pearson's r)")
    figure.update_layout(template=TEMPLATE, height=420, boxmode="group")
    return figure
