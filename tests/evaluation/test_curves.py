"""Kaplan-Meier, numbers at risk and log-rank against R's survival, lifelines and scikit-survival."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from sksurv.compare import compare_survival
from sksurv.nonparametric import kaplan_meier_estimator
from sksurv.util import Surv

from pomp.evaluation.curves import (
    SurvivalCurve,
    at_risk_table,
    kaplan_meier,
    logrank,
    logrank_trend,
    permutation_p_value,
)

from .conftest import random_patients


def numbers(values: Any) -> np.ndarray:
    """R's NA is JSON's null."""
    return np.atleast_1d(np.array(values, dtype=float))


def check_curve(curve: SurvivalCurve, expected: dict[str, Any]) -> None:
    assert (curve.time[0], curve.survival[0], curve.lower[0], curve.upper[0]) == (0, 1, 1, 1)
    for name in ("time", "survival", "at_risk", "events", "censored"):
        np.testing.assert_allclose(getattr(curve, name)[1:], numbers(expected[name]), rtol=1e-9, err_msg=name)
    fallen = curve.survival[1:] < 1  # before, R's band is NA
    for name in ("lower", "upper"):
        np.testing.assert_allclose(getattr(curve, name)[1:][fallen], numbers(expected[name])[fallen], rtol=1e-9)
        assert (getattr(curve, name)[1:][~fallen] == 1).all()
    for name in ("median", "median_lower", "median_upper"):
        np.testing.assert_equal(getattr(curve, name), numbers(expected[name])[0])


def test_equals_r(reference: dict) -> None:
    rows = reference["rows"]
    check_curve(kaplan_meier(rows["time"], rows["event"]), reference["all"])
    for group, expected in reference["groups"].items():
        chosen = rows["group"] == group
        check_curve(kaplan_meier(rows["time"][chosen], rows["event"][chosen]), expected)


def test_numbers_at_risk_equal_r(reference: dict) -> None:
    rows = reference["rows"]
    curves = {g: kaplan_meier(rows["time"][rows["group"] == g], rows["event"][rows["group"] == g])
              for g in reference["groups"]}  # fmt: skip
    table = at_risk_table(curves, reference["times"])
    for group, expected in reference["groups"].items():
        part = table[table["group"] == group]
        assert part["at_risk"].tolist() == expected["table_at_risk"]
        assert (part["at_risk"] + part["events"] + part["censored"] == curves[group].patients).all()


def test_who_dies_on_the_day_is_still_at_risk() -> None:
    table = at_risk_table({"all": kaplan_meier([5, 5, 8], [1, 0, 1])}, [0, 5, 6, 9])
    assert table.to_numpy()[:, 1:].tolist() == [[0, 3, 0, 0], [5, 3, 0, 0], [6, 1, 1, 1], [9, 0, 2, 1]]


@pytest.mark.parametrize("seed", range(3))
def test_equals_lifelines_and_scikit_survival(seed: int) -> None:
    time, event, _ = random_patients(seed)
    curve = kaplan_meier(time, event)
    fitted = KaplanMeierFitter().fit(time, event)
    np.testing.assert_allclose(curve.survival, fitted.survival_function_.to_numpy()[:, 0], rtol=1e-9)
    inside = (curve.survival > 0) & (curve.survival < 1)
    band = fitted.confidence_interval_survival_function_.to_numpy()
    np.testing.assert_allclose(np.column_stack([curve.lower, curve.upper])[inside], band[inside], rtol=1e-6)
    times, survival, limits = kaplan_meier_estimator(event, time, conf_type="log-log")
    np.testing.assert_allclose(curve.time[1:], times)
    np.testing.assert_allclose(curve.survival[1:], survival, rtol=1e-9)
    np.testing.assert_allclose(np.stack([curve.lower, curve.upper])[:, 1:][:, inside[1:]], limits[:, inside[1:]])


def test_curve_by_hand() -> None:
    curve = kaplan_meier([2, 4, 4, 6], [1, 1, 0, 0])
    assert curve.time.tolist() == [0, 2, 4, 6]
    np.testing.assert_allclose(curve.survival, [1, 3 / 4, 1 / 2, 1 / 2])
    assert curve.at_risk.tolist() == [4, 4, 3, 1]
    assert curve.censored.tolist() == [0, 0, 1, 1]
    assert curve.median == 4


def test_a_death_on_day_zero_is_on_the_curve() -> None:
    curve = kaplan_meier([0, 3], [1, 0])
    assert (curve.time.tolist(), curve.survival.tolist()) == ([0, 3], [0.5, 0.5])


def test_median_not_reached_is_nan() -> None:
    assert np.isnan(kaplan_meier([1, 2, 3], [1, 0, 0]).median)


@pytest.mark.parametrize(("name", "strata"), [("logrank", None), ("logrank_stratified", "stratum")])
def test_logrank_equals_r(reference: dict, name: str, strata: str | None) -> None:
    rows, expected = reference["rows"], reference[name]
    found = logrank(rows["group"], rows["time"], rows["event"], rows[strata] if strata else None)
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-9)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-9)
    assert found.degrees_of_freedom == expected["degrees_of_freedom"]


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_logrank_equals_lifelines_and_scikit_survival(groups: int) -> None:
    time, event, _ = random_patients(groups, 150)
    labels = np.random.default_rng(1).integers(0, groups, 150)
    found = logrank(labels, time, event)
    fitted = multivariate_logrank_test(time, labels, event)
    assert (found.statistic, found.p_value) == pytest.approx((fitted.test_statistic, fitted.p_value), rel=1e-9)
    assert found.statistic == pytest.approx(compare_survival(Surv.from_arrays(event, time), labels)[0], rel=1e-9)


UNDEFINED = [
    ("one group", ["a", "a", "a"], [1, 1, 1], None),
    ("no death", ["a", "b", "a"], [0, 0, 0], None),
    ("each group in a stratum of its own", ["a", "b", "b"], [1, 1, 1], [0, 1, 1]),
]


@pytest.mark.parametrize(("groups", "event", "strata"), [case[1:] for case in UNDEFINED],
                         ids=[case[0] for case in UNDEFINED])  # fmt: skip
def test_logrank_undefined(groups: list[str], event: list[int], strata: list[int] | None) -> None:
    found = logrank(groups, [1, 2, 3], event, strata)
    assert np.isnan([found.statistic, found.p_value]).all()
    assert found.degrees_of_freedom == 0
    assert np.isnan(permutation_p_value(groups, [1, 2, 3], event, strata))


@pytest.mark.parametrize(("name", "strata"), [("trend", None), ("trend_stratified", "stratum")])
def test_trend_equals_r(reference: dict, name: str, strata: str | None) -> None:
    rows, expected = reference["rows"], reference[name]
    scores = np.unique(rows["group"], return_inverse=True)[1]
    found = logrank_trend(scores, rows["time"], rows["event"], rows[strata] if strata else None)
    assert (found.statistic, found.p_value) == pytest.approx((expected["statistic"], expected["p_value"]), rel=1e-6)
    assert found.degrees_of_freedom == 1


def test_trend_of_two_groups_is_the_logrank() -> None:
    time, event, risk = random_patients(3)
    found = logrank_trend(risk > 0, time, event)
    assert found.statistic == pytest.approx(logrank(risk > 0, time, event).statistic, rel=1e-9)


def test_trend_goes_by_the_scores_and_not_by_their_ranks() -> None:
    # O - E is (3 - 4/3) + (1 - 1/2) = 13/6, the variance of the scores at risk 14/9 + 1/4 = 65/36.
    assert logrank_trend([3, 1, 0], [1, 2, 3], [1, 1, 1]).statistic == pytest.approx((13 / 6) ** 2 / (65 / 36))


@pytest.mark.parametrize(("groups", "event"), [([0, 0, 0], [1, 1, 1]), ([0, 1, 2], [0, 0, 0])])
def test_trend_undefined(groups: list[int], event: list[int]) -> None:
    found = logrank_trend(groups, [1, 2, 3], event)
    assert np.isnan([found.statistic, found.p_value]).all()
    assert found.degrees_of_freedom == 0


def test_permutation_counts_labellings() -> None:
    # Of the 6 ways to choose which two of four die first, 2 are as extreme as {1, 2}: p → 1/3.
    found = permutation_p_value(["a", "a", "b", "b"], [1, 2, 3, 4], [1, 1, 1, 1], permutations=1000)
    assert found == pytest.approx(1 / 3, abs=0.05)


def test_permutation_agrees_with_the_approximation_and_is_seeded() -> None:
    time, event, _ = random_patients(2, 200)
    strata = np.arange(200) % 4
    groups = np.random.default_rng(0).random(200) < 0.5
    found = permutation_p_value(groups, time, event, strata, permutations=1000)
    assert found == pytest.approx(logrank(groups, time, event, strata).p_value, abs=0.05)
    assert found == permutation_p_value(groups, time, event, strata, permutations=1000)
    assert found != permutation_p_value(groups, time, event, strata, permutations=1000, seed=1)


def test_permutation_has_no_p_below_one_in_all_labellings_seen() -> None:
    assert permutation_p_value(np.arange(40) < 20, np.arange(40), np.ones(40), permutations=99) == 0.01


def test_permutation_counts_those_of_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    time, event, risk = random_patients(2)
    whole = permutation_p_value(risk > 0, time, event)
    monkeypatch.setattr("pomp.evaluation.curves._VALUES_AT_ONCE", 7 * 2 * 80)
    assert permutation_p_value(risk > 0, time, event) == whole


def test_permutation_leaves_a_stratum_of_one_group_as_it_is() -> None:
    # Only the first two patients can change places, and either way is as extreme.
    groups, strata = ["a", *"bbbbbbb"], [0, 0, *6 * [1]]
    assert permutation_p_value(groups, np.arange(8), np.ones(8), strata, permutations=200) == 1


def test_permutation_stays_within_strata() -> None:
    # Groups differ between strata but not within: unstratified shuffling would call that extreme.
    time = np.concatenate([np.arange(1, 21), np.arange(101, 121)])
    groups = (np.arange(40) < 20) ^ np.isin(np.arange(40), [5, 14, 25, 34])
    event, strata = np.ones(40), np.repeat([0, 1], 20)
    assert permutation_p_value(groups, time, event, permutations=500) < 0.01
    within = permutation_p_value(groups, time, event, strata, permutations=500)
    assert within == pytest.approx(logrank(groups, time, event, strata).p_value, abs=0.2)
    assert within > 0.05
