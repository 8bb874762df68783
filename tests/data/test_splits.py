from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import RunConfig, override
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import Splits, make_splits, split_cohort
from pomp.errors import CohortError, RunError
from tests.runs.omics_cohort import write_omics_cohort


def outcome_of(patients: int, events: int) -> pd.DataFrame:
    """The first `events` patients have the event."""
    index = [f"P{number:03d}" for number in range(patients)]
    return pd.DataFrame({"time_days": np.arange(patients) + 30.0, "event": np.arange(patients) < events}, index=index)


@pytest.mark.parametrize(
    ("patients", "events", "folds"), [(307, 105, 5), (20, 5, 5), (10, 10, 5), (11, 9, 3), (4, 2, 2), (23, 7, 4)]
)
def test_every_patient_is_tested_once_and_events_are_spread(patients: int, events: int, folds: int) -> None:
    outcome = outcome_of(patients, events)
    splits = make_splits(outcome, folds, seed=1)
    assert sorted(patient for fold in splits.folds for patient in fold.test) == outcome.index.to_list()
    for index, fold in enumerate(splits.folds):
        assert fold.index == index
        assert sorted(fold.train + fold.test) == outcome.index.to_list()
        assert events // folds <= outcome.loc[list(fold.test), "event"].sum() <= -(-events // folds)
        assert outcome.loc[list(fold.train), "event"].any()
        assert list(fold.train) == sorted(fold.train)
        assert list(fold.test) == sorted(fold.test)


def test_row_order_does_not_matter_and_the_seed_does() -> None:
    outcome = outcome_of(60, 20)
    first = make_splits(outcome, 5, seed=0)
    assert make_splits(outcome.sample(frac=1, random_state=3), 5, seed=0) == first
    assert make_splits(outcome, 5, seed=1).folds != first.folds
    assert make_splits(outcome, 5, seed=0).digest == first.digest != make_splits(outcome, 5, seed=1).digest


def test_json_round_trip() -> None:
    splits = make_splits(outcome_of(12, 6), 3, seed=4)
    again = Splits.from_json(json.loads(json.dumps(splits.to_json())))
    assert again == splits
    assert again.digest == splits.digest
    assert len(splits.digest) == 16


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (4, r"4 events among 30 patients cannot fill 5 folds: .* Use at most 4 folds"),
        (1, r"1 event among 30 patients cannot fill 5 folds: .* Choose an endpoint with more events"),
        (0, r"0 events among 30 patients cannot fill 5 folds"),
    ],
)
def test_too_few_events(events: int, message: str) -> None:
    with pytest.raises(CohortError, match=message):
        make_splits(outcome_of(30, events), 5, seed=0)


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    """Forty patients of four hospitals."""
    folder = write_omics_cohort(tmp_path / "cohort", "P", seed=1)
    clinical = pd.read_csv(folder / "clinical.csv")
    clinical.assign(site=np.arange(40) % 4).to_csv(folder / "clinical.csv", index=False)
    return read_cohort(folder)


def test_whole_hospitals_where_the_settings_say_so(cohort: Cohort) -> None:
    config = override(RunConfig(), {"folds": 2, "folds_by": "sites"})
    splits = split_cohort(cohort, config)
    sites = cohort.clinical["site"]
    shuffled = sites.astype(str).sample(frac=1, random_state=2)
    assert splits == make_splits(cohort.outcome.sample(frac=1, random_state=1), 2, 0, shuffled)
    assert (splits.by, splits.to_json()["by"]) == ("sites", "sites")
    for fold in splits.folds:
        assert len(fold.test) == 20
        assert sorted(fold.train + fold.test) == list(cohort.patients)
        assert not set(sites[list(fold.train)]) & set(sites[list(fold.test)])
    with pytest.raises(CohortError, match=r"4 hospitals \(0, 1, 2, 3\) cannot fill 5 folds"):
        split_cohort(cohort, override(config, {"folds": 5}))


def test_patients_one_by_one_unless_the_settings_say_so(cohort: Cohort) -> None:
    splits = split_cohort(cohort, RunConfig(folds=4, seed=2))
    assert splits == make_splits(cohort.outcome, 4, 2)
    assert splits.by == "patients"


def test_folds_from_before_they_said_by_what() -> None:
    """Digest as pomp 0.1 wrote it to run.json, and splits.json without `by`."""
    splits = make_splits(outcome_of(4, 2), 2, seed=4)
    data = splits.to_json()
    del data["by"]
    assert Splits.from_json(data) == splits
    assert splits.digest == "ce9de2c8c664fed1"


@pytest.mark.parametrize("data", [{}, {"folds": [{"index": 0}], "seed": 1}, {"folds": 3, "seed": 0}])
def test_other_json_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(RunError, match="These are no splits"):
        Splits.from_json(data)
