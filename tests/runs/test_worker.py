"""The worker: from a cohort folder to out-of-fold tables, stopped, resumed and refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, RunConfig, override
from pomp.data.cohort import read_cohort
from pomp.data.demo.build import DESIGN, draw_demo, write_tables
from pomp.errors import PompError, RunError
from pomp.evaluation.concordance import concordance_index
from pomp.runs.comparators import MODELS
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.timeless import timeless

SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 12, "omics.trees": 10, "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 3, "finetune.epochs": 4, "pretrain.batch_size": 20, "finetune.batch_size": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty synthetic patients with omics and no slides."""
    folder = tmp_path_factory.mktemp("cohorts") / "small"
    write_tables(draw_demo(7, replace(DESIGN, patients=60)), folder)
    (folder / "slides.csv").unlink()
    return folder


def make(folder: Path, home: Path, **changes: Any) -> Run:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    config: RunConfig = override(PRESETS["demo"], SMALL | dotted)
    return Workspace(home).runs.create(read_cohort(folder, config.cohort), config, "a test")


def test_every_patient_is_tested_once_and_everything_is_there(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path)
    seen: list[Status] = []
    status = execute(run, "cpu", seen.append)
    assert (status.state, status.progress, status.eta_seconds) == ("DONE", 1.0, 0.0)
    assert {state.stage for state in seen} >= {"prepare", "report"}
    cohort = read_cohort(folder)
    predictions = run.require_predictions()
    assert sorted(predictions["patient"]) == sorted(cohort.patients)
    for fold in run.splits().folds:
        part = predictions[predictions["fold"] == fold.index]
        assert set(part["patient"]) == set(fold.test)
        assert (part["high_risk"] == (part["risk"] > part["cutoff"])).all()
    selections = run.selections()
    assert selections is not None
    assert selections.groupby(["fold", "omics"])["selected"].sum().eq(12).all()
    assert set(selections["fold"]) == {0, 1}
    comparators, baseline, metrics = run.comparators(), run.baseline(), run.metrics()
    assert comparators is not None
    assert baseline is not None
    assert set(comparators["model"]) == set(MODELS)
    assert (comparators.groupby("model")["patient"].nunique() == len(cohort.patients)).all()
    assert set(baseline["fold"]) == {0, 1}
    assert metrics.groupby(["stage", "fold"]).size().to_dict() == {
        ("finetune", 0): 4, ("finetune", 1): 4, ("pretrain", 0): 3, ("pretrain", 1): 3,
    }  # fmt: skip


@pytest.mark.parametrize("members", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_same_run_gives_the_same_numbers_wherever_it_is_stopped(
    members: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.training.loop.CHECKPOINT_SECONDS", 0.0)
    whole = make(folder, tmp_path / "whole", finetune__members=members)
    execute(whole, "cpu")
    assert len(whole.metrics()) == 2 * (3 + 4 * members)
    parts = make(folder, tmp_path / "parts", finetune__members=members)
    for stop_at in (2, 5, 9):

        def stop(status: Status, stop_at: int = stop_at) -> None:
            if len(parts.metrics()) >= stop_at:
                parts.request_stop()

        monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
        assert execute(parts, "cpu", stop).state == "STOPPED"
    status = execute(parts, "cpu")
    assert (status.state, status.progress) == ("DONE", 1.0)
    pd.testing.assert_frame_equal(parts.require_predictions(), whole.require_predictions(), check_exact=True)
    pd.testing.assert_frame_equal(timeless(parts.metrics()), timeless(whole.metrics()), check_exact=True)


def test_pretrain_stops_before_fine_tuning_and_finetune_goes_on(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path)
    status = execute(run, "cpu", until="pretrain")
    assert status.state == "STOPPED"
    assert set(run.metrics()["stage"]) == {"pretrain"}
    assert run.predictions() is None
    assert execute(run, "cpu").state == "DONE"
    assert len(run.metrics()) == 2 * (3 + 4)


def test_prepare_ends_when_genes_are_chosen_and_the_run_goes_on(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path)
    status = execute(run, "cpu", until="prepare")
    assert status.state == "STOPPED"
    assert "Prepared" in status.message
    assert run.metrics().empty
    chosen = run.selections()
    assert chosen is not None
    assert execute(run, "cpu").state == "DONE"
    pd.testing.assert_frame_equal(run.selections(), chosen)  # type: ignore[arg-type]


def test_a_run_goes_as_far_as_it_was_queued_for(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path)
    Workspace(tmp_path).queue.submit(run, until="prepare", device="cpu")
    status = execute(run, None)
    assert status.message.startswith("Prepared")
    assert status.device == "cpu"
    assert execute(run, "cpu", until="end").state == "DONE"


def test_genes_chosen_once_are_not_chosen_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make(folder, tmp_path), make(folder, tmp_path, pretrain__epochs=5)
    execute(first, "cpu", until="prepare")
    monkeypatch.setattr("pomp.omics.selector.select_genes", lambda *_: pytest.fail("chosen again"))
    execute(second, "cpu", until="prepare")
    pd.testing.assert_frame_equal(first.selections(), second.selections())  # type: ignore[arg-type]


def test_paper_protocols_share_what_they_learn_from_all(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path, protocol="paper-released")
    execute(run, "cpu")
    metrics, predictions = run.metrics(), run.require_predictions()
    pretraining = metrics[metrics["stage"] == "pretrain"]
    assert pretraining["fold"].tolist() == [-1, -1, -1]  # once, on everybody
    for fold, part in predictions.groupby("fold"):
        epochs = metrics[(metrics["stage"] == "finetune") & (metrics["fold"] == fold)]
        best = epochs["test_c_index"].max()
        assert epochs["test_c_index"].iloc[part["epoch"].iloc[0] - 1] == best
        found = concordance_index(part["time_days"], part["event"], part["risk"])
        assert found == pytest.approx(best)
    selections = run.selections()
    assert selections is not None
    assert set(selections["fold"]) == {-1}


@pytest.mark.parametrize("protocol", ["honest", "paper"])
def test_all_is_counted_when_the_last_fold_is_explained_and_not_before(
    protocol: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pomp.runs.worker.STATUS_SECONDS", 0.0)
    run = make(folder, tmp_path, protocol=protocol)

    def stop(status: Status) -> None:
        if (status.stage, status.fold) == ("finetune", 1):
            run.request_stop()

    assert execute(run, "cpu", stop, folds=1).state == "STOPPED"
    seen: list[Status] = []
    assert execute(run, "cpu", seen.append, folds=1).state == "DONE"
    left = {status.stage: (status.progress, status.eta_seconds) for status in seen if status.fold == 1}
    assert left["explain"][0] < 1
    assert left["report"] == (1.0, 0.0)


def test_honest_never_reads_the_test_fold_before_the_end(folder: Path, tmp_path: Path) -> None:
    """Scrambling the test patients' outcome changes no risk of theirs."""
    run = make(folder, tmp_path / "plain")
    execute(run, "cpu")
    assert "test_c_index" not in run.metrics()
    fold = run.splits().folds[0]
    scrambled = tmp_path / "scrambled"
    scrambled.mkdir()
    for file in folder.iterdir():
        if file.is_file() and file.name != "clinical.csv":
            (scrambled / file.name).write_bytes(file.read_bytes())
    clinical = pd.read_csv(folder / "clinical.csv", index_col=0)
    own = clinical.index.isin(fold.test)
    died = clinical.loc[own, "OS"] == 1
    for value in (True, False):  # the splits, stratified by event, stay
        rows = clinical.index[own][died == value]
        clinical.loc[rows, "OS.time"] = np.random.default_rng(3).permutation(clinical.loc[rows, "OS.time"])
    clinical.to_csv(scrambled / "clinical.csv")
    other = make(scrambled, tmp_path / "other")
    assert other.splits().digest == run.splits().digest
    execute(other, "cpu")
    columns = ["patient", "risk", "cutoff", "high_risk"]
    risks = [made.require_predictions().query("fold == 0")[columns] for made in (run, other)]
    pd.testing.assert_frame_equal(*risks, check_exact=True)


def test_a_changed_cohort_is_refused_and_the_run_says_so(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    write_tables(draw_demo(7, replace(DESIGN, patients=60)), copy)
    (copy / "slides.csv").unlink()
    run = make(copy, tmp_path / "home")
    text = (copy / "clinical.csv").read_text()
    (copy / "clinical.csv").write_text(text.replace("female", "male", 1))
    with pytest.raises(RunError, match="have changed since this run was made"):
        execute(run, "cpu")
    status = run.status()
    assert status.state == "FAILED"
    assert status.error is not None
    assert "have changed" in status.error


def test_a_finished_run_stays_finished_and_keeps_its_times(folder: Path, tmp_path: Path) -> None:
    copy = copytree(folder, tmp_path / "copy")
    run = make(copy, tmp_path / "home")
    done = execute(run, "cpu")
    assert done.state == "DONE"
    assert execute(run, "cpu").changed(updated=done.updated) == done
    (copy / "clinical.csv").unlink()
    with pytest.raises(PompError):
        execute(run, "cpu")
    assert run.status().changed(updated=done.updated) == done


def test_a_finished_run_that_is_looked_at_again_is_never_under_way(folder: Path, tmp_path: Path) -> None:
    """So that it stays finished where whoever looks is killed."""
    run = make(folder, tmp_path)
    done, file = execute(run, "cpu"), run.folder / "status.json"
    written, told = file.read_bytes(), list[Status]()

    def look(status: Status) -> None:
        told.append(status)
        assert file.read_bytes() == written

    assert execute(run, "cpu", look) == done
    assert {status.state for status in told} == {"RUNNING", "DONE"}


def test_the_time_of_all_workers_counts(folder: Path, tmp_path: Path) -> None:
    run = make(folder, tmp_path)
    first = execute(run, "cpu", until="prepare")
    assert first.worked_seconds is not None
    run.write_status(worked_seconds=1000.0 + first.worked_seconds, started="2026-11-23T20:45:00+00:00")
    seconds = execute(run, "cpu").seconds
    assert seconds is not None
    assert 1000 + first.worked_seconds < seconds < 2000


def test_what_nobody_foresaw_is_told_and_logged(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make(folder, tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("pomp.runs.selection.OmicsSelector.fit", broken)
    with pytest.raises(PompError, match=r"Unexpected ZeroDivisionError: of all things\. The run's log"):
        execute(run, "cpu")
    assert run.status().state == "FAILED"
    assert "Traceback" in run.log_tail()
