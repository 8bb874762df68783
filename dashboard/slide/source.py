"""Where a slide's picture comes from: its file under the zoomable viewer, or what was stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import viewer
from dashboard.data import Stamp, stamp
from dashboard.elements import code, plain
from dashboard.registry import SlideRegistry, slide_key, slide_url
from pomp.errors import SlideError
from pomp.runs.run import Run
from pomp.slides.deepzoom import pyramid
from pomp.slides.store import SlideRegions, read_slide_regions, regions_path


@dataclass(frozen=True, eq=False)
class SlideSource:
    """A slide's picture.

    Attributes:
        url: of the slide on this server.
        reason: why the slide cannot be zoomed into, as Markdown; empty if it can.
        stored: its region file, which has a thumbnail; None where there is none.
        path: of the region file.
        file: the slide's; None where slides.csv names none.
    """

    url: str
    reason: str
    stored: SlideRegions | None
    path: Path
    file: Path | None = None


def find_source(run: Run, slide: str, regions: pd.DataFrame) -> SlideSource:
    """The source of a slide of a run, whose regions have x (NaN where nobody knows the place)."""
    path = regions_path(run.cohort_folder, slide, run.config.slides)
    stored = None if run.config.slides.source == "features" else _stored(str(path), stamp([path]))
    file = _registry(str(run.cohort_folder)).find(slide_key(run.cohort_folder, slide))
    reason = _explain_unplaced(regions) or _explain_absent(run, file) or viewer.explain_absence()
    where = "on the thumbnail that was stored with them" if stored else "where they lie, without the tissue"
    reason = reason or _explain_unreadable(file, where)
    return SlideSource(slide_url(run.cohort_folder, slide), reason, stored, path, file)


@st.cache_resource(max_entries=8, show_spinner=False)
def _registry(folder: str) -> SlideRegistry:
    return SlideRegistry(lambda: [Path(folder)])


@st.cache_resource(max_entries=8, show_spinner=False)
def _stored(path: str, of: Stamp) -> SlideRegions | None:
    """None where there is no such file, or it is damaged: the regions are then shown without tissue."""
    try:
        return read_slide_regions(Path(path)) if of else None
    except SlideError:
        return None


def _explain_unplaced(regions: pd.DataFrame) -> str:
    if regions["x"].notna().all():
        return ""
    return (
        "The feature file of this slide has no coordinates: its regions are shown in the order of the file, not where "
        "they lie in the tissue."
    )


def _explain_absent(run: Run, file: Path | None) -> str:
    if not run.cohort_folder.is_dir():
        return (
            f"The cohort folder of this run is gone: {code(run.cohort_folder)}. The regions are shown where they lie, "
            "without the tissue. Put the folder back to see the slide."
        )
    if file is None and run.config.slides.source == "features":
        return (
            "There are features of this slide and no image: its regions are shown where they lie, without the tissue. "
            "Name the image in the column 'file' of slides.csv, and the features in 'features', to see both."
        )
    return ""


def _explain_unreadable(file: Path | None, where: str) -> str:
    if file is None:
        return f"This slide is not in slides.csv any more. Its regions are shown {where}."
    try:
        pyramid(file)
    except SlideError as error:
        return f"The slide cannot be read, so its regions are shown {where}. {plain(error)}"
    return ""
