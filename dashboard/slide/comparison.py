"""Which slide stands beside the first one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.elements import plain
from dashboard.slide.maps import SlideMaps, slide_maps, slides_of
from dashboard.slide.source import find_source
from dashboard.slide.words import SECOND_PATIENT, SECOND_SLIDE, TWO_MAPS, TWO_SLIDES
from dashboard.state import pick
from dashboard.viewer import Pane
from pomp.runs.run import Run


def pick_second(run: Run, patients: Sequence[str], patient: str, slide: str) -> tuple[str, str]:
    """Patient and slide on the right; at first another slide of the patient, or else the next patient's."""
    others = [name for name in slides_of(run, patient) if name != slide]
    following = patients[(patients.index(patient) + 1) % len(patients)]
    left, right = st.columns(2)
    with left:
        second = pick(
            "Patient on the right", patients, SECOND_PATIENT, first=patient if others else following,
            explain="Slides of two patients, or two slides of one.",
        )  # fmt: skip
    slides = slides_of(run, second)
    with right:
        first = others[0] if second == patient and others else slides[0]
        return second, pick("Slide on the right", slides, SECOND_SLIDE, first=first)


def second_pane(
    run: Run, mode: str, first: Pane, second: tuple[str, str] | None
) -> tuple[Pane, SlideMaps | None] | None:
    """The right pane with its maps (None: those of the left); None, and why, where there is nothing to zoom into."""
    if mode == TWO_MAPS:
        return first, None
    if mode != TWO_SLIDES or second is None:
        return None
    patient, slide = second
    found = slide_maps(run, patient, slide)
    source = find_source(run, slide, found.regions)
    if source.reason:
        st.info(f"{plain(slide)} cannot stand beside the other slide. {source.reason}")
        return None
    return found.pane(source.url, f"{patient} · {slide}"), found
