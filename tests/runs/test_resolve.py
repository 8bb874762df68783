"""A configuration that fits its cohort."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from pomp.config import PRESETS, Modalities, SystemName, override
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
    """With two types of omics, or none."""
    cohort = tiny_cohort(Path("/cohort"))
    table = pd.DataFrame([SlideRow(*row) for row in SLIDES[slides]], columns=COLUMNS)
    mrna = cohort.omics["mrna"]
    return replace(cohort, slides=table, omics={"mirna": replace(mrna, name="mirna"), "mrna": mrna} if omics else {})


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


REFUSED |= {
    "a system of both without slides": (
        "none", True, {"model.system": "mcat"},
        "The system 'mcat' reads slides and omics together, and cohort 'tiny' has no slides",
    ),
    "a system of both without omics": (
        "images", False, {"model.system": "cmta"},
        "The system 'cmta' reads slides and omics together, and cohort 'tiny' has no omics table",
    ),
    "a system of both on one": (
        "images", True, {"model.system": "gpdbn", "model.modalities": "omics"},
        "'gpdbn' reads slides and omics together: choose the modalities 'auto' instead of 'omics'",
    ),
    "a system of omics on slides": (
        "images", True, {"model.system": "deepsurv", "model.modalities": "both"},
        "The system 'deepsurv' reads omics alone: choose the modalities 'auto' instead of 'both'",
    ),
    "a system of omics without omics": (
        "images", False, {"model.system": "deepsurv"}, "has no omics table: choose the modality 'pathology'",
    ),
    "companions of what is not pre-trained": (
        "images", True, {"model.system": "mcat", "pretrain.with_cohorts": ["other"]},
        r"pretrain\.with_cohorts names other, and the system 'mcat' is not pre-trained: leave it empty",
    ),
    "companions of slides alone": (
        "images", True, {"model.modalities": "pathology", "pretrain.with_cohorts": ["other"]},
        "names other, and a model that reads slides alone is not pre-trained",
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


def one_type_each(slides: str) -> Cohort:
    """Two types of omics, of which each patient has one."""
    cohort = cohort_with(slides)
    halves = enumerate(cohort.omics.items())
    return replace(cohort, omics={name: replace(own, values=own.values.iloc[half::2]) for half, (name, own) in halves})


@pytest.mark.parametrize(
    ("cohort", "epochs"),
    [
        (tiny_cohort(Path("/cohort")), 0),  # one type
        (cohort_with("none"), 10),
        (one_type_each("none"), 0),
        (one_type_each("images"), 10),  # what is hidden is looked for in the slide
    ],
    ids=["one type", "two types", "two types of different patients", "with slides"],
)
def test_without_anything_to_hide_there_is_no_pretraining(cohort: Cohort, epochs: int) -> None:
    found = resolve(PRESETS["demo"], cohort).pretrain
    assert (found.epochs, found.mom) == (epochs, min(epochs, 1))


def test_other_cohorts_may_bring_the_second_type() -> None:
    config = override(PRESETS["demo"], {"pretrain.with_cohorts": ["other"]})
    assert resolve(config, tiny_cohort(Path("/cohort"))).pretrain.epochs == 10


OF_SYSTEMS: dict[SystemName, tuple[Modalities, int]] = {
    # what it reads of a cohort that has both, and epochs of pre-training of the ten that are asked for
    "pomp": ("both", 10),
    "mcat": ("both", 0),
    "gpdbn": ("both", 0),
    "camr": ("both", 0),
    "cmta": ("both", 0),
    "hc-mae": ("both", 10),
    "deepcorrsurv": ("both", 10),
    "pathomics": ("both", 10),
    "deepsurv": ("omics", 0),
    "mean-pool": ("both", 0),
}


def test_the_table_has_every_system() -> None:
    assert set(OF_SYSTEMS) == set(get_args(SystemName))


@pytest.mark.parametrize("system", OF_SYSTEMS)
def test_what_a_system_reads_and_whether_it_is_pretrained(system: SystemName) -> None:
    """POMP's tasks are nothing to the others: settings that change nothing get one form, so that runs are shared."""
    cohort = cohort_with("images")
    found = resolve(override(PRESETS["demo"], {"model.system": system}), cohort)
    reads, epochs = OF_SYSTEMS[system]
    assert (found.model.modalities, found.pretrain.epochs) == (reads, epochs)
    tasks = (found.pretrain.poc, found.pretrain.pom, found.pretrain.mom)
    assert tasks == ((1, 1, 1) if system == "pomp" else (0, 0, 0))
    assert resolve(found, cohort) == found
    heavier = resolve(override(PRESETS["demo"], {"model.system": system, "pretrain.poc": 3.0}), cohort)
    assert (heavier == found) == (system != "pomp")


def test_omics_alone_leave_the_source_of_regions_undecided() -> None:
    found = resolve(override(PRESETS["demo"], {"model.system": "deepsurv"}), cohort_with("images"))
    assert found.slides.source == "auto"
    assert resolve(override(PRESETS["demo"], {"model.system": "deepsurv"}), cohort_with("none")) == found
