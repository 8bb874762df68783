"""What can be saved of a slide beside its numbers: regions and scores for QuPath and for TRIDENT's tools."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.slide.geojson import to_geojson
from dashboard.slide.maps import SlideMaps
from dashboard.slide.trident import to_trident
from pomp.errors import SlideError
from pomp.slides.deepzoom import pyramid
from pomp.slides.store import SlideRegions


def show_exports(found: SlideMaps, slide: str, stored: SlideRegions | None, file: Path | None = None) -> None:
    """Quiet buttons; none where it is not known where regions lie. The viewer itself saves the present view.

    Args:
        file: the slide's; None where it is not known.
    """
    regions, maps = found.regions, found.maps
    if regions["x"].isna().any():
        return
    stated, origin = found.size_stated, None if file is None else qupath_origin(file)
    guess = "" if stated else " How large a region is, is a guess"
    st.download_button(
        "QuPath (GeoJSON)", lambda: to_geojson(regions, maps, stated, origin or (0, 0)), f"{slide}.geojson",
        "application/geo+json",
        key="slide-geojson", on_click="ignore", type="tertiary", icon=":material/download:",
        help="Drag it onto the slide in QuPath: a tile a region, with the scores of all maps as measurements."
        + (f"{guess}, and so are the edges of the tiles." if guess else ""),
    )  # fmt: skip
    st.download_button(
        "TRIDENT (HDF5)", lambda: to_trident(slide, regions, maps, stored, stated), f"{slide}_patches.h5",
        "application/x-hdf5", key="slide-trident", on_click="ignore", type="tertiary", icon=":material/download:",
        help="Coordinates as TRIDENT writes them, and a dataset of scores a map."
        + (f"{guess}, and left out." if guess else ""),
    )  # fmt: skip
    if origin is None:
        st.caption(
            "The QuPath file has the places of the whole slide. Where QuPath shows the scanned part alone (SCN and "
            "MRXS files), open the slide there with `--no-crop`."
        )


def qupath_origin(file: Path) -> tuple[int, int] | None:
    """The level-0 pixel that QuPath calls (0, 0); None if the slide cannot be opened.

    QuPath shows a slide within its bounds wherever OpenSlide tells all four of them, unless it is given ``--no-crop``.
    """
    try:
        bounds = pyramid(file).bounds
    except SlideError:
        return None
    return (0, 0) if bounds is None else bounds[:2]
