"""What a run leaves to be read of patients, genes and regions; folds of an earlier version stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.runs import fold_work
from pomp.runs.fold_work import FOLD_TABLES, REGION_TABLES
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.feature_cohort import REGIONS, write_feature_cohort

SMALL: dict[str, Any] = {
    "folds": 2, "omics.genes": 6, "omics.selector": "cox_score", "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 2, "finetune.epochs": 2, "pretrain.batch_size": 15, "finetune.batch_size": 15,
}  # fmt: skip
PATIENTS = 40
EARLIER = ("baseline", "comparators", "regions", "predictions")
NEWER = tuple(name for name in FOLD_TABLES if name not in (*EARLIER, "within"))


def make(home: Path, **changes: Any) -> Run:
    config = override(PRESETS["demo"], SMALL | {name.replace("__", "."): value for name, value in changes.items()})
    return Workspace(home).runs.create(read_cohort(home / "cohorts" / "features", config.cohort), config)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on slides, as features, and omics; the last patient has no slide."""
    home = tmp_path_factory.mktemp("home")
    write_feature_cohort(home / "cohorts" / "features", PATIENTS)
    run = make(home)
    execute(run, "cpu")
    return run


@pytest.fixture
def run(done: Run, tmp_path: Path) -> Run:
    """A copy of it, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(done.folder.parents[1], home)
    return Workspace(home).runs.get(done.id)


def gathered(name: str) -> str:
    return f"attention/{name}" if name in REGION_TABLES else name


def rows_of(run: Run, name: str) -> pd.DataFrame:
    table = run.table(gathered(name))
    assert table is not None, name
    return table


def test_every_table_is_gathered(done: Run) -> None:
    tables = {name: rows_of(done, name) for name in NEWER if name != "contributions"}
    folds = {fold.index: fold for fold in done.splits().folds}
    for fold in folds.values():
        risks = tables["training_risks"].query("fold == @fold.index")
        assert risks["patient"].tolist() == list(fold.train)
        alone = {"P039"}  # one type and nothing to reconstruct it from
        for name, without in (("gene_attributions", set()), ("embeddings", set()), ("reconstructions", alone)):
            assert set(tables[name].query("fold == @fold.index")["patient"]) == set(fold.test) - without
    own = tables["by_fold"].groupby(["patient", "fold"])["seen"].first()
    assert len(own) == 2 * (PATIENTS - 1)
    assert all(seen == (patient in folds[fold].train) for (patient, fold), seen in own.items())
    for name in ("by_fold", "region_genes", "regions"):
        assert tables.get(name, rows_of(done, name))["patient"].is_monotonic_increasing


def test_the_median_training_risk_is_the_cutoff(done: Run) -> None:
    medians = rows_of(done, "training_risks").groupby("fold")["risk"].median()
    cutoffs = done.require_predictions().groupby("fold")["cutoff"].first()
    pd.testing.assert_series_equal(medians, cutoffs, check_names=False)


def test_contributions_go_with_the_predicted_risk(done: Run) -> None:
    found, predictions = rows_of(done, "contributions"), done.require_predictions().set_index("patient")
    assert set(found["part"]) == {"slides", "mrna"}  # one type: "omics" would be the same
    risk = found["without"] + found["difference"]
    assert risk.to_numpy() == pytest.approx(predictions.loc[found["patient"], "risk"].to_numpy(), abs=1e-5)
    assert "P039" not in set(found["patient"])  # without a slide only one part is left


def test_embeddings_are_of_the_pretrained_model(done: Run) -> None:
    """After fine-tuning the cosine is the risk; before, it is another number."""
    found, risk = rows_of(done, "embeddings").set_index("patient"), done.require_predictions().set_index("patient")
    assert found.loc["P039", "pathology"] is None
    both = found.drop(index="P039")
    assert np.linalg.norm(np.stack(both["omics"]), axis=1) == pytest.approx(1.0, abs=1e-5)
    cosine = (np.stack(both["pathology"]) * np.stack(both["omics"])).sum(axis=1)
    assert np.abs(cosine - risk.loc[both.index, "risk"].to_numpy()).max() > 0.01


def test_regions_of_a_patient(done: Run) -> None:
    for name, rows in (("by_fold", 2 * REGIONS), ("region_genes", 3 * REGIONS), ("regions", REGIONS)):
        found = done.region_table(name, "P005")  # type: ignore[arg-type]
        assert found is not None
        assert (len(found), set(found["patient"])) == (rows, {"P005"})
        assert done.region_table(name, "P039").empty  # type: ignore[union-attr, arg-type]
    assert done.region_table("within", "P005") is None  # features have no patches


def test_a_table_that_was_deleted_is_made_again(run: Run, done: Run) -> None:
    for name in ("embeddings", "contributions", "by_fold"):
        (run.folder / f"folds/1/{name}.parquet").unlink()
        (run.folder / f"{gathered(name)}.parquet").unlink()
    assert execute(run, "cpu").state == "DONE"
    for name in ("embeddings", "contributions", "by_fold", "predictions"):
        pd.testing.assert_frame_equal(rows_of(run, name), rows_of(done, name), check_exact=True)


def make_earlier(run: Run, fold: int) -> None:
    """The fold as an earlier version left it."""
    folder = run.folder / "folds" / str(fold)
    (folder / "tables.json").unlink()
    for name in NEWER:
        (folder / f"{name}.parquet").unlink()


def test_folds_of_an_earlier_version_are_not_done_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_earlier(run, 0)
    make_earlier(run, 1)
    for name in NEWER:
        (run.folder / f"{gathered(name)}.parquet").unlink()
    monkeypatch.setattr(fold_work, "pretrain_fold", None)  # nobody calls it
    assert execute(run, "cpu").state == "DONE"
    assert [run.table(gathered(name)) for name in NEWER] == [None] * len(NEWER)
    assert run.region_table("by_fold", "P005") is None
    assert len(run.require_predictions()) == PATIENTS


def test_a_run_that_an_earlier_version_began_ends_with_the_tables_that_all_folds_have(run: Run, done: Run) -> None:
    make_earlier(run, 0)
    for name in FOLD_TABLES:
        (run.folder / f"{gathered(name)}.parquet").unlink(missing_ok=True)
    (run.folder / "folds/1/predictions.parquet").unlink()
    assert execute(run, "cpu").state == "DONE"
    for name in NEWER:
        assert run.table(gathered(name)) is None, name
        assert run.table(f"folds/1/{name}") is not None, name
    pd.testing.assert_frame_equal(run.require_predictions(), done.require_predictions(), check_exact=True)


def test_tables_of_the_pretrained_model_are_there_before_fine_tuning(done: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(done.cohort_folder, home / "cohorts" / "features")
    run = make(home)
    execute(run, "cpu", until="pretrain")
    assert run.table("folds/1/embeddings") is not None
    assert run.table("folds/1/training_risks") is None
    execute(run, "cpu")
    for name in ("embeddings", "reconstructions"):
        pd.testing.assert_frame_equal(rows_of(run, name), rows_of(done, name), check_exact=True)


def test_a_run_that_reads_omics_alone_and_learns_no_task_has_fewer(done: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(done.cohort_folder, home / "cohorts" / "features")
    run = make(home, model__modalities="omics", pretrain__epochs=0)
    execute(run, "cpu")
    there = {name for name in FOLD_TABLES if run.table(gathered(name)) is not None}
    # One omics type: no patient has two parts to tell apart.
    assert there == {"baseline", "comparators", "predictions", "training_risks", "gene_attributions"}
