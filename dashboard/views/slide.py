"""Slide: deep zoom into a slide with the maps of what the model made of it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.elements import empty_state, pick_run, plain, run_badges, save_table
from dashboard.registry import slide_url
from dashboard.state import MAP, PATIENT, SLIDE, pick
from dashboard.viewer import ScoreScale, explain_absence, fallback_figure, grid_figure, slide_viewer
from dashboard.words import explain_map, map_columns, map_label
from pomp.data.readers.slides import has_image
from pomp.runs.run import Run
from pomp.slides.store import read_slide_regions, regions_path

LISTED = 5
EFFECT = "occlusion"


def scale_of(column: str) -> ScoreScale:
    if column == EFFECT:
        return ScoreScale(map_label(column), "lowers the risk", "raises the risk", diverging=True)
    return ScoreScale(map_label(column), "low", "high")


def show_slide(run: Run, slide: str, regions: pd.DataFrame, column: str) -> int | None:
    """The slide under its map; the position of the region that was clicked."""
    scored = regions.assign(score=regions[column])[["x", "y", "size", "score"]]
    reads_features = run.config.slides.source == "features"
    reason = explain_grid(run, slide, scored) if reads_features else explain_absence()
    if not reason:
        return slide_viewer(slide_url(run.cohort_folder, slide), scored, scale_of(column), key="viewer")
    st.info(reason)
    if reads_features:
        return show_still(grid_figure(scored, scale_of(column)))
    stored = read_slide_regions(regions_path(run.cohort_folder, slide, run.config.slides))
    return show_still(fallback_figure(stored.thumbnail, scored, scale_of(column), width=stored.width))


def explain_grid(run: Run, slide: str, regions: pd.DataFrame) -> str:
    """Why the regions of a run on features are shown without their slide; empty if they are shown on it."""
    if regions["x"].isna().any():
        return (
            "The feature file of this slide has no coordinates: its regions are shown in the order of the file, not "
            "where they lie in the tissue."
        )
    cohort = data.cohort_check(run.cohort_folder, run.config.cohort).cohort
    pictured = set() if cohort is None else set(cohort.slides.loc[has_image(cohort.slides), "slide"])
    if slide not in pictured:
        return (
            "There are features of this slide and no image: its regions are shown where they lie, without the tissue. "
            "Name the image in the column 'file' of slides.csv, and the features in 'features', to see both."
        )
    return explain_absence()


def show_still(figure: go.Figure) -> int | None:
    event = st.plotly_chart(figure, key="still", on_select="rerun", selection_mode="points", alt="The slide's regions")
    points = event.selection.points
    return int(points[0]["point_index"]) if points else None


def strength(scores: pd.Series, column: str) -> pd.Series:
    """What ranks follow: the effect on the risk counts whichever its sign, as in the viewer."""
    return scores.abs() if column == EFFECT else scores


def show_region(regions: pd.DataFrame, chosen: int | None, maps: list[str]) -> None:
    st.subheader("Region")
    if chosen is None:
        st.caption("Click a region on the slide to see its scores.")
        return
    region = regions.iloc[chosen]
    shown = [name for name in maps if pd.notna(region[name])]
    ranks = [int(strength(regions[name], name).rank(ascending=False, method="min").iloc[chosen]) for name in shown]
    rows = [(map_label(name), region[name], rank) for name, rank in zip(shown, ranks, strict=True)]
    st.markdown(f"Region {chosen + 1}: row {int(region['row'])}, column {int(region['column'])}")
    st.dataframe(
        pd.DataFrame(rows, columns=["Map", "Score", "Rank"]), hide_index=True, alt="Scores of the region",
        column_config={
            "Score": st.column_config.NumberColumn(format="%.4f"),
            "Rank": st.column_config.NumberColumn(help=f"1 is the strongest of {len(regions)} regions."),
        },
    )  # fmt: skip


def show_extremes(regions: pd.DataFrame, column: str) -> None:
    numbered = regions.assign(region=range(1, len(regions) + 1))[["region", "row", "column", column]].dropna()
    ordered = numbered.sort_values(column, ascending=False)
    high, low, top, bottom = "Highest", "Lowest", ordered.head(LISTED), ordered.tail(LISTED).iloc[::-1]
    if column == EFFECT:
        high, low = "Raise the risk most", "Lower the risk most"
        top, bottom = top[top[column] > 0], bottom[bottom[column] < 0]
    for title, rows in ((high, top), (low, bottom)):
        st.markdown(f"**{title}**")
        st.dataframe(
            rows.set_axis(["Region", "Row", "Column", "Score"], axis=1), hide_index=True, alt=f"{title}: regions",
            column_config={"Score": st.column_config.NumberColumn(format="%.4f")},
        )  # fmt: skip


st.title("Slide")
runs = [run for run in data.finished_runs() if data.has_maps(run)]
if not runs:
    empty_state(
        "No finished run has read slides.",
        "Choose a cohort with a `slides.csv` and train on it with the modality *auto*, *both* or *pathology*.",
        "views/train.py", "Go to Train",
    )  # fmt: skip
    st.stop()
places = st.columns([4, 3, 3, 3])
with places[0]:
    run = pick_run(runs)
patients = data.mapped_patients(run)
with places[1]:
    name = pick("Patient", patients, PATIENT, explain="Patients with at least one slide that could be read.")
mapped = data.region_maps(run, name)
with places[2]:
    slide = pick("Slide", sorted(mapped["slide"].unique()), SLIDE)
regions = mapped[mapped["slide"] == slide].reset_index(drop=True)
maps = [column for column in map_columns(list(regions.columns)) if regions[column].notna().any()]
with places[3]:
    column = pick("Map", maps, MAP, show=map_label, explain="What the colours on the slide stand for.")
run_badges(run, of_patient=True)
st.markdown(f"**{plain(map_label(column))}** — {plain(explain_map(column))}")
st.caption(
    f"The maps come from the model of fold {int(regions['fold'].iloc[0]) + 1}, which was trained without this patient."
)
if column == EFFECT and "left_out" in regions and regions["left_out"].max() > 1:
    st.caption(
        f"This patient has so many regions that up to {int(regions['left_out'].max())} neighbours were left out "
        "together: they share one score."
    )
left, right = st.columns([5, 2])
with left:
    chosen = show_slide(run, slide, regions, column)
    save_table(regions, f"regions-{slide}")
with right:
    show_region(regions, chosen, maps)
    show_extremes(regions, column)
