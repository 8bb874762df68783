"""The tables of a fold: which there are, of whom, and that they belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pomp.config import RunConfig
from pomp.data.splits import Fold
from pomp.explain.fold import explain_fold, explain_pretraining
from pomp.model import Pomp
from pomp.omics.matrix import OmicsMatrix
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import Compute
from pomp.training.finetune import predict_risk
from pomp.training.loop import StopRequested
from pomp.training.system import POMP
from tests.explain.readings import NAMES
from tests.small import GENES, SIDE, TYPES, small_config

CPU = Compute(torch.device("cpu"))
COUNTS = {"P0": 3, "P1": 0, "P2": 5, "P3": 1, "P4": 2, "P5": 4}
FOLD = Fold(2, train=("P3", "P4", "P5"), test=("P0", "P1", "P2"))
PLACES = ["patient", "slide", "index", "row", "column"]


class MadeBank(RegionBank):
    """Regions without files."""

    def __init__(self, features: int | None) -> None:
        rng = np.random.default_rng(3)
        shape = (SIDE, SIDE, 3) if features is None else (features,)
        self.pixels = {
            name: torch.from_numpy(rng.integers(0, 256, (count, *shape)).astype(np.uint8 if features is None else "f4"))
            for name, count in COUNTS.items()
        }
        self.features, self.tables = features, {name: regions_of(count) for name, count in COUNTS.items() if count}

    def read(self, patient: str) -> torch.Tensor:
        return self.pixels[patient]


def regions_of(count: int) -> pd.DataFrame:
    """In a line from left to right."""
    column = np.arange(count)
    table = pd.DataFrame({"row": 1, "column": column, "x": 64 * column, "y": 64, "size": 64})
    return table.assign(slide="S-1", file="none", index=column, size_stated=True)


def make(features: int | None = None, **changes: Any) -> tuple[RunConfig, Pomp, PatientData, OmicsMatrix]:
    """A model that has learnt nothing, and six patients of whom P1 has no slide and P2 lacks a type."""
    config, rng = small_config(**changes), np.random.default_rng(5)
    patients = tuple(COUNTS)
    present = np.ones((len(patients), TYPES), bool)
    present[2, 1] = False
    values = rng.normal(size=(len(patients), TYPES, GENES)).astype(np.float32) * present[..., None]
    genes = {name: tuple(f"{name}-{gene}" for gene in range(GENES)) for name in NAMES}
    omics = OmicsMatrix(values, present, np.ones((TYPES, GENES), bool), NAMES, genes, patients)
    if config.model.modalities == "pathology":
        omics = OmicsMatrix.empty(patients)
    outcome = pd.DataFrame({"time_days": np.arange(6.0) + 1, "event": True}, pd.Index(patients))
    data = PatientData(omics, MadeBank(features), outcome)
    return config, POMP.build(config, *data.shape, seed=3, features=features), data, omics


def explain(features: int | None = None, **changes: Any) -> dict[str, pd.DataFrame]:
    _, model, data, omics = make(features, **changes)
    return explain_fold(model, data, omics, FOLD, CPU, lambda *_: None)


ALL = {"regions", "within", "region_genes", "by_fold", "contributions", "gene_attributions"}
TABLES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "both": ({}, ALL),
    "features": ({"features": 7}, ALL - {"within"}),
    "pathology": ({"model__modalities": "pathology"}, {"regions", "within", "by_fold"}),
    "omics": ({"model__modalities": "omics"}, {"contributions", "gene_attributions"}),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_of_the_final_model(case: str) -> None:
    changes, expected = TABLES[case]
    assert explain(**changes).keys() == expected


PRETRAINED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "both": ({}, {"embeddings", "reconstructions"}),
    "no masked omics": ({"pretrain__mom": 0}, {"embeddings"}),
    "omics": ({"model__modalities": "omics"}, {"reconstructions"}),
    "pathology": ({"model__modalities": "pathology"}, set()),
    "no pre-training": ({"pretrain__epochs": 0}, set()),
}


@pytest.mark.parametrize("case", PRETRAINED)
def test_tables_of_the_pretrained_model(case: str) -> None:
    changes, expected = PRETRAINED[case]
    config, model, data, omics = make(**changes)
    found = explain_pretraining(model, data, omics, FOLD, config.pretrain, CPU, lambda *_: None)
    assert found.keys() == expected
    assert all(set(table["patient"]) == set(FOLD.test) and set(table["fold"]) == {2} for table in found.values())


COLUMNS = {
    "contributions": ["patient", "fold", "part", "without", "difference"],
    "gene_attributions": ["patient", "fold", "type", "gene", "value", "attribution"],
    "within": [*PLACES, "attention"],
    "by_fold": [*PLACES, "fold", "cls_attention", "seen"],
    "region_genes": [*PLACES, "type", "gene", "weight"],
    "regions": [
        "row", "column", "x", "y", "size", "slide", "index", "size_stated", "patient", "cls_attention", "occlusion",
        "left_out", "alignment_mrna", "alignment_mirna", "alignment_methylation", "fold",
    ],
}  # fmt: skip


def test_columns() -> None:
    assert {name: list(table) for name, table in explain().items()} == COLUMNS


def test_region_tables_speak_of_the_same_regions() -> None:
    tables = explain()
    places = {name: tables[name][PLACES] for name in ("regions", "within", "by_fold", "region_genes")}
    pd.testing.assert_frame_equal(places["within"], places["regions"])
    assert places["regions"].groupby("patient").size().to_dict() == {"P0": 3, "P2": 5}
    tied = tables["region_genes"].groupby(PLACES)["type"].value_counts()
    assert (tied == 3).all()
    assert set(tied.index.get_level_values("type")) == set(NAMES)
    assert tied.groupby("patient").size().to_dict() == {"P0": 3 * 3, "P2": 5 * 2}  # P2 lacks a type
    assert [len(patches) for patches in tables["within"]["attention"]] == [(SIDE // 16) ** 2] * 8


def test_regions_that_share_a_row_and_column_are_told_apart() -> None:
    """As those without coordinates do."""
    _, model, data, omics = make(features=7)
    for patient, table in data.regions.tables.items():
        data.regions.tables[patient] = table.assign(row=0, column=0, x=np.nan, y=np.nan, size=np.nan)
    tables = explain_fold(model, data, omics, FOLD, CPU, lambda *_: None)
    for name in ("regions", "by_fold"):
        for patient, own in tables[name].groupby("patient"):
            assert own["index"].tolist() == list(range(COUNTS[str(patient)]))
    tied = tables["region_genes"].groupby(["patient", "slide", "index", "type"]).size()
    assert (tied == 3).all()


def test_by_fold_has_everybodys_attention() -> None:
    tables = explain()
    found = tables["by_fold"]
    assert found.groupby("patient").size().to_dict() == {name: count for name, count in COUNTS.items() if count}
    assert found.groupby("patient")["seen"].first().to_dict() == {
        "P0": False, "P2": False, "P3": True, "P4": True, "P5": True,
    }  # fmt: skip
    assert found.groupby("patient")["cls_attention"].sum().to_numpy() == pytest.approx(1.0, abs=1e-5)
    unseen = found[~found["seen"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(unseen[[*PLACES, "cls_attention"]], tables["regions"][[*PLACES, "cls_attention"]])


def test_a_risk_without_a_part_goes_with_the_risk_that_is_predicted() -> None:
    _, model, data, omics = make()
    found = explain_fold(model, data, omics, FOLD, CPU, lambda *_: None)["contributions"]
    risk = found["without"] + found["difference"]
    predicted = dict(zip(FOLD.test, predict_risk(model, data, FOLD.test, CPU), strict=True))
    assert risk.to_numpy() == pytest.approx(found["patient"].map(predicted).to_numpy(), abs=1e-6)


@pytest.mark.parametrize("test", [("P1",), ("P1", "P0")])
def test_a_fold_whose_test_patients_have_no_slides_has_the_same_tables(test: tuple[str, ...]) -> None:
    _, model, data, omics = make()
    fold = Fold(0, train=tuple(name for name in COUNTS if name not in test), test=test)
    tables = explain_fold(model, data, omics, fold, CPU, lambda *_: None)
    assert tables.keys() == ALL
    assert len(tables["regions"]) == sum(COUNTS[name] for name in test)


@pytest.mark.parametrize("after", range(4))
def test_it_ends_where_it_is_asked_to(after: int) -> None:
    _, model, data, omics = make()
    calls: list[tuple[int, int]] = []

    def on_progress(done: int, total: int, what: str) -> None:
        assert done <= total, what
        calls.append((done, total))
        if len(calls) > after:
            raise StopRequested

    with pytest.raises(StopRequested):
        explain_fold(model, data, omics, FOLD, CPU, on_progress)
    assert len(calls) == after + 1
