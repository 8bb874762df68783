"""The bundled runs: they are what their command makes, and the model finds what was planted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.data.splits import make_splits
from pomp.evaluation.report import evaluate, optimism
from pomp.runs.bundle import BUNDLED, BundledRun, make_run
from pomp.runs.comparators import MODELS
from pomp.runs.resolve import resolve
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace

PLANTED = 0.3
"""A region counts as planted if at least this share of it is dark foci."""


def bundled(name: str) -> Run:
    return Run.open(assets_folder() / "runs" / name)


def mean_concordance(name: str) -> float:
    run = bundled(name)
    return evaluate(run.require_predictions(), run.baseline(), run.comparators()).score.mean


@pytest.mark.parametrize("entry", BUNDLED, ids=lambda entry: entry.id)
def test_belongs_to_the_bundled_cohort_and_to_its_settings(entry: BundledRun) -> None:
    run = bundled(entry.id)
    cohort = read_cohort(assets_folder() / "cohorts" / entry.cohort, entry.config.cohort)
    config = resolve(entry.config, cohort)
    assert run.status().state == "DONE"
    assert run.info.cohort.digest == cohort.digest
    assert run.config == config
    assert run.splits() == make_splits(cohort.outcome, config.folds, config.seed)
    predictions = run.require_predictions().set_index("patient").loc[list(cohort.patients)]
    assert predictions["time_days"].to_numpy() == pytest.approx(cohort.outcome["time_days"].to_numpy())


@pytest.mark.parametrize("entry", BUNDLED, ids=lambda entry: entry.id)
def test_stands_beside_every_plain_model(entry: BundledRun) -> None:
    comparators = bundled(entry.id).comparators()
    assert comparators is not None
    patients = set(bundled(entry.id).require_predictions()["patient"])
    assert {name: set(part["patient"]) for name, part in comparators.groupby("model")} == dict.fromkeys(
        MODELS, patients
    )


def test_bundle_is_small() -> None:
    files = [file for file in assets_folder().rglob("*") if file.is_file()]
    # Regions are cut there by whoever trains on the folder itself; they are not part of the bundle.
    assert sum(file.stat().st_size for file in files if "regions" not in file.parts) < 30e6


def test_multimodal_risk_comes_near_the_oracle_and_above_either_modality() -> None:
    truth = json.loads((assets_folder() / "cohorts" / "demo" / "truth" / "truth.json").read_text())
    both = mean_concordance("demo-both")
    assert both > truth["oracle_c_index"]["both"] - 0.05
    assert both > mean_concordance("demo-pathology")
    assert both > mean_concordance("demo-omics")


@pytest.mark.parametrize("column", ["occlusion", "cls_attention"])
def test_maps_find_the_planted_regions(column: str) -> None:
    truth = pd.read_csv(assets_folder() / "cohorts" / "demo" / "truth" / "foci.csv")
    regions = pd.read_parquet(assets_folder() / "runs" / "demo-both" / "attention" / "regions.parquet")
    merged = regions.merge(truth, on=["slide", "x", "y"], validate="one_to_one")
    assert len(merged) == len(regions)
    merged["planted"] = merged["foci_share"] >= PLANTED
    mixed = merged.groupby("patient").filter(lambda part: part["planted"].nunique() == 2)
    by_patient = mixed.groupby("patient")[["planted", column]]
    areas = by_patient.apply(lambda part: roc_auc_score(part["planted"], part[column]))
    assert len(areas) > 40
    assert areas.mean() >= 0.8


def test_protocols_share_their_splits_and_optimism_can_be_told() -> None:
    reports = {
        name: evaluate(bundled(f"brca-{name}").require_predictions()) for name in ("honest", "paper", "paper-released")
    }
    found = optimism(reports["honest"], reports["paper-released"])
    assert found.difference == pytest.approx(found.paper - found.honest)
    assert found.difference > 0


@pytest.mark.slow
@pytest.mark.parametrize("entry", BUNDLED, ids=lambda entry: entry.id)
def test_is_what_the_command_makes(entry: BundledRun, tmp_path: Path) -> None:
    """Risks to 0.02 of the log hazard, C-index to 0.02: processors round differently, and training amplifies it."""
    workspace = Workspace(tmp_path)
    workspace.install_bundle(assets_folder())
    again, kept = make_run(entry, workspace).require_predictions(), bundled(entry.id).require_predictions()
    assert again["patient"].tolist() == kept["patient"].tolist()
    assert np.abs(again["risk"] - kept["risk"]).median() < 0.02
    assert evaluate(again).score.mean == pytest.approx(evaluate(kept).score.mean, abs=0.02)
