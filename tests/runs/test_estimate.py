"""The time left, by hand."""

import pytest

from pomp.runs.estimate import Estimate


def test_nothing_is_known_before_something_is_timed() -> None:
    estimate = Estimate({"select": 1, "pretrain": 4})
    assert estimate.remaining_seconds is None
    assert estimate.progress == 0.0
    estimate.finish("select")  # by an earlier process
    assert estimate.remaining_seconds is None
    assert estimate.progress == pytest.approx(1 / 5)


def test_measured_means_and_the_mean_of_all_for_what_is_not_measured() -> None:
    estimate = Estimate({"select": 2, "pretrain": 10, "finetune": 5})
    estimate.finish("select", 8.0)
    estimate.finish("pretrain", 1.0)
    estimate.finish("pretrain", 3.0)
    per_unit = {"select": 8.0, "pretrain": 2.0, "finetune": 12.0 / 3}
    remaining = 1 * per_unit["select"] + 8 * per_unit["pretrain"] + 5 * per_unit["finetune"]
    total = 2 * per_unit["select"] + 10 * per_unit["pretrain"] + 5 * per_unit["finetune"]
    assert estimate.remaining_seconds == pytest.approx(remaining)
    assert estimate.progress == pytest.approx(1 - remaining / total)


def test_ends_at_one_and_zero() -> None:
    estimate = Estimate({"pretrain": 3})
    for _ in range(3):
        estimate.finish("pretrain", 0.5)
    assert estimate.remaining_seconds == 0
    assert estimate.progress == 1.0
    assert Estimate({}).progress == 1.0


def test_what_folds_have_in_common_counts_once_and_what_is_not_planned_never() -> None:
    estimate = Estimate({"pretrain": 6, "finetune": 6})
    for _ in range(3):
        estimate.finish("pretrain", units=6)  # as every fold finds it done
    estimate.finish("explain", units=6)
    assert estimate.progress == pytest.approx(6 / 12)


def test_folds_side_by_side_take_as_many_rounds_as_are_left() -> None:
    estimate = Estimate({"finetune": 5 * 10})
    estimate.go_side_by_side(at_a_time=2, folds=5)
    for _ in range(10):
        estimate.finish("finetune", 2.0)
    estimate.finish_fold()
    assert estimate.remaining_seconds == pytest.approx(40 * 2.0 / 2)  # four folds by two: two rounds of ten epochs
    assert estimate.progress == pytest.approx(10 / 50)
    for _ in range(30):
        estimate.finish("finetune", 2.0)
    for _ in range(3):
        estimate.finish_fold()
    assert estimate.remaining_seconds == pytest.approx(10 * 2.0)  # the last one has nobody beside it
    estimate.finish_fold()
    estimate.finish("finetune", 2.0, units=10)
    assert estimate.remaining_seconds == 0
