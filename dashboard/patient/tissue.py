"""A patient's slide, and the regions of it that move the risk most."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from dashboard import data
from dashboard.cohort.slide_states import slide_picture
from dashboard.data import Stamp, stamp
from dashboard.elements import errors_as_text, plain, run_label
from dashboard.not_explained import said_only_of_pomp
from dashboard.slide.maps import region_rows
from dashboard.slide.words import EFFECT, EFFECT_DECIMALS, name_place
from dashboard.state import PATIENT, RUN, SLIDE, pick
from pomp.errors import SlideError
from pomp.evaluation.uncertainty import signed
from pomp.runs.run import Run
from pomp.slides.store import read_at, regions_path
from pomp.wording import count

SHOWN = 3
REGION_PX = 192
_QUALITY = 85


@errors_as_text()
def show_tissue(run: Run, name: str) -> None:
    """The slide with its regions, those that move the risk most, and the way to the Slide page."""
    st.header("Slide")
    if said_only_of_pomp(run, "map of a slide"):
        return
    maps = region_rows(run, "regions", name) if data.has_maps(run) else None
    if maps is None:
        st.caption("This run has read no slides.")
        return
    if maps.empty:
        st.caption("This patient has no slide.")
        return
    slides = sorted(maps["slide"].unique())
    slide = slides[0] if len(slides) == 1 else pick("Slide", slides, SLIDE)
    regions = maps[maps["slide"] == slide].reset_index(drop=True)
    left, right = st.columns(2, gap="large")
    with left:
        pictured = _show_picture(run, slide)
        legend = " Green: tissue. Orange: regions that were read." if pictured else ""
        st.caption(f"{plain(slide)}: {count(len(regions), 'region')}.{legend}")
        st.page_link(
            "views/slide.py", label="Look at it closely", icon=":material/zoom_in:",
            query_params={RUN: run_label(run), PATIENT: name, SLIDE: slide},
        )  # fmt: skip
    with right:
        _show_extremes(run, slide, regions)


def _show_extremes(run: Run, slide: str, regions: pd.DataFrame) -> None:
    raising, lowering = extremes(regions)
    _show_regions(run, slide, "Raise the risk most", raising)
    _show_regions(run, slide, "Lower the risk most", lowering)
    if raising.empty and lowering.empty:
        st.caption("No region of this slide changes the risk by itself.")
    else:
        st.caption("Below each: how much higher the risk score (log relative hazard) is with the region than without.")


def extremes(regions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Regions that raise the risk most, and those that lower it most: SHOWN of each at most, the strongest first.

    Those without an effect in the digits that are shown do neither.
    """
    ordered = regions.dropna(subset=EFFECT).sort_values(EFFECT, ascending=False)
    top, bottom = ordered.head(SHOWN), ordered.tail(SHOWN).iloc[::-1]
    return top[top[EFFECT].round(EFFECT_DECIMALS) > 0], bottom[bottom[EFFECT].round(EFFECT_DECIMALS) < 0]


def _show_picture(run: Run, slide: str) -> bool:
    """Whether there is one."""
    path = _region_file(run, slide)
    try:
        picture = None if path is None else slide_picture(path)
    except SlideError:
        picture = None
    if picture is None:
        st.caption(
            "There is no picture of this slide: its regions were not cut on this machine, or only features were read. "
            "The Cohort page cuts slides, under Preparation."
        )
        return False
    st.image(picture, width="stretch", alt=f"Slide {slide} with its tissue and regions")
    return True


def _region_file(run: Run, slide: str) -> Path | None:
    """None where features were read: what may have been cut of the slide for another run shows other regions."""
    slides = run.config.slides
    return None if slides.source == "features" else regions_path(run.cohort_folder, slide, slides)


def _show_regions(run: Run, slide: str, title: str, regions: pd.DataFrame) -> None:
    if regions.empty:
        return
    st.markdown(f"**{title}**")
    corners = tuple(regions[["x", "y"]].itertuples(index=False, name=None))
    path, pictures = _region_file(run, slide), list[bytes | None]([None] * len(corners))
    if path is not None:
        with suppress(SlideError):
            pictures = _pictures(str(path), corners, stamp([path]))
    records = zip(regions.index + 1, regions.to_dict("records"), strict=True)
    for place, picture, (number, region) in zip(st.columns(SHOWN), pictures, records, strict=False):
        where = name_place(region, number)
        with place:
            if picture is not None:
                st.image(picture, width="stretch", alt=f"Region in {where}")
            # By its number in the slide viewer; one without a place has that in its file, which is longer.
            called = f"region {number}" if pd.notna(region["x"]) else where
            st.caption(f"{signed(region[EFFECT], EFFECT_DECIMALS)}  \n{called}")


@st.cache_data(max_entries=200, show_spinner=False)
def _pictures(path: str, corners: tuple[tuple[float, float], ...], of: Stamp) -> list[bytes | None]:
    """JPEG of the regions with these upper left corners (level-0 x and y); None for one that the file does not have.

    Raises:
        SlideError: the file is damaged or gone.
    """
    return [None if pixels is None else _as_jpeg(pixels) for pixels in read_at(Path(path), corners)]


def _as_jpeg(pixels: np.ndarray) -> bytes:
    image, buffer = Image.fromarray(pixels), io.BytesIO()
    image.resize((REGION_PX, REGION_PX), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
