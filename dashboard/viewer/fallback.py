"""A still picture of a slide with its regions, where there is no zoomable viewer or no image of the slide."""

from __future__ import annotations

import base64
import html
import io
import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from dashboard.theme import TEMPLATE
from dashboard.viewer.scale import ScoreScale

OPACITY = 0.5
GRID_PX = 1024
"""Longer side of the picture of regions without a slide."""
NO_REGION = 215
"""Grey between such regions: white would be taken for a score around 0."""


def fallback_figure(
    thumbnail: NDArray[np.uint8],
    regions: pd.DataFrame,
    scale: ScoreScale,
    *,
    width: float,
    opacity: float = OPACITY,
    patches: NDArray[np.uint8] | None = None,
) -> go.Figure:
    """The thumbnail with every scored region tinted, its score on hover, and the colour bar.

    Args:
        thumbnail: (h, w, 3) uint8, the whole slide.
        regions: Columns x, y, size (level-0 pixels) and score (NaN: none), one row a region.
        scale: What the scores mean.
        width: Of level 0, pixels.
        opacity: Of the tint.
        patches: (M, n, n) uint8 that tint the regions in place of their score; None: the score does.

    Returns:
        A figure whose points are the regions in their order: a point's index is the region's position.
    """
    rows, columns, _ = thumbnail.shape
    shrink = columns / width
    figure = go.Figure(_points(regions, scale, shrink, _colour_bar(regions, scale, patches is not None)))
    tinted = _tint(thumbnail, regions, scale, shrink, opacity, patches)
    figure.add_layout_image(
        source=_as_png(tinted), xref="x", yref="y", x=0, y=0, sizex=columns, sizey=rows, sizing="stretch", layer="below"
    )
    figure.update_xaxes(visible=False, range=[0, columns], constrain="domain")
    figure.update_yaxes(visible=False, range=[rows, 0], scaleanchor="x", constrain="domain")
    figure.update_layout(
        template=TEMPLATE, margin={"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0}, plot_bgcolor="rgba(0,0,0,0)"
    )
    return figure


def grid_figure(regions: pd.DataFrame, scale: ScoreScale, *, patches: NDArray[np.uint8] | None = None) -> go.Figure:
    """The regions alone on grey, where they lie to each other, for slides of which there is no image.

    Args:
        regions: As in `fallback_figure`, at least one. Where x is NaN the place is not known: the regions then fill a
            square row by row, in their order.
        scale: What the scores mean.

    Returns:
        As `fallback_figure`.
    """
    placed = regions if regions["x"].notna().all() else _in_order(regions)
    corner = placed[["x", "y"]].min()
    moved = placed.assign(x=placed["x"] - corner["x"], y=placed["y"] - corner["y"])
    width, height = (float((moved[axis] + moved["size"]).max()) for axis in ("x", "y"))
    shrink = GRID_PX / max(width, height)
    grey = np.full((max(1, round(height * shrink)), max(1, round(width * shrink)), 3), NO_REGION, np.uint8)
    return fallback_figure(grey, moved, scale, width=width, opacity=1.0, patches=patches)


def _in_order(regions: pd.DataFrame) -> pd.DataFrame:
    side = math.ceil(math.sqrt(len(regions)))
    places = np.arange(len(regions))
    return regions.assign(x=places % side, y=places // side, size=1)


def _colour_bar(regions: pd.DataFrame, scale: ScoreScale, of_patches: bool) -> dict[str, Any]:
    """What of a marker decides the colour bar."""
    scores = regions["score"].to_numpy(dtype=float)
    low, high = (0.0, 1.0) if of_patches else scale.limits(scores)
    bar: dict[str, Any] = {"title": {"text": html.escape(scale.title)}, "thickness": 14, "ticks": "outside"}
    if of_patches:
        bar |= {"tickvals": [low, high], "ticktext": [scale.low, scale.high]}
    elif scale.diverging:
        bar |= {
            "tickvals": [low, 0, high],
            "ticktext": [f"{scale.low} {scale.write(low, scores)}", "0", f"{scale.high} {scale.write(high, scores)}"],
        }
    shown = bool(regions["score"].notna().any())
    return {"colorscale": scale.palette, "cmin": low, "cmax": high, "showscale": shown, "colorbar": bar}


def _points(regions: pd.DataFrame, scale: ScoreScale, shrink: float, bar: dict[str, Any]) -> go.Scatter:
    """Invisible markers in the middle of the regions: they carry the hover text, the clicks and the colour bar."""
    scores = regions["score"].to_numpy(dtype=float)
    return go.Scatter(
        x=(regions["x"] + regions["size"] / 2) * shrink,
        y=(regions["y"] + regions["size"] / 2) * shrink,
        mode="markers",
        marker={"color": regions["score"], "opacity": 0, "size": 12, **bar},
        customdata=np.arange(len(regions)) + 1,
        text=[
            "no score" if np.isnan(score) else text for score, text in zip(scores, scale.write_all(scores), strict=True)
        ],
        hovertemplate=f"Region %{{customdata}}<br>{html.escape(scale.title)}: %{{text}}<extra></extra>",
        showlegend=False,
    )


def _tint(
    thumbnail: NDArray[np.uint8],
    regions: pd.DataFrame,
    scale: ScoreScale,
    shrink: float,
    opacity: float,
    patches: NDArray[np.uint8] | None,
) -> NDArray[np.uint8]:
    tinted = thumbnail.astype(np.float64)
    there = regions["score"].notna().to_numpy()
    scored = regions[there]
    places = scale.places(scored["score"].to_numpy(dtype=float))[:, None, None]
    colours = scale.shades(places if patches is None else patches[there] / 255)
    for x, y, size, colour in zip(scored["x"], scored["y"], scored["size"], colours, strict=True):
        left, top, right, bottom = (round(edge * shrink) for edge in (x, y, x + size, y + size))
        upper, first = max(0, top), max(0, left)
        area = tinted[upper : max(0, bottom), first : max(0, right)]
        # Cut off where the region reaches over the edge, not squeezed into what is left of it.
        whole = _enlarge(colour, bottom - top, right - left)[upper - top :, first - left :]
        area += opacity * (whole[: area.shape[0], : area.shape[1]] - area)
    return tinted.round().astype(np.uint8)


def _enlarge(square: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """A square of patches as so many pixels, with sharp edges."""
    side = len(square)
    down, across = (np.arange(count) * side // max(count, 1) for count in (rows, columns))
    return square[np.ix_(down, across)]


def _as_png(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
