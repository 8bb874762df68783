"""Chosen genes for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mudata
import numpy as np
import pandas as pd
import pytest

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.data.demo.build import DESIGN, draw_demo, write_tables
from pomp.errors import RunError
from pomp.omics.selector import OmicsSelector
from pomp.runs.prepared import export_prepared
from pomp.runs.run import Run
from pomp.runs.worker import execute
from pomp.runs.workspace import Workspace
from tests.runs.feature_cohort import write_feature_cohort


def make(folder: Path, protocol: str) -> Run:
    write_tables(draw_demo(7, replace(DESIGN, patients=60)), folder / "cohort")
    (folder / "cohort" / "slides.csv").unlink()
    config = override(PRESETS["demo"], {"folds": 2, "omics.genes": 5, "omics.trees": 10, "protocol": protocol})
    return Workspace(folder).runs.create(read_cohort(folder / "cohort", config.cohort), config)


def read(path: Path) -> mudata.MuData:
    with mudata.set_options(pull_on_update=False):
        return mudata.read_h5mu(path)


@pytest.mark.parametrize("protocol", ["honest", "paper"])
def test_a_file_a_fold_holds_what_the_model_reads(protocol: str, tmp_path: Path) -> None:
    run = make(tmp_path, protocol)
    execute(run, "cpu", until="prepare")
    written = export_prepared(run, tmp_path / "out")
    assert [path.name for path in written] == ["fold-0.h5mu", "fold-1.h5mu"]
    cohort, fold = read_cohort(run.cohort_folder), run.splits().folds[1]
    found = read(written[1])
    assert set(found.obs_names[found.obs["part"] == "test"]) == set(fold.test)
    assert found.obs["time_days"].to_dict() == cohort.outcome["time_days"].loc[found.obs_names].to_dict()
    fitted = run.read_json("selectors/all" if protocol == "paper" else "selectors/fold-1")
    matrix = OmicsSelector.from_json(fitted).transform(cohort.omics, fold.test)
    for place, omics in enumerate(matrix.types):
        assert tuple(found[omics].var_names) == matrix.genes[omics]
        has = [patient for patient, there in zip(fold.test, matrix.present[:, place], strict=True) if there]
        np.testing.assert_array_equal(found[omics][has].X, matrix.values[matrix.present[:, place], place])
        assert found[omics].var["selected"].all()
        assert (found[omics].var["rank"].to_numpy() == np.arange(1, 6)).all()


@pytest.mark.parametrize("protocol", ["honest", "paper"])
def test_a_run_without_its_fitted_selectors_writes_the_same(protocol: str, tmp_path: Path) -> None:
    run = make(tmp_path, protocol)
    execute(run, "cpu", until="prepare")
    before = [read(path) for path in export_prepared(run, tmp_path / "before")]
    fitted = list((run.folder / "selectors").glob("*.json"))
    assert len(fitted) == (1 if protocol == "paper" else 2)
    for file in fitted:
        file.unlink()
    for one, other in zip(before, map(read, export_prepared(run, tmp_path / "after")), strict=True):
        assert list(one.mod) == list(other.mod)
        for omics in one.mod:
            np.testing.assert_array_equal(one[omics].X, other[omics].X)
            pd.testing.assert_frame_equal(one[omics].var, other[omics].var)


def test_changed_files_are_refused(tmp_path: Path) -> None:
    run = make(tmp_path, "honest")
    execute(run, "cpu", until="prepare")
    table = run.cohort_folder / "clinical.csv"
    table.write_text(table.read_text().replace("DEMO-001", "DEMO-901"))
    with pytest.raises(RunError, match=r"The files of cohort '.+' in .+ have changed since this run was made\."):
        export_prepared(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_on_slides_alone_says_that_it_has_no_genes(tmp_path: Path) -> None:
    config = override(PRESETS["demo"], {"folds": 2, "model.modalities": "pathology"})
    cohort = read_cohort(write_feature_cohort(tmp_path / "cohort"), config.cohort)
    run = Workspace(tmp_path).runs.create(cohort, config)
    with pytest.raises(RunError, match="reads slides alone: it has no genes that could be written"):
        export_prepared(run, tmp_path / "out")


def test_genes_must_have_been_chosen(tmp_path: Path) -> None:
    run = make(tmp_path, "honest")
    with pytest.raises(RunError, match=r"has no genes of fold 1 yet: prepare it first\."):
        export_prepared(run, tmp_path / "out")
