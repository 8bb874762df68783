"""Chosen genes for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mudata
import numpy as np
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


def make(folder: Path, protocol: str) -> Run:
    write_tables(draw_demo(7, replace(DESIGN, patients=60)), folder / "cohort")
    (folder / "cohort" / "slides.csv").unlink()
    config = override(PRESETS["demo"], {"folds": 2, "omics.genes": 5, "omics.trees": 10, "protocol": protocol})
    return Workspace(folder).runs.create(read_cohort(folder / "cohort", config.cohort), config)


@pytest.mark.parametrize("protocol", ["honest", "paper"])
def test_a_file_a_fold_holds_what_the_model_reads(protocol: str, tmp_path: Path) -> None:
    run = make(tmp_path, protocol)
    execute(run, "cpu", until="prepare")
    written = export_prepared(run, tmp_path / "out")
    assert [path.name for path in written] == ["fold-0.h5mu", "fold-1.h5mu"]
    cohort, fold = read_cohort(run.cohort_folder), run.splits().folds[1]
    with mudata.set_options(pull_on_update=False):
        read = mudata.read_h5mu(written[1])
    assert set(read.obs_names[read.obs["part"] == "test"]) == set(fold.test)
    assert read.obs["time_days"].to_dict() == cohort.outcome["time_days"].loc[read.obs_names].to_dict()
    fitted = run.read_json("selectors/all" if protocol == "paper" else "selectors/fold-1")
    matrix = OmicsSelector.from_json(fitted).transform(cohort.omics, fold.test)
    for place, omics in enumerate(matrix.types):
        assert tuple(read[omics].var_names) == matrix.genes[omics]
        has = [patient for patient, there in zip(fold.test, matrix.present[:, place], strict=True) if there]
        np.testing.assert_array_equal(read[omics][has].X, matrix.values[matrix.present[:, place], place])
        assert read[omics].var["selected"].all()
        assert (read[omics].var["rank"].to_numpy() == np.arange(1, 6)).all()


def test_genes_must_have_been_chosen(tmp_path: Path) -> None:
    run = make(tmp_path, "honest")
    with pytest.raises(RunError, match=r"has no genes of fold 1 yet: prepare it first\."):
        export_prepared(run, tmp_path / "out")
