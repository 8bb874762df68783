"""Paired differences of the C-index, by hand and against the bootstrap of one model."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.paired import draw_patients, draw_within, drawn_concordance, percentile_interval
from pomp.evaluation.uncertainty import bootstrap_concordance

TIME, EVENT = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True])
ONE = np.zeros(4, int)


@pytest.mark.parametrize(
    ("risk", "drawn", "expected"),
    [
        # Pairs: 1 before 2, 3, 4 and 2 before 3, 4.
        ([4, 3, 2, 1], [1, 1, 1, 1], 1.0),
        ([1, 3, 2, 4], [1, 1, 1, 1], 1 / 5),
        ([3, 3, 2, 1], [1, 1, 1, 1], 4.5 / 5),
        # The second patient twice, the last never: 1-2 weighs 2, 1-3 weighs 1, 2-3 weighs 2; the wrong one is 1-2.
        ([3, 4, 2, 1], [1, 2, 1, 0], 3 / 5),
        ([3, 4, 2, 1], [0, 0, 4, 0], np.nan),
    ],
)
def test_by_hand(risk: list[float], drawn: list[float], expected: float) -> None:
    found = drawn_concordance(TIME, EVENT, risk, ONE, np.array([drawn], float))
    assert found == pytest.approx([expected], nan_ok=True)


def test_folds_are_averaged_and_one_without_a_pair_is_left_out() -> None:
    time, event, folds = [1, 2, 1, 2], [True, True, True, False], [0, 0, 1, 1]
    drawn = np.array([[1, 1, 1, 1], [1, 1, 2, 0], [2, 0, 0, 2]], float)
    assert drawn_concordance(time, event, [2, 1, 1, 2], folds, drawn) == pytest.approx([0.5, 1.0, np.nan], nan_ok=True)


def test_without_a_draw_it_is_harrells_c() -> None:
    random = np.random.default_rng(3)
    time, event, risk = random.integers(1, 40, 80), random.random(80) < 0.4, random.integers(0, 9, 80)
    found = drawn_concordance(time, event, risk, np.zeros(80), np.ones((1, 80)))
    assert found == pytest.approx([concordance_index(time, event, risk)])


def test_a_sample_is_as_large_as_the_cohort_and_repeats_with_its_seed() -> None:
    drawn = draw_patients(30, 200, seed=4)
    assert drawn.shape == (200, 30)
    assert (drawn.sum(axis=1) == 30).all()
    assert np.array_equal(drawn, draw_patients(30, 200, seed=4))
    assert not np.array_equal(drawn, draw_patients(30, 200, seed=5))


def test_models_of_one_kind_differ_less_than_either_is_uncertain() -> None:
    random = np.random.default_rng(7)
    hazard = random.normal(size=150)
    time = random.exponential(np.exp(-hazard))
    drawn, folds = draw_patients(150, 500, seed=0), np.arange(150) % 5
    one, other = (
        drawn_concordance(time, np.ones(150), hazard + random.normal(0, 0.1, 150), folds, drawn) for _ in range(2)
    )
    alone, difference = percentile_interval(one), percentile_interval(one - other)
    assert difference.lower < 0 < difference.upper
    assert difference.upper - difference.lower < 0.5 * (alone.upper - alone.lower)


@pytest.mark.parametrize(
    ("values", "level", "expected"),
    [
        (np.arange(101.0), 0.9, (5.0, 95.0)),
        ([np.nan, 1.0, 3.0], 1.0, (1.0, 3.0)),
        ([np.nan], 0.95, (np.nan, np.nan)),
    ],
)
def test_limits(values: list[float], level: float, expected: tuple[float, float]) -> None:
    found = percentile_interval(np.array(values), level)
    assert (found.lower, found.upper) == pytest.approx(expected, nan_ok=True)


def test_draws_within_folds_keep_their_size_and_are_those_of_the_bootstrap() -> None:
    folds = np.repeat([0, 1], [10, 30])
    drawn = draw_within(folds, 300, seed=0)
    assert (drawn[:, :10].sum(axis=1) == 10).all()
    assert (drawn[:, 10:].sum(axis=1) == 30).all()
    time, event, risk = np.arange(40), np.ones(40), np.random.default_rng(0).normal(size=40)
    found = percentile_interval(drawn_concordance(time, event, risk, folds, drawn))
    assert found == bootstrap_concordance(time, event, risk, folds, resamples=300, seed=0)
