"""What can be saved of a slide: its regions and scores for QuPath, for TRIDENT's tools and for a spreadsheet."""

from __future__ import annotations

import streamlit as st

from dashboard.elements import save_table, show_command
from dashboard.slide.geojson import to_geojson
from dashboard.slide.maps import SlideMaps
from dashboard.slide.trident import to_trident
from pomp.slides.store import SlideRegions


def show_exports(found: SlideMaps, slide: str, stored: SlideRegions | None, command: str) -> None:
    """Quiet buttons in a row. The present view is saved as a picture by the viewer itself."""
    regions, maps = found.regions, found.maps
    with st.container(horizontal=True, gap="small"):
        save_table(regions, f"regions-{slide}")
        if regions["x"].notna().all():
            st.download_button(
                "QuPath (GeoJSON)", lambda: to_geojson(regions, maps), f"{slide}.geojson", "application/geo+json",
                key="slide-geojson", on_click="ignore", type="tertiary", icon=":material/download:",
                help="Drag it onto the slide in QuPath: a tile a region, with the scores of all maps as measurements.",
            )  # fmt: skip
            st.download_button(
                "TRIDENT (HDF5)", lambda: to_trident(slide, regions, maps, stored), f"{slide}_patches.h5",
                "application/x-hdf5", key="slide-trident", on_click="ignore", type="tertiary",
                icon=":material/download:", help="Coordinates as TRIDENT writes them, and a dataset of scores a map.",
            )  # fmt: skip
        show_command(command, f"regions-{slide}")
