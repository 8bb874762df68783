"""What became of a cohort's slides: from a run that has prepared them, or from the region files on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.data import Stamp, runs_of, stamp
from pomp.config import PRESETS, SlideConfig
from pomp.data.cohort import Cohort
from pomp.errors import SlideError
from pomp.runs.run import Run
from pomp.slides.picture import small_picture
from pomp.slides.store import read_slide_regions, regions_path

COLUMNS = ["slide", "patient", "regions", "mpp", "note", "problem"]
_TOLD = ["regions", "mpp", "note", "reason"]
UNPREPARED = "Not prepared yet."
PICTURE_PX = 480
"""Longer side of a picture in the gallery: twice what a card has, for screens of high density."""


@dataclass(frozen=True)
class SlideStates:
    """A row a slide: slide, patient, regions (NaN: none), mpp (NaN: not stated), note (why the slide's own mpp was not
    taken, if so), problem ("": none)."""

    table: pd.DataFrame
    config: SlideConfig  # with which regions were cut
    run: Run | None  # that prepared them; None: known from the files alone


def slide_states(cohort: Cohort) -> SlideStates | None:
    """What is known of every slide of a cohort; None if nothing has been prepared.

    Raises:
        RunError: the run's table of slides is damaged.
    """
    for run in runs_of(cohort):
        results = run.table("slides")
        if results is not None:
            return SlideStates(_from_results(cohort, results), run.config.slides, run)
    for config in _configs(cohort):
        paths = [regions_path(cohort.folder, slide, config) for slide in cohort.slides["slide"]]
        found = stamp(paths)
        if found:
            known = _from_files([str(path) for path in paths], found)
            return SlideStates(_with_problems(cohort.slides[["slide", "patient"]].join(known)), config, None)
    return None


def slide_picture(path: Path) -> bytes:
    """JPEG of a slide with its tissue and regions, from its region file.

    Raises:
        SlideError: the file is damaged.
    """
    return _slide_picture(str(path), stamp([path]))


@st.cache_data(max_entries=200, show_spinner=False)
def _slide_picture(path: str, of: Stamp) -> bytes:
    return small_picture(Path(path), PICTURE_PX)


def _configs(cohort: Cohort) -> Iterator[SlideConfig]:
    """Settings under which regions of this cohort may lie on disk, the likeliest first."""
    yield from (run.config.slides for run in runs_of(cohort))
    yield from (preset.slides for preset in PRESETS.values())


def _from_results(cohort: Cohort, results: pd.DataFrame) -> pd.DataFrame:
    """The slides of the cohort as it is now; what a run has not seen is not prepared."""
    told = results.set_index("slide").reindex(columns=_TOLD)
    return _with_problems(cohort.slides[["slide", "patient"]].join(told, on="slide"))


@st.cache_data(max_entries=8, show_spinner="Reading the regions of the slides…")
def _from_files(paths: list[str], of: Stamp) -> pd.DataFrame:
    """What is told of every path, in order."""
    rows: list[tuple[float | None, float | None, str | None, str | None]] = []
    for path in map(Path, paths):
        try:
            stored = read_slide_regions(path) if path.is_file() else None
        except SlideError as error:
            rows.append((None, None, None, str(error)))
        else:
            facts = stored and (len(stored.coordinates), stored.mpp, stored.note, stored.reason or None)
            rows.append(facts or (None, None, None, None))
    return pd.DataFrame(rows, columns=_TOLD)


def _with_problems(told: pd.DataFrame) -> pd.DataFrame:
    used = told["reason"].isna() & told["regions"].notna()
    problem = told["reason"].astype("object").where(told["reason"].notna(), UNPREPARED).mask(used, "")
    note = told["note"].astype("object").where(told["note"].notna(), "")
    regions, mpp = told["regions"].astype(float).where(used), told["mpp"].astype(float)
    table = told.assign(problem=problem, regions=regions, mpp=mpp, note=note)
    return table[COLUMNS]
