from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from pomp.data.splits import Splits, make_splits
from pomp.errors import CohortError, RunError


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
        (1, r"1 events among 30 patients cannot fill 5 folds: .* Choose an endpoint with more events"),
        (0, r"0 events among 30 patients cannot fill 5 folds"),
    ],
)
def test_too_few_events(events: int, message: str) -> None:
    with pytest.raises(CohortError, match=message):
        make_splits(outcome_of(30, events), 5, seed=0)


@pytest.mark.parametrize("data", [{}, {"folds": [{"index": 0}], "seed": 1}, {"folds": 3, "seed": 0}])
def test_other_json_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(RunError, match="These are no splits"):
        Splits.from_json(data)
