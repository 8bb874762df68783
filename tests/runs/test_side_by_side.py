"""Folds in processes of their own: the same numbers to the bit, and one status, one log and one file of metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.errors import TrainingError
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.omics_cohort import write_omics_cohort
from tests.timeless import timeless

SMALL: dict[str, Any] = {
    "folds": 3, "omics.genes": 6, "omics.selector": "cox_score", "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 2, "finetune.epochs": 3, "pretrain.batch_size": 10, "finetune.batch_size": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "cohorts"
    write_omics_cohort(folder / "liver", "L", seed=1)
    write_omics_cohort(folder / "breast", "B", seed=2, patients=30)
    return folder


def make(cohorts: Path, home: Path, **changes: Any) -> Run:
    """In a workspace of its own, so that nothing comes from another run's cache."""
    home.mkdir()
    (home / "cohorts").symlink_to(cohorts, target_is_directory=True)
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    config = override(PRESETS["demo"], SMALL | dotted)
    return Workspace(home).runs.create(read_cohort(home / "cohorts" / "liver", config.cohort), config)


EXPLAINED = ("training_risks", "contributions", "gene_attributions", "reconstructions")


def same(run: Run, other: Run) -> None:
    for one in (run, other):
        assert one.status().state == "DONE"
    for name in ("predictions", "baseline", "comparators", *EXPLAINED):
        pd.testing.assert_frame_equal(run.table(name), other.table(name), check_exact=True)
    pd.testing.assert_frame_equal(run.selections(), other.selections(), check_exact=True)  # type: ignore[arg-type]
    order = ["stage", "fold", "epoch"]
    rows = [timeless(one.metrics()).sort_values(order, ignore_index=True) for one in (run, other)]
    pd.testing.assert_frame_equal(*rows, check_exact=True)


RUNS: dict[str, dict[str, Any]] = {
    "honest": {},
    "paper": {"protocol": "paper-released"},  # which learns once from everybody
    "companions": {"pretrain__with_cohorts": ["breast"]},  # whose pre-training goes through a cache
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "honest")) for name in RUNS])
def test_the_same_numbers_as_one_after_another(
    name: str, cohorts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
    plain, beside = (make(cohorts, tmp_path / way, **RUNS[name]) for way in ("plain", "beside"))
    execute(plain, "cpu")
    seen: list[Status] = []
    execute(beside, "cpu", seen.append, folds=2)
    same(beside, plain)
    assert plain.read_json("threads") == beside.read_json("threads") == {"threads": 1}
    assert any("fold 1: " in status.message and "; fold 2: " in status.message for status in seen)
    assert "Folds go 2 at a time; threads of each: 1" in beside.log_tail()
    assert all(0 <= status.progress <= 1 for status in seen)


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_one_after_another_or_side_by_side(cohorts: Path, tmp_path: Path) -> None:
    plain, stopped = (make(cohorts, tmp_path / way) for way in ("plain", "stopped"))
    execute(plain, "cpu")

    def stop(status: Status) -> None:
        if len(stopped.metrics()) >= 3:
            stopped.request_stop()

    assert execute(stopped, "cpu", stop, folds=2).state == "STOPPED"
    assert stopped.predictions() is None
    assert execute(stopped, "cpu", until="pretrain", folds=3).state == "STOPPED"
    assert stopped.metrics().groupby("fold")["stage"].apply(set).map(lambda stages: "pretrain" in stages).all()
    execute(stopped, "cpu")
    same(stopped, plain)


@pytest.mark.slow
def test_a_fold_that_fails_ends_the_run_and_says_which(cohorts: Path, tmp_path: Path) -> None:
    run = make(cohorts, tmp_path / "home", finetune__learning_rate=1e30)
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        execute(run, "cpu", folds=2)
    status = run.status()
    assert (status.state, status.resumable) == ("FAILED", True)
    assert status.error is not None
    assert "Lower the learning rate" in status.error
    assert "Traceback" not in run.log_tail()
