"""A configuration that fits its cohort."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import Cohort
from pomp.data.readers.slides import COLUMNS, SlideRow
from pomp.errors import ConfigError
from pomp.runs.resolve import resolve
from tests.runs.fakes import tiny_cohort

SLIDES = {
    "none": [],
    "images": [("P1", "a", "/a.svs", "", 0.5), ("P2", "b", "/b.svs", "", 0.5)],
    "features": [("P1", "a", "/a.h5", "/a.h5", 0.5), ("P2", "b", "/b.h5", "/b.h5", 0.5)],
    "both": [("P1", "a", "/a.svs", "/a.h5", 0.5), ("P2", "b", "/b.svs", "/b.h5", 0.5)],
    "both, one image gone": [("P1", "a", "/a.svs", "/a.h5", 0.5), ("P2", "b", "/b.h5", "/b.h5", 0.5)],
}


def cohort_with(slides: str, omics: bool = True) -> Cohort:
    cohort = tiny_cohort(Path("/cohort"))
    table = pd.DataFrame([SlideRow(*row) for row in SLIDES[slides]], columns=COLUMNS)
    return replace(cohort, slides=table, omics=cohort.omics if omics else {})


DECIDED = {
    # slides, omics, asked for, found
    ("none", True, "auto", "auto"): ("omics", "auto"),
    ("images", True, "auto", "auto"): ("both", "pixels"),
    ("images", False, "auto", "auto"): ("pathology", "pixels"),
    ("features", True, "auto", "auto"): ("both", "features"),
    ("features", True, "pathology", "features"): ("pathology", "features"),
    ("both", True, "auto", "auto"): ("both", "features"),
    ("both", True, "auto", "pixels"): ("both", "pixels"),
    ("both, one image gone", True, "auto", "auto"): ("both", "features"),
    ("both, one image gone", True, "auto", "pixels"): ("both", "pixels"),
    ("features", True, "omics", "pixels"): ("omics", "pixels"),
}


@pytest.mark.parametrize("case", DECIDED, ids=str)
def test_what_is_there_is_used(case: tuple[str, bool, str, str]) -> None:
    slides, omics, modalities, source = case
    config = override(PRESETS["demo"], {"model.modalities": modalities, "slides.source": source})
    found = resolve(config, cohort_with(slides, omics))
    assert (found.model.modalities, found.slides.source) == DECIDED[case]
    assert resolve(found, cohort_with(slides, omics)) == found


REFUSED = {
    "no slides": ("none", True, {"model.modalities": "both"}, "has no slides: choose the modality 'omics'"),
    "no omics": ("images", False, {"model.modalities": "omics"}, "has no omics table: choose the modality 'pathology'"),
    "no features": (
        "images", True, {"slides.source": "features"},
        r"Cohort 'tiny' has no region features: choose slides\.source 'pixels', or name a feature file",
    ),
    "no images": (
        "features", True, {"slides.source": "pixels"},
        r"Cohort 'tiny' has no slide images, only features: choose slides\.source 'features', or name the images",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_there_is_refused(case: str) -> None:
    slides, omics, changes, said = REFUSED[case]
    with pytest.raises(ConfigError, match=said):
        resolve(override(PRESETS["demo"], changes), cohort_with(slides, omics))


@pytest.mark.parametrize(
    ("modalities", "changes", "epochs"), [("pathology", {}, 0), ("omics", {}, 10), ("omics", {"pretrain.mom": 0.0}, 0)]
)
def test_one_modality_leaves_out_the_tasks_that_need_two(modalities: str, changes: dict[str, Any], epochs: int) -> None:
    found = resolve(override(PRESETS["demo"], {"model.modalities": modalities, **changes}), cohort_with("images"))
    assert (found.pretrain.poc, found.pretrain.pom, found.pretrain.epochs) == (0, 0, epochs)


WITHOUT_PRETRAINING = {
    "no epoch": {"pretrain.epochs": 0},
    "no task": {"pretrain.poc": 0, "pretrain.pom": 0, "pretrain.mom": 0},
    "no task that omics alone allow": {"model.modalities": "omics", "pretrain.mom": 0},
    "slides alone": {"model.modalities": "pathology"},
}


@pytest.mark.parametrize("changes", WITHOUT_PRETRAINING.values(), ids=WITHOUT_PRETRAINING)
def test_no_pretraining_has_one_form(changes: dict[str, Any]) -> None:
    found = resolve(override(PRESETS["demo"], changes), cohort_with("images")).pretrain
    assert (found.epochs, found.poc, found.pom, found.mom) == (0, 0, 0, 0)
