"""Every system but POMP through the worker: a whole run, which a stop in the middle does not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import PRESETS, PRETRAINED_SYSTEMS, SystemName, override
from pomp.data.cohort import read_cohort
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.feature_cohort import write_feature_cohort
from tests.timeless import timeless

EPOCHS = {"pretrain": 2, "finetune": 3}
SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.trees": 10, "model.width": 16, "model.heads": 2, "model.dropout": 0.2,
    "pretrain.epochs": EPOCHS["pretrain"], "finetune.epochs": EPOCHS["finetune"], "pretrain.batch_size": 20,
    "finetune.batch_size": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty patients with features and one omics type; the last one has no slide."""
    return write_feature_cohort(tmp_path_factory.mktemp("cohorts") / "features", patients=40)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One for all runs, which share their genes."""
    return Workspace(tmp_path_factory.mktemp("home"))


def make(workspace: Workspace, folder: Path, system: SystemName) -> Run:
    config = override(PRESETS["demo"], SMALL | {"model.system": system})
    return workspace.runs.create(read_cohort(folder, config.cohort), config, system)


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name != "pomp"])
def test_a_whole_run_and_one_that_was_stopped(
    system: SystemName, folder: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.training.loop.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
    whole, parts = make(workspace, folder, system), make(workspace, folder, system)
    assert execute(whole, "cpu").state == "DONE"

    def stop(status: Status) -> None:
        if len(parts.metrics()) >= 4:  # an epoch of fine-tuning or, where there is no other stage, of the second fold
            parts.request_stop()

    assert execute(parts, "cpu", stop).state == "STOPPED"
    assert parts.predictions() is None
    assert execute(parts, "cpu").state == "DONE"
    pd.testing.assert_frame_equal(parts.require_predictions(), whole.require_predictions(), check_exact=True)
    pd.testing.assert_frame_equal(timeless(parts.metrics()), timeless(whole.metrics()), check_exact=True)
    check_tables(whole, system, folder)


def check_tables(run: Run, system: SystemName, folder: Path) -> None:
    """What a finished run holds, whatever was trained."""
    predictions, metrics = run.require_predictions(), run.metrics()
    assert sorted(predictions["patient"]) == sorted(read_cohort(folder).patients)
    assert np.isfinite(predictions["risk"]).all()
    assert predictions["risk"].nunique() > len(predictions) / 2
    stages = {"finetune"} | ({"pretrain"} if system in PRETRAINED_SYSTEMS else set())
    assert metrics.groupby(["stage", "fold"]).size().to_dict() == {
        (stage, fold): EPOCHS[stage] for stage in stages for fold in (0, 1)
    }
    assert np.isfinite(metrics["total"]).all()
    assert metrics.loc[metrics["stage"] == "finetune", "cox"].notna().all()
    written = {"names": ["comparators", "baseline", "training_risks", "predictions"]}
    assert all(run.read_json(f"folds/{fold}/tables") == written for fold in (0, 1))
    assert run.config.model.modalities == ("omics" if system == "deepsurv" else "both")


def test_every_name_has_its_system() -> None:
    assert set(SYSTEMS) == set(get_args(SystemName))
    assert {name for name, system in SYSTEMS.items() if system.pretraining is not None} == PRETRAINED_SYSTEMS
