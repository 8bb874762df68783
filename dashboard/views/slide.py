"""Slide: deep zoom into a slide with the maps of what the model made of it."""

from __future__ import annotations

import streamlit as st

from dashboard import data
from dashboard.badges import say_run
from dashboard.elements import empty_state, errors_as_text, pick_run, save_table, show_command
from dashboard.not_explained import explained_first, said_only_of_pomp
from dashboard.part import by_itself
from dashboard.slide.address import forget_region, read_address, write_address
from dashboard.slide.comparison import pick_second, second_pane
from dashboard.slide.exports import show_exports
from dashboard.slide.maps import SlideMaps, slide_maps, slides_of
from dashboard.slide.region import show_region
from dashboard.slide.source import SlideSource, find_source
from dashboard.slide.still import show_still
from dashboard.slide.words import COMPARE, EFFECT, ONE, TWO_MAPS, TWO_SLIDES
from dashboard.state import PATIENT, SLIDE, pick
from dashboard.viewer import slide_viewer
from pomp.runs.run import Run
from pomp.wording import number

BOXES_PX = (320, 200, 200, 172)
"""Of run, patient, slide and what is shown: all in one row of a window of 1400 px."""


def say_what_is_known(found: SlideMaps) -> None:
    """Of the maps as a whole: regions left out together, how far the folds agree, and what an older run lacks."""
    regions, agreement = found.regions, found.agreement
    if any(one.key == EFFECT for one in found.maps) and "left_out" in regions and regions["left_out"].max() > 1:
        st.caption(
            f"This patient has so many regions that up to {int(regions['left_out'].max())} neighbours were left out "
            "together: they share one effect on the risk."
        )
    if agreement is None:
        st.caption("How far the folds agree is not known: the run has one fold, or was made by an earlier version.")
        return
    st.metric(
        "Fold agreement", number(agreement.spearman, 2), border=True,
        help=f"Mean rank correlation (Spearman) of the attention that each two of the {agreement.models} folds' models "
        "give to this slide's regions. 1: the same order; 0: no more alike than by chance.",
    )  # fmt: skip
    st.caption(
        "1: the models of all folds look at the same regions; 0: no more so than by chance. All but one of them had "
        "this patient in their training, so that on new patients they may agree less."
    )


@by_itself
def show_slide(
    run: Run, found: SlideMaps, source: SlideSource, slide: str, mode: str, second: tuple[str, str] | None
) -> None:
    """The slide and what is chosen on it: a part of the page that is drawn again by itself."""
    if mode == ONE or source.reason:
        picture, region = st.columns([2, 1])
        known = region
    else:
        picture = st.container()
        region, known = st.columns([2, 1])
    with picture:
        if source.reason:
            shown, chosen = found, show_still(found, source, slide, run.info.command)
        else:
            shown, chosen = show_panes(run, found, source, slide, mode, second)
        with st.container(horizontal=True, gap="small"):
            if not source.reason:
                save_table(found.numbers, f"regions-{slide}")
                show_command(run.info.command, f"regions-{slide}")
            show_exports(found, slide, source.stored, source.file)
    with region:
        show_region(shown, chosen)
    with known:
        say_what_is_known(found)


def show_panes(
    run: Run, found: SlideMaps, source: SlideSource, slide: str, mode: str, second: tuple[str, str] | None
) -> tuple[SlideMaps, int | None]:
    """One or two slides; the maps of the slide of which a region is chosen, and that region's position."""
    first = found.pane(source.url, slide)
    other = second_pane(run, mode, first, second)
    panes = [first] if other is None else [first, other[0]]
    choice = slide_viewer(panes, read_address(panes), key="viewer")
    write_address(choice, panes)
    if choice.region is None:
        return found, None
    place, index = choice.region
    return (other[1] if place and other and other[1] else found), index


finished = data.finished_runs()
runs = explained_first(
    [run for run in finished if data.has_maps(run)], [run for run in finished if run.config.model.modalities != "omics"]
)
if not runs:
    empty_state(
        "No finished run has read slides.",
        "Choose a cohort with a `slides.csv` and train on it with the modality *auto*, *both* or *pathology*.",
        "views/train.py", "Go to Train",
    )  # fmt: skip
    st.stop()
# Columns would cut names off in a narrow window: there the last boxes go to a new line.
row = st.container(horizontal=True)
places = [row.container(width=width) for width in BOXES_PX]
with places[0]:
    run = pick_run(runs)
if not data.has_maps(run):
    say_run(run)
    said_only_of_pomp(run, "maps of slides")
    st.stop()
with errors_as_text():
    patients = data.mapped_patients(run)
    with places[1]:
        patient = pick("Patient", patients, PATIENT, explain="Patients with at least one slide that could be read.")
    with places[2]:
        slide = pick("Slide", slides_of(run, patient), SLIDE)
    found = slide_maps(run, patient, slide)
    source = find_source(run, slide, found.regions)
    with places[3]:
        compare = pick(
            "Show", [ONE, TWO_MAPS, TWO_SLIDES], COMPARE,
            explain="Two maps of this slide, or this slide and another one. They move together.",
        )  # fmt: skip
    say_run(run, of_patient=True)
    second = pick_second(run, patients, patient, slide) if compare == TWO_SLIDES else None
    forget_region([run.id, patient, slide, *(second or [])])
    show_slide(run, found, source, slide, compare, second)
