"""On whom a fold of a run chooses genes, is pre-trained and is fine-tuned, as its protocol says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from pomp.config import ProtocolName
from pomp.omics import OmicsSelector
from pomp.omics.matrix import OmicsMatrix
from pomp.runs.company import read_company
from pomp.runs.fold_work import FoldWork
from pomp.runs.selection import Selection
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import Compute
from tests.runs.test_company import create, write_cohorts

FOLD = 1


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohorts(tmp_path_factory.mktemp("home") / "cohorts")


class Silent:
    """Hears what a fold tells, and stops nothing."""

    def tick(self, *, force: bool = False, **changes: Any) -> None: ...

    def finish(self, kind: str, seconds: float | None = None, units: int = 1) -> None: ...

    def should_stop(self) -> bool:
        return False


class Chosen(Exception):  # noqa: N818 - it says that enough was seen
    """In place of a choice of genes."""


@pytest.mark.parametrize("protocol", ["honest", "paper", "paper-released"])
@pytest.mark.parametrize("place", [0, 1])
def test_genes_are_chosen_on_whom_the_protocol_names(
    place: int, protocol: ProtocolName, cohorts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the run's own cohort, and by one that joins the pre-training. Who else is of the cohort is said, too."""
    run = create(cohorts, "liver", "breast", protocol=protocol, seed=6)
    company = read_company(run)
    member = (company.own, *company.others)[place]
    asked: list[tuple[int, pd.DataFrame, Sequence[str]]] = []

    def fit(self: OmicsSelector, tables: Any, outcome: pd.DataFrame, told: Any, patients: Sequence[str]) -> None:
        asked.append((self.seed, outcome, patients))
        raise Chosen

    monkeypatch.setattr(OmicsSelector, "fit", fit)
    with pytest.raises(Chosen):
        Selection(run, company)._fit(member, FOLD, lambda *_: None)
    [(seed, outcome, patients)] = asked
    everybody = member.cohort.outcome
    seen = everybody.loc[list(member.splits.folds[FOLD].train)] if protocol == "honest" else everybody
    assert seed == 6
    pd.testing.assert_frame_equal(outcome, seen)
    assert list(patients) == list(member.cohort.patients)


@pytest.mark.parametrize("protocol", ["honest", "paper"])
@pytest.mark.parametrize("others", [(), ("breast", "stomach")])
def test_a_fold_is_trained_on_whom_the_company_names(
    others: tuple[str, ...], protocol: ProtocolName, cohorts: Path
) -> None:
    run = create(cohorts, "liver", *others, protocol=protocol)
    company, fold = read_company(run), run.splits().folds[FOLD]
    data = PatientData(OmicsMatrix.empty(company.own.cohort.patients), RegionBank({}, 8), company.outcome)
    work = FoldWork(run, company, data.regions, Compute(torch.device("cpu")), Silent())
    training = work._training(fold, data)
    seen = {
        patient
        for member in company.members
        for patient in (member.splits.folds[FOLD].train if protocol == "honest" else member.cohort.patients)
    }
    assert sorted(training.pretraining) == sorted(seen)
    assert training.fold == fold
    assert sorted(training.outcome.index) == sorted([*fold.train, *fold.test])
    assert training.config == run.config
