"""The comparison of pre-training together and alone, on cohorts of noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.bench.pancancer import (
    DIFFERENCES,
    WAYS,
    CohortScores,
    Estimated,
    compare,
    copy_cohort,
    markdown,
    measure,
    score_ways,
)
from pomp.config import PRESETS, override
from pomp.errors import CohortError
from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.uncertainty import Interval
from pomp.runs.workspace import Workspace
from tests.runs.omics_cohort import MRNA, write_omics_cohort

CONFIG = override(PRESETS["demo"], {
    "folds": 2, "omics.genes": 6, "omics.selector": "cox_score", "model.width": 16, "model.heads": 2,
    "pretrain.epochs": 1, "finetune.epochs": 1,
})  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = tmp_path_factory.mktemp("home")
    write_omics_cohort(home / "cohorts" / "liver", "L", seed=1)
    write_omics_cohort(home / "cohorts" / "breast", "B", seed=2, types={"mrna": MRNA})
    return Workspace(home)


@pytest.fixture(scope="module")
def found(workspace: Workspace) -> list[CohortScores]:
    return compare(workspace, ("breast", "liver"), CONFIG, (0,), lambda _: None)


def test_every_way_is_scored_on_every_cohort(workspace: Workspace, found: list[CohortScores]) -> None:
    assert [(one.cohort, one.patients, one.events) for one in found] == [("breast", 40, 32), ("liver", 40, 32)]
    runs = {(run.info.cohort.name, run.info.title): run for run in workspace.runs.list()}
    assert len(runs) == 2 * len(WAYS)
    for one in found:
        for way in WAYS:
            assert one.scores[way].value == pytest.approx(mean_concordance(runs[one.cohort, way].require_predictions()))
            assert one.scores[way].interval.lower < one.scores[way].value < one.scores[way].interval.upper
        for pair in DIFFERENCES:
            expected = one.scores[pair[0]].value - one.scores[pair[1]].value
            assert one.differences[pair].value == pytest.approx(expected)


def mean_concordance(predictions: pd.DataFrame) -> float:
    folds = [part for _, part in predictions.groupby("fold")]
    return float(np.mean([concordance_index(part["time_days"], part["event"], part["risk"]) for part in folds]))


def test_seeds_are_averaged_and_two_equal_ways_differ_by_nothing(workspace: Workspace) -> None:
    table = workspace.runs.list()[0].require_predictions()
    turned = table.assign(risk=-table["risk"]).sample(frac=1, random_state=1)
    found = score_ways("liver", {way: [table, turned, table] for way in WAYS})
    c = mean_concordance(table)
    assert found.scores["alone"].value == pytest.approx((2 * c + 1 - c) / 3)
    assert found.differences["together", "alone"] == Estimated(0.0, Interval(0.0, 0.0))


def test_ways_differ_in_what_they_say(workspace: Workspace, found: list[CohortScores]) -> None:
    made = {run.info.title: run.config.pretrain for run in workspace.runs.list() if run.info.cohort.name == "liver"}
    assert {way: (made[way].epochs, made[way].with_cohorts) for way in WAYS} == {
        "no pre-training": (0, ()),
        "alone": (1, ()),
        "shared genes, no pre-training": (0, ("breast",)),
        "together": (1, ("breast",)),
    }
    assert len(list((workspace.root / "cache" / "pretraining").glob("*/"))) == 2  # each fold once for both cohorts


def test_the_table() -> None:
    score, difference = Estimated(0.6512, Interval(0.6, 0.7)), Estimated(-0.0123, Interval(-0.05, 0.02))
    one = CohortScores("LIHC", 307, 105, dict.fromkeys(WAYS, score), dict.fromkeys(DIFFERENCES, difference))
    lines = markdown([one], "pomp bench pancancer").split("\n")
    assert lines[0] == "`pomp bench pancancer`"
    assert "| | LIHC (307 patients, 105 events) |" in lines
    assert "| together | 0.651 (0.600 to 0.700) |" in lines
    assert "| together less alone | −0.012 (−0.050 to +0.020) |" in lines


def test_breast_genes_get_the_names_of_the_others(tmp_path: Path) -> None:
    source = write_omics_cohort(tmp_path / "BRCA", "B", seed=1)
    pd.DataFrame({"ESR1_2099": [1.5], "HLA-A_3105": [2.5]}, ["B000"]).to_csv(source / "mrna_log2.csv.gz")
    pd.DataFrame({"hsa_let_7a_1": [0.1]}, ["B000"]).to_csv(source / "mirna_log2.csv.gz")
    copy_cohort(source, tmp_path / "copy")
    mrna, mirna = (pd.read_csv(tmp_path / "copy" / f"{name}_log2.csv.gz", index_col=0) for name in ("mrna", "mirna"))
    assert mrna.to_dict() == {"ESR1": {"B000": 1.5}, "HLA-A": {"B000": 2.5}}
    assert mirna.to_dict() == {"hsa-let-7a-1": {"B000": 0.1}}
    assert (tmp_path / "copy" / "clinical.csv").read_bytes() == (source / "clinical.csv").read_bytes()


def test_a_missing_cohort_is_named(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"BRCA is no cohort folder: it has no cohort\.toml"):
        measure(tmp_path, tmp_path / "workspace")
