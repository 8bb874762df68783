"""The corrected t-test by hand, against R, and on fold scores of models that are equally good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pomp.errors import RunError
from pomp.evaluation.corrected_t import corrected_t

from .out_of_fold import R


def test_by_hand() -> None:
    # Mean 2, s² = 1 of three folds; 1/3 + 1/2 = 5/6: t = 2/√(5/6) = 2.19089, p of 2 degrees of freedom:
    # 1 - t/√(t² + 2) = 1 - √(4.8/6.8).
    found = corrected_t([1, 2, 3], test_patients=10, training_patients=20)
    assert (found.mean, found.sd, found.folds, found.degrees_of_freedom) == (2, 1, 3, 2)
    assert found.t == pytest.approx(2 / np.sqrt(5 / 6))
    assert found.p_value == pytest.approx(1 - np.sqrt(4.8 / 6.8))
    reach = 4.302653 * np.sqrt(5 / 6)
    assert vars(found.interval) == pytest.approx({"lower": 2 - reach, "upper": 2 + reach}, rel=1e-6)
    assert found.reason is None


@pytest.mark.parametrize(
    ("name", "test", "training", "level"), [("corrected", 40, 160, 0.95), ("corrected_90", 1, 2, 0.9)]
)
def test_repeats_with_a_fold_without_a_score_equal_r(name: str, test: float, training: float, level: float) -> None:
    scores = np.array(R["scores"], dtype=float).reshape(3, 5)  # repeats by folds
    found = corrected_t(scores, test, training, level)
    expected: dict[str, Any] = dict(R[name])
    assert vars(found.interval) == pytest.approx({side: expected.pop(side) for side in ("lower", "upper")}, rel=1e-9)
    assert {key: getattr(found, key) for key in expected} == pytest.approx(expected, rel=1e-9)
    assert (found.folds, found.left_out, found.degrees_of_freedom) == (14, 1, 13)


def test_without_overlap_it_is_students() -> None:
    scores = np.random.default_rng(0).normal(0.3, 1, 12)
    found, plain = corrected_t(scores, 1e-12, 1), stats.ttest_1samp(scores, 0)
    assert (found.t, found.p_value) == pytest.approx((plain.statistic, plain.pvalue), rel=1e-9)


def test_a_sign_turned_turns_the_test() -> None:
    one, other = (corrected_t(by * np.array([0.1, 0.3, -0.1]), 1, 4) for by in (1, -1))
    assert (other.mean, other.t, other.p_value) == pytest.approx((-one.mean, -one.t, one.p_value))
    assert (other.interval.lower, other.interval.upper) == pytest.approx((-one.interval.upper, -one.interval.lower))


def test_more_repeats_do_not_make_a_difference_out_of_overlap() -> None:
    # Two equally good learners: the mean of 5 values, fitted to one of two variables of the same distribution. The
    # error on the test part differs by chance alone; ten times 5-fold cross-validation of 50 patients each.
    generator = np.random.default_rng(4)
    corrected, plain = 0, 0
    for _ in range(60):
        data = generator.normal(size=(50, 2))
        differences = []
        for _ in range(10):
            for test in np.array_split(generator.permutation(50), 5):
                train = np.setdiff1d(np.arange(50), test)
                error = ((data[test] - data[train].mean(axis=0)) ** 2).mean(axis=0)
                differences.append(error[0] - error[1])
        corrected += corrected_t(differences, 10, 40).p_value < 0.05
        plain += stats.ttest_1samp(differences, 0).pvalue < 0.05
    assert plain > 25
    assert corrected < 8


DEGENERATE = [
    ([], np.nan, 0, 0, "no fold has a score"),
    ([np.nan, np.nan], np.nan, 0, 2, "no fold has a score"),
    ([np.nan, 0.02], 0.02, 1, 1, "only one fold has a score: there is no spread to judge by"),
    ([0.0, 0.0, 0.0], 0.0, 3, 0, "every fold gives exactly 0: there is no spread to judge by"),
    ([0.1, 0.1, 0.1], 0.1, 3, 0, "every fold gives exactly 0.1: there is no spread to judge by"),
]


@pytest.mark.parametrize(("scores", "mean", "folds", "left_out", "reason"), DEGENERATE)
def test_degenerate(scores: list[float], mean: float, folds: int, left_out: int, reason: str) -> None:
    found = corrected_t(scores, 1, 4)
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert np.isnan([found.interval.lower, found.interval.upper, found.t, found.p_value]).all()
    assert (found.folds, found.left_out, found.degrees_of_freedom, found.reason) == (folds, left_out, 0, reason)


WRONG = [
    (([0.1, 0.2], 0, 4), "A fold has 0 test patients"),
    (([0.1, 0.2], 1, -3), "A fold has -3 training patients"),
    (([0.1, 0.2], float("nan"), 4), "A fold has nan test patients"),
    (([0.1, float("inf")], 1, 4), "A fold score is inf"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong(given: tuple[list[float], float, float], message: str) -> None:
    with pytest.raises(RunError, match=message):
        corrected_t(*given)
