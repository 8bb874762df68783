"""A cohort at a glance: what its small files say, without opening an omics table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.data import Stamp, cohort_stamp
from pomp.data.manifest import CLINICAL, SLIDES, read_manifest
from pomp.data.outcome import usable_endpoints
from pomp.data.problems import Problems
from pomp.data.readers.clinical import read_clinical
from pomp.data.readers.table import read_table
from pomp.errors import CohortError


@dataclass(frozen=True)
class Glance:
    """Counts are of the files as they stand, before anybody is left out."""

    title: str
    synthetic: bool = False
    endpoint: str = ""
    endpoints: tuple[str, ...] = ()
    """All whose columns are in clinical.csv."""
    omics: tuple[str, ...] = ()
    patients: int = 0
    """With follow-up by the cohort's endpoint."""
    events: int = 0
    slides: int = 0
    problem: str = ""
    """Why the folder cannot be used; empty if nothing is wrong with these files."""


def glance(folder: Path) -> Glance:
    """The cohort in a folder, read once until one of its files changes."""
    return _glance(str(folder), cohort_stamp(folder))


@st.cache_data(max_entries=128, show_spinner=False)
def _glance(folder: str, of: Stamp) -> Glance:
    return read_glance(Path(folder))


def read_glance(folder: Path) -> Glance:
    """As `glance`, read now."""
    try:
        manifest = read_manifest(folder)
    except CohortError as error:
        return Glance(folder.name, problem=str(error))
    problems = Problems()
    title = manifest.title or manifest.name
    clinical = read_clinical(folder / CLINICAL, CLINICAL, manifest.endpoint, problems)
    if clinical is None or clinical.follow_up is None:
        problem = "; ".join(str(one) for one in problems.errors)
        return Glance(title, manifest.synthetic, manifest.endpoint, omics=tuple(manifest.omics), problem=problem)
    known = clinical.follow_up.dropna()
    return Glance(
        title=title,
        synthetic=manifest.synthetic,
        endpoint=manifest.endpoint,
        endpoints=tuple(usable_endpoints(clinical.covariates)),
        omics=tuple(manifest.omics),
        patients=len(known),
        events=int((known["event"] == 1).sum()),
        slides=_count_slides(folder, manifest.slides.file if manifest.slides else SLIDES),
        problem="; ".join(str(one) for one in problems.errors),
    )


def _count_slides(folder: Path, file: str) -> int:
    if not (folder / file).is_file():
        return 0
    table = read_table(folder / file, file, Problems())
    return 0 if table is None else len(table.labels)
