"""What each rule for the epoch would report, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from pomp.evaluation.epochs import epoch_strip

VALUES = {0: [0.5, 0.7, 0.6], 1: [0.8, 0.6, 0.8]}


def metrics(values: dict[int, list[float | None]]) -> pd.DataFrame:
    rows = [
        {"stage": "finetune", "fold": fold, "epoch": epoch, "test_c_index": value}
        for fold, series in values.items()
        for epoch, value in enumerate(series)
    ]
    return pd.DataFrame([{"stage": "pretrain", "fold": -1, "epoch": 0, "total": 3.0}, *rows])


def test_rules_by_hand() -> None:
    found = epoch_strip(metrics(VALUES))
    assert found is not None
    assert found.mean.to_dict() == pytest.approx({1: 0.65, 2: 0.65, 3: 0.7})
    assert {rule.name: (rule.c_index, rule.epochs) for rule in found.rules} == {
        "last": (pytest.approx(0.7), (3, 3)),
        "best_of_each": (pytest.approx(0.75), (2, 1)),  # the earlier of two equal epochs
        "best_mean": (pytest.approx(0.7), (3, 3)),
    }


def test_folds_of_different_length_and_unknown_values() -> None:
    found = epoch_strip(metrics({0: [0.5, 0.6], 1: [0.7, None]}))
    assert found is not None
    assert found.mean.dropna().to_dict() == pytest.approx({1: 0.6})
    assert {rule.name: rule.epochs for rule in found.rules} == {
        "last": (2, 1), "best_of_each": (2, 1), "best_mean": (1, 1),
    }  # fmt: skip


def test_an_epoch_that_was_repeated_counts_once() -> None:
    again = pd.concat([metrics({0: [0.5, 0.9]}), metrics({0: [0.5, 0.4]})])
    found = epoch_strip(again)
    assert found is not None
    assert found.folds[0].tolist() == [0.5, 0.4]


NONE = [
    ("no epoch", pd.DataFrame()),
    ("an honest run", metrics({0: [0.5]}).drop(columns="test_c_index")),
    ("only unknown", metrics({0: [None, None]})),
]


@pytest.mark.parametrize("rows", [case[1] for case in NONE], ids=[case[0] for case in NONE])
def test_no_look_at_the_test_fold(rows: pd.DataFrame) -> None:
    assert epoch_strip(rows) is None
