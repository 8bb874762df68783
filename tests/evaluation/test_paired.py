"""Paired differences of the C-index, by hand and against the bootstrap of one model."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.concordance import concordance_index
from pomp.evaluation.paired import (
    draw_patients,
    drawn_concordance,
    estimate,
    estimate_share,
    percentile_interval,
    with_draws,
)

from .conftest import random_patients

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


def test_the_interval_is_of_the_draws_alone() -> None:
    found = estimate(np.array([9.0, 0.0, 1.0]), level=1.0)
    assert (found.value, found.interval.lower, found.interval.upper) == (9, 0, 1)


def test_drawn_weights_are_patients_written_out() -> None:
    time, event, risk = random_patients(0)
    folds, drawn = np.arange(80) % 3, draw_patients(80, 100, seed=7)
    by_hand = []
    for counts in drawn.astype(int):
        chosen = np.repeat(np.arange(80), counts)
        parts = [chosen[folds[chosen] == fold] for fold in range(3)]
        by_hand.append(np.mean([concordance_index(time[part], event[part], risk[part]) for part in parts]))
    np.testing.assert_allclose(drawn_concordance(time, event, risk, folds, drawn), by_hand, rtol=1e-12)


def test_the_patients_as_they_are_come_before_the_draws() -> None:
    drawn = with_draws(30, 200, seed=4)
    assert (drawn[0] == 1).all()
    assert np.array_equal(drawn[1:], draw_patients(30, 200, seed=4))


def test_the_interval_brackets_the_estimate_and_narrows_with_patients() -> None:
    widths = []
    for patients in (60, 600):
        time, event, _ = random_patients(1, patients)
        risk = -time + np.random.default_rng(0).normal(0, 15, patients)
        found = estimate(drawn_concordance(time, event, risk, np.zeros(patients), with_draws(patients)))
        assert found.interval.lower < found.value == concordance_index(time, event, risk) < found.interval.upper
        widths.append(found.interval.upper - found.interval.lower)
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize("direction", [1, -1])
def test_all_pairs_in_order_are_no_certainty(direction: int) -> None:
    """Of four patients as of four thousand, every draw has them in order: an interval of no width."""
    time, event = np.arange(1.0, 5), np.ones(4, dtype=bool)
    values = drawn_concordance(time, event, -direction * time, np.zeros(4), with_draws(4))
    found = estimate_share(values)
    assert found.value == (1 if direction > 0 else 0)
    assert np.isnan([found.interval.lower, found.interval.upper]).all()
    once_wrong = estimate_share(np.where(np.arange(1001) == 7, 0.5, values)).interval  # both limits are still the same
    assert np.isnan([once_wrong.lower, once_wrong.upper]).all()
    some = drawn_concordance(time, event, np.array([4.0, 2, 3, 1]), np.zeros(4), with_draws(4))
    assert estimate_share(some) == estimate(some)


def test_equal_risks_are_guessing_whoever_is_drawn() -> None:
    found = estimate_share(np.full(100, 0.5))
    assert (found.value, found.interval.lower, found.interval.upper) == (0.5, 0.5, 0.5)


def test_a_fold_s_scale_does_not_matter() -> None:
    time, event, risk = random_patients(3)
    folds, drawn = np.arange(80) % 4, with_draws(80, 50)
    one, other = (drawn_concordance(time, event, values, folds, drawn) for values in (risk, risk + 9 * folds))
    assert np.array_equal(one, other)


def test_the_mean_over_seeds_is_as_uncertain_as_the_patients_are() -> None:
    """Three seeds deal the same patients to other folds. Their number does not make the patients more."""
    random = np.random.default_rng(2)
    means, widths = [], []
    for _ in range(60):
        hazard = random.normal(size=100)
        time, ended = random.exponential(np.exp(-hazard)), random.exponential(1.0, 100)
        patients = np.minimum(time, ended), time <= ended
        drawn = with_draws(100, 100, seed=int(random.integers(1000)))
        seeds = [drawn_concordance(*patients, hazard, random.permutation(100) % 5, drawn) for _ in range(3)]
        values = np.mean(seeds, axis=0)
        means.append(values[0])
        widths.append(values[1:].std(ddof=1))
    assert np.mean(widths) > 0.85 * np.std(means, ddof=1)  # drawn within each seed's folds it is about 0.65
