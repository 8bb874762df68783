"""Cohorts of which batches are degenerate: training goes through, and every number of it is finite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.cohort import read_cohort
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.faults.faulty import small_config
from tests.runs.feature_cohort import SIZE, F, write_feature_cohort
from tests.slides.layouts import write_trident


def regions(folder: Path, patient: str, count: int) -> None:
    grid = SIZE * np.array([[place % 40, place // 40] for place in range(count)])
    features = np.random.default_rng(count).normal(size=(count, F)).astype(np.float16)
    write_trident(folder / "features" / f"{patient}.h5", features, grid, SIZE)


def few_events(folder: Path) -> None:
    clinical = pd.read_csv(folder / "clinical.csv")
    clinical["OS"] = (clinical.index % 3 == 0).astype(int)
    clinical.to_csv(folder / "clinical.csv", index=False)


def one_time(folder: Path) -> None:
    clinical = pd.read_csv(folder / "clinical.csv")
    clinical["OS.time"] = 500
    clinical.to_csv(folder / "clinical.csv", index=False)


def one_region(folder: Path) -> None:
    regions(folder, "P000", 1)


def from_one_region_to_many(folder: Path) -> None:
    one_region(folder)
    regions(folder, "P001", 1300)


def hardly_any_slide(folder: Path) -> None:
    slides = pd.read_csv(folder / "slides.csv")
    slides[slides.index % 5 == 0].to_csv(folder / "slides.csv", index=False)


CASES: dict[str, tuple[Callable[[Path], None], dict[str, object]]] = {
    # Twenty training patients with seven events in batches of two: some batches have none.
    "batches without an event": (few_events, {"protocol": "paper", "finetune__batch_size": 2}),
    "all times tied": (one_time, {"model__modalities": "pathology"}),
    "one region": (one_region, {}),
    "one region, 1,300 regions": (from_one_region_to_many, {}),
    "batches without a slide": (hardly_any_slide, {"pretrain__batch_size": 2, "finetune__batch_size": 2}),
}


@pytest.mark.parametrize("case", [pytest.param(name, marks=[pytest.mark.slow] * ("1,300" in name)) for name in CASES])
def test_training_goes_through(case: str, tmp_path: Path) -> None:
    change, settings = CASES[case]
    folder = write_feature_cohort(tmp_path / "cohort", 40)
    change(folder)
    config = small_config(**settings)
    run = Workspace(tmp_path / "home").runs.create(read_cohort(folder, config.cohort), config)
    assert execute(run, "cpu").state == "DONE"  # a loss that no parameter is behind could not be minimised
    metrics, predictions = run.metrics(), run.require_predictions()
    assert metrics.groupby(["stage", "fold"]).size().eq(3).all()
    assert np.isfinite(metrics["total"]).all()
    terms = metrics[["poc", "pom", "mom", "cox"]] if "poc" in metrics else metrics[["cox"]]
    assert not np.isinf(terms.to_numpy(float)).any()
    assert metrics.loc[metrics["stage"] == "finetune", "cox"].notna().all()
    assert len(predictions) == 40
    assert np.isfinite(predictions[["risk", "cutoff"]]).all(axis=None)
