"""What can be saved of a slide beside its numbers: regions and scores for QuPath and for TRIDENT's tools."""

from __future__ import annotations

import streamlit as st

from dashboard.slide.geojson import to_geojson
from dashboard.slide.maps import SlideMaps
from dashboard.slide.trident import to_trident
from pomp.slides.store import SlideRegions


def show_exports(found: SlideMaps, slide: str, stored: SlideRegions | None) -> None:
    """Quiet buttons; none where it is not known where regions lie. The viewer itself saves the present view."""
    regions, maps = found.regions, found.maps
    if regions["x"].isna().any():
        return
    st.download_button(
        "QuPath (GeoJSON)", lambda: to_geojson(regions, maps), f"{slide}.geojson", "application/geo+json",
        key="slide-geojson", on_click="ignore", type="tertiary", icon=":material/download:",
        help="Drag it onto the slide in QuPath: a tile a region, with the scores of all maps as measurements.",
    )  # fmt: skip
    st.download_button(
        "TRIDENT (HDF5)", lambda: to_trident(slide, regions, maps, stored), f"{slide}_patches.h5",
        "application/x-hdf5", key="slide-trident", on_click="ignore", type="tertiary", icon=":material/download:",
        help="Coordinates as TRIDENT writes them, and a dataset of scores a map.",
    )  # fmt: skip
