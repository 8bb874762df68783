"""TCGA as it is: numbers counted from the files by the csv module alone, and their quirks."""

from __future__ import annotations

import collections
from pathlib import Path

import numpy as np
import pytest

from pomp.config import CohortConfig
from pomp.data.cohort import check_cohort, read_cohort
from pomp.data.sites import find_sites
from pomp.data.splits import make_splits

EXPRESSION = CohortConfig(omics=("mrna", "mirna"), complete_cases=True)


@pytest.fixture(scope="module")
def tcga(shared_data: Path) -> Path:
    return shared_data / "tcga"


@pytest.mark.parametrize(
    ("name", "steps", "events", "short", "unknown", "normals"),
    [
        ("LIHC", (377, 349, 311, 307, 307), 105, 27, 1, 50),
        ("STAD", (443, 400, 336, 333, 333), 134, 37, 6, 41),
    ],
)
def test_complete_cases(
    name: str, steps: tuple[int, ...], events: int, short: int, unknown: int, normals: int, tcga: Path
) -> None:
    cohort = read_cohort(tcga / name, EXPRESSION)
    assert [step.label for step in cohort.log.steps] == ["loaded", "has follow-up", "has mrna", "has mirna", "kept"]
    assert tuple(step.count for step in cohort.log.steps) == steps
    assert cohort.outcome["event"].sum() == events
    assert cohort.outcome["time_days"].min() >= 30
    reasons = collections.Counter(reason.split(" for ")[0] for reason in cohort.log.left_out.values())
    assert (reasons["followed"], reasons["OS.time is not recorded"]) == (short, unknown)
    table = cohort.omics["mirna"]
    assert table.normals is not None
    assert len(table.normals) == normals
    assert {sample[13:] for sample in table.normals.index} == {"11"}
    assert table.values.shape == (steps[-1], 1046)
    assert not table.values.index.isin(table.normals.index).any()


@pytest.mark.parametrize(
    ("name", "kept", "events", "masked", "nothing", "redacted"),
    [
        ("LIHC", 348, 124, {"mrna": 38, "mirna": 5, "cnv": 38, "mutation": 38}, "DD-A1E9", ["TCGA-DD-A116"]),
        ("STAD", 396, 159, {"mrna": 64, "mirna": 7, "cnv": 64, "mutation": 64}, "VQ-A8PS VQ-A8PT VQ-A8PY VQ-A8PZ", []),
    ],
)
def test_everybody_with_any_table(
    name: str, kept: int, events: int, masked: dict[str, int], nothing: str, redacted: list[str], tcga: Path
) -> None:
    check = check_cohort(tcga / name)
    said = [f"clinical.csv: TCGA has redacted {patient}, who is kept." for patient in redacted]
    assert [str(problem).partition(" A column")[0] for problem in check.problems] == said
    assert check.cohort is not None
    assert (len(check.cohort.patients), check.cohort.outcome["event"].sum()) == (kept, events)
    assert {step.label.removeprefix("has "): len(step.masked) for step in check.log.steps if step.masked} == masked
    assert list(check.log.steps[-1].left_out) == [f"TCGA-{patient}" for patient in nothing.split()]


def test_breast(tcga: Path) -> None:
    """6,000 genes twice; '[Discrepancy]' as a stage stays what it is, ages are numbers, the empty grade too."""
    cohort = read_cohort(tcga / "BRCA")
    assert [step.count for step in cohort.log.steps] == [769, 753, 753, 753, 753, 753]
    assert cohort.outcome["event"].sum() == 101
    assert {name: table.values.shape for name, table in cohort.omics.items()} == {
        "mrna": (753, 6000),
        "mirna": (753, 503),
        "methylation": (753, 6000),
    }
    assert cohort.clinical["age_at_initial_pathologic_diagnosis"].dtype == np.float64
    assert "[Discrepancy]" in set(cohort.clinical["ajcc_pathologic_tumor_stage"])
    assert cohort.clinical["histological_grade"].isna().all()


@pytest.mark.parametrize(
    ("name", "endpoint", "kept", "events"),
    [("LIHC", "DSS", 340, 80), ("LIHC", "PFI", 346, 181), ("STAD", "DSS", 371, 96), ("STAD", "PFI", 399, 140)],
)
def test_other_endpoints(name: str, endpoint: str, kept: int, events: int, tcga: Path) -> None:
    cohort = read_cohort(tcga / name, CohortConfig(endpoint=endpoint))
    assert (len(cohort.patients), cohort.outcome["event"].sum()) == (kept, events)


def test_folds(tcga: Path) -> None:
    """105 events on 307 patients: 21 in each of five folds."""
    outcome = read_cohort(tcga / "LIHC", EXPRESSION).outcome
    splits = make_splits(outcome, 5, seed=0)
    assert [int(outcome.loc[list(fold.test), "event"].sum()) for fold in splits.folds] == [21] * 5
    assert sorted(len(fold.test) for fold in splits.folds) == [61, 61, 61, 62, 62]


@pytest.mark.parametrize(
    ("name", "sites", "largest", "patients", "events"),
    [
        # One hospital has 132 of 307 patients, so its fold has them too; the others are equal.
        ("LIHC", 31, ("DD", 132, 36), (43, 44, 44, 44, 132), (16, 16, 17, 20, 36)),
        ("STAD", 21, ("BR", 95, 39), (58, 59, 59, 62, 95), (16, 17, 23, 39, 39)),
        ("BRCA", 40, ("BH", 100, 34), (148, 149, 151, 151, 154), (15, 16, 16, 20, 34)),
    ],
)
def test_folds_of_whole_hospitals(
    name: str, sites: int, largest: tuple[str, int, int], patients: tuple[int, ...], events: tuple[int, ...], tcga: Path
) -> None:
    cohort = read_cohort(tcga / name, EXPRESSION)
    outcome, of = cohort.outcome, find_sites(cohort.patients, cohort.clinical)
    assert of.nunique() == sites
    counted = outcome.groupby(of)["event"].agg(["size", "sum"]).sort_values("size").iloc[-1]
    assert (counted.name, counted["size"], counted["sum"]) == largest
    splits = make_splits(outcome, 5, 0, of)
    assert tuple(sorted(len(fold.test) for fold in splits.folds)) == patients
    assert tuple(sorted(outcome.loc[list(fold.test), "event"].sum() for fold in splits.folds)) == events
    for fold in splits.folds:
        codes = [{patient[5:7] for patient in part} for part in (fold.train, fold.test)]
        assert not codes[0] & codes[1]
