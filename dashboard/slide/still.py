"""A slide that cannot be zoomed into: its regions on the stored thumbnail, or alone, with pictures of the extremes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from dashboard.data import Stamp, stamp
from dashboard.elements import plain, show_figure
from dashboard.missed import say_missed
from dashboard.slide.address import read_address, write_map, write_region
from dashboard.slide.maps import SlideMaps
from dashboard.slide.source import SlideSource
from dashboard.state import MAP
from dashboard.viewer import Pane, RegionMap, fallback_figure, grid_figure
from pomp.errors import SlideError
from pomp.slides.store import read_at

A_SIDE, PICTURE_PX = 5, 84


def show_still(found: SlideMaps, source: SlideSource, slide: str, command: str) -> int | None:
    """Map selector, still picture and the regions at both ends; the position of the region that is chosen."""
    st.info(source.reason)
    pane = found.pane(source.url, slide)
    shown = _pick_map(pane)
    st.markdown(f"**{plain(shown.scale.title)}** — {plain(shown.meaning)}")
    alt = f"Regions of slide {slide}, coloured by: {shown.scale.title}"
    clicked = show_figure(
        still_figure(found, shown, source), f"slide-{slide}", found.numbers, alt, command=command, select=True
    )
    if source.stored is not None:
        _show_extremes(found, shown, source)
    region = (0, clicked[0] - 1) if clicked else read_address([pane]).region
    write_region(region)
    return region[1] if region else None


def _pick_map(pane: Pane) -> RegionMap:
    """A select box of the slide's maps, whose choice stands in the address.

    It is not bound to the address, as `pick` would have it: the viewer, in whose place it stands, writes the same name
    there, which Streamlit forbids while a widget is bound to it.
    """
    titles = {one.key: one.scale.title for one in pane.maps}
    st.session_state[MAP] = read_address([pane]).maps[0]
    key = st.selectbox(
        "Map", list(titles), key=MAP, format_func=titles.__getitem__, help="What the colours on the slide stand for.",
        on_change=lambda: write_map(pane.find_map(st.session_state[MAP])),
    )  # fmt: skip
    say_missed(MAP, titles[key])
    return pane.find_map(key)


def still_figure(found: SlideMaps, chosen: RegionMap, source: SlideSource) -> go.Figure:
    """The regions over the thumbnail, or on grey where there is none."""
    regions = found.regions[["x", "y", "size"]].assign(score=chosen.scores)
    patches = found.patches if chosen.patches else None
    if source.stored is None or regions["x"].isna().any():
        return grid_figure(regions, chosen.scale, patches=patches)
    stored = source.stored
    return fallback_figure(stored.thumbnail, regions, chosen.scale, width=stored.width, patches=patches)


def extremes(chosen: RegionMap) -> tuple[list[int], list[int]]:
    """Up to five regions at the top and at the bottom, none in both; of signed scores only those that are
    written with the side's sign."""
    scores = pd.Series(chosen.scores).dropna().sort_values(ascending=False, kind="stable")
    half = (len(scores) + 1) // 2
    top, bottom = scores.iloc[:half], scores.iloc[half:]
    if chosen.scale.diverging:
        written = scores.round(chosen.scale.decimals(chosen.scores))
        top, bottom = scores[written > 0], scores[written < 0]
    return top.index[:A_SIDE].tolist(), bottom.index[::-1][:A_SIDE].tolist()


def _show_extremes(found: SlideMaps, chosen: RegionMap, source: SlideSource) -> None:
    for title, indices in zip((chosen.top, chosen.bottom), extremes(chosen), strict=True):
        if not indices:
            continue
        corners = tuple(found.regions.iloc[indices][["x", "y"]].astype(int).itertuples(index=False, name=None))
        try:
            pictures = _pictures(str(source.path), corners, stamp([source.path]))
        except SlideError as error:
            st.warning(plain(error))
            return
        st.markdown(f"**{title}**")
        captions = [f"{index + 1}: {chosen.write(index)}" for index in indices]
        st.image(pictures, captions, width=PICTURE_PX)


@st.cache_data(max_entries=64, show_spinner=False)
def _pictures(path: str, corners: tuple[tuple[int, int], ...], of: Stamp) -> list[NDArray[np.uint8]]:
    """Small pictures of the regions at these level-0 x and y; grey for those that the file does not have."""
    grey = np.full((PICTURE_PX, PICTURE_PX, 3), 200, np.uint8)
    return [grey if pixels is None else _shrink(pixels) for pixels in read_at(Path(path), corners)]


def _shrink(region: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(region).resize((2 * PICTURE_PX, 2 * PICTURE_PX)))
