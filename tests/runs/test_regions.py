"""Runs on region features: from files of every layout to predictions and maps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.errors import PompError, RunError, SlideError
from pomp.evaluation.concordance import concordance_index
from pomp.runs.run import Run
from pomp.runs.slides_read import SLIDES_READ
from pomp.runs.status import Status
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from pomp.slides.features import FeatureFile, inspect_features
from tests.runs.feature_cohort import EVERY_LAYOUT, REGIONS, write_feature_cohort
from tests.slides.layouts import write_h5

SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.trees": 5, "model.width": 16, "model.heads": 2, "model.dropout": 0.1,
    "pretrain.epochs": 2, "finetune.epochs": 3, "pretrain.batch_size": 15, "finetune.batch_size": 15,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty patients, whose feature files are of every layout."""
    return write_feature_cohort(tmp_path_factory.mktemp("cohorts") / "features", 40, EVERY_LAYOUT)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def make(folder: Path, home: Path, **changes: Any) -> Run:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    config = override(PRESETS["demo"], SMALL | dotted)
    return Workspace(home).runs.create(read_cohort(folder, config.cohort), config, "a test")


@pytest.mark.parametrize("protocol", ["honest", "paper-released"])
def test_every_layout_comes_to_predictions_and_maps(protocol: str, folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path, protocol=protocol)
    assert (run.config.slides.source, run.config.model.modalities) == ("features", "both")
    assert execute(run, "cpu").state == "DONE"
    assert sorted(run.require_predictions()["patient"]) == list(read_cohort(folder).patients)
    slides = run.table("slides")
    assert slides is not None
    assert len(slides) == 39
    assert slides["regions"].eq(REGIONS).all()
    assert slides["reason"].isna().all()
    maps = run.table("attention/regions")
    assert maps is not None
    assert maps.groupby("patient").size().eq(REGIONS).all()
    assert maps["patient"].nunique() == 39
    assert maps.groupby("patient")["cls_attention"].sum().to_numpy() == pytest.approx(1.0, abs=1e-5)
    assert maps[["occlusion", "alignment_mrna"]].notna().all(axis=None)
    placed = maps["x"].notna()
    assert set(maps.loc[placed, "size"]) == {512}
    assert maps.loc[~placed, "patient"].nunique() == 7  # of tensors: every fifth of the 39 but for the first four
    assert "7 of 39 feature files have no coordinates" in run.log_tail()


def test_the_planted_direction_is_found(tmp_path: Path) -> None:
    folder = write_feature_cohort(tmp_path / "cohort", 80)
    run = make(folder, tmp_path / "home", model__modalities="pathology", finetune__epochs=12)
    execute(run, "cpu")
    found = run.require_predictions()
    for _, part in found.groupby("fold"):
        assert concordance_index(part["time_days"], part["event"], part["risk"]) > 0.7


def test_a_run_that_was_stopped_gives_the_same_numbers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.training.loop.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
    whole, parts = make(folder, tmp_path / "whole"), make(folder, tmp_path / "parts")
    execute(whole, "cpu")

    def stop(status: Status) -> None:
        if len(parts.metrics()) >= 3:  # in the middle of the first fold's fine-tuning
            parts.request_stop()

    assert execute(parts, "cpu", stop).state == "STOPPED"
    assert execute(parts, "cpu").state == "DONE"
    for name in ("predictions", "attention/regions"):
        tables = [run.table(name) for run in (parts, whole)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)  # type: ignore[arg-type]


def test_a_limit_holds_for_maps_and_the_omics_model_reads_no_slide(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.runs.regions.MANY", 4)
    run = make(folder, tmp_path, slides__max_regions=4)
    execute(run, "cpu")
    assert "slides.max_regions=1000" not in run.log_tail()
    maps = run.table("attention/regions")
    assert maps is not None
    assert maps.groupby("patient").size().eq(4).all()
    alone = make(folder, tmp_path, model__modalities="omics")
    execute(alone, "cpu")
    assert alone.table("slides") is None


def test_a_file_that_cannot_be_read_costs_its_slide(copy: Path, tmp_path: Path) -> None:
    spoilt = sorted((copy / "features").glob("*.h5"))[:2]
    spoilt[0].write_bytes(b"no features")
    with h5py.File(spoilt[1], "a") as file:
        file["features"][..., 0] = np.nan
    run = make(copy, tmp_path)
    assert execute(run, "cpu").state == "DONE"
    slides = run.table("slides")
    assert slides is not None
    left_out = slides[slides["reason"].notna()]
    assert left_out["slide"].tolist() == [path.stem for path in spoilt]
    assert left_out["reason"].str.contains("is damaged, or no HDF5 file|the value nan in feature 1").all()
    assert len(run.require_predictions()) == 40
    assert f"Slide {spoilt[0].stem} of patient {spoilt[0].stem} is left out" in run.log_tail()


@pytest.mark.parametrize("begun", [True, False])
def test_a_run_goes_on_with_the_slides_it_was_trained_on(
    begun: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(folder, tmp_path)

    def stop(status: Status) -> None:
        if begun and (status.stage, status.fold) == ("pretrain", 1):
            run.request_stop()

    execute(run, "cpu", stop, until=None if begun else "prepare", folds=1)
    assert (run.table("folds/0/predictions") is not None) == begun
    lost = read_cohort(folder).slides["features"].iloc[0]

    def inspect(path: Path) -> FeatureFile:
        if str(path) == lost:
            raise SlideError(f"{path.name} cannot be read: Input/output error.")
        return inspect_features(path)

    with monkeypatch.context() as patched:
        patched.setattr("pomp.runs.regions.inspect_features", inspect)
        if begun:
            said = (
                rf"Run {run.id} was trained on other slides so far: slide P000 of patient P000 had {REGIONS} regions "
            )
            with pytest.raises(
                RunError, match=f"{said}then and has 0 now. See in log.txt why .* resume, or start a new"
            ):
                execute(run, "cpu")
            assert run.status().state == "FAILED"
        else:
            assert execute(run, "cpu", until="prepare").state == "STOPPED"
    assert execute(run, "cpu", until="end").state == "DONE"


def test_a_run_without_a_note_of_its_slides_goes_on(folder: Path, tmp_path: Path) -> None:
    """As an earlier version has left it."""
    run = make(folder, tmp_path)
    execute(run, "cpu", until="pretrain")
    (run.folder / f"{SLIDES_READ}.json").unlink()
    assert execute(run, "cpu").state == "DONE"
    noted = run.read_json(SLIDES_READ)
    assert noted is not None
    assert noted["slides"][0] == ["P000", "P000", REGIONS]


def test_very_many_regions_are_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pomp.runs.regions.MANY", REGIONS - 1)
    run = make(folder, tmp_path)
    execute(run, "cpu", until="prepare")
    assert "Patient P000 has 9 regions: attention takes time and memory by their square" in run.log_tail()


def of_another_dimension(folder: Path) -> None:
    write_h5(folder / "features" / "P010.h5", features=np.ones((3, 7)))


def all_damaged(folder: Path) -> None:
    for path in (folder / "features").iterdir():
        path.write_bytes(b"no features")


FAILURES = {
    "two models": (of_another_dimension, r"P000\.h5 has 24 features a region, .*P010\.h5 has 7\. Extract all of them"),
    "none can be read": (all_damaged, r"None of the 39 slides of cohort 'features' could be used; the first: P000\.h5"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_no_run_can_be_made_of(case: str, copy: Path, tmp_path: Path) -> None:
    spoil, said = FAILURES[case]
    spoil(copy)
    run = make(copy, tmp_path / "home")
    with pytest.raises(PompError, match=said):
        execute(run, "cpu")
    assert run.status().state == "FAILED"
    assert len(run.table("slides")) == 39  # type: ignore[arg-type]


def test_features_of_another_model_are_other_files(copy: Path) -> None:
    """Of the same size, as two models of one dimension leave them."""
    before, path = read_cohort(copy).digest, copy / "features" / "P001.h5"
    size = path.stat().st_size
    with h5py.File(path, "a") as file:
        file["features"][...] += 1
    assert path.stat().st_size == size
    assert read_cohort(copy).digest != before
