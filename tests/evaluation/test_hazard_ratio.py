"""Hazard ratio of two groups against R's coxph and lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from pomp.evaluation.hazard_ratio import hazard_ratio, hazard_ratios

from .conftest import random_patients


@pytest.mark.parametrize(("name", "strata"), [("hazard_ratio", None), ("hazard_ratio_stratified", "stratum")])
def test_equals_r(reference: dict, name: str, strata: str | None) -> None:
    rows, expected = reference["rows"], reference[name]
    first, second = sorted(set(rows["group"]))[:2]
    two = np.isin(rows["group"], [first, second])
    found = hazard_ratio(
        rows["group"][two] == second, rows["time"][two], rows["event"][two], rows[strata][two] if strata else None
    )
    assert found is not None
    assert {key: pytest.approx(value, rel=1e-6) for key, value in expected.items()} == vars(found)


@pytest.mark.parametrize(("name", "strata"), [("hazard_ratios", None), ("hazard_ratios_stratified", "stratum")])
def test_every_group_against_the_first_equals_r(reference: dict, name: str, strata: str | None) -> None:
    rows = reference["rows"]
    found = hazard_ratios(rows["group"], rows["time"], rows["event"], rows[strata] if strata else None)
    for ratio, expected in zip(found, pd.DataFrame(reference[name]).to_dict("records"), strict=True):
        assert {key: pytest.approx(value, rel=1e-6) for key, value in expected.items()} == vars(ratio)


def test_a_group_that_cannot_be_ranked_has_no_ratio_and_the_others_keep_theirs() -> None:
    # Nobody of c dies: its hazard is 0 beside the others'. R: 5.6e-10 for c, and for b what it gives without c.
    time, event, _ = random_patients(6, 60)
    groups = np.array(["a", "b", "c"])[np.arange(60) % 3]
    event = event & (groups != "c")
    without = hazard_ratio(groups[groups != "c"] == "b", time[groups != "c"], event[groups != "c"])
    b, c = hazard_ratios(groups, time, event)
    assert c is None
    assert b is not None
    assert without is not None
    assert vars(b) == pytest.approx(vars(without), rel=1e-9)


def test_groups_that_never_meet_are_ranked_by_one_that_meets_both() -> None:
    time, event, _ = random_patients(6)
    groups, strata = np.repeat([0, 1, 1, 2], 20), np.repeat([0, 1], 40)
    (own, chained), here = hazard_ratios(groups, time, event, strata), strata == 0
    one = hazard_ratio(groups[here] == 1, time[here], event[here])
    other = hazard_ratio(groups[~here] == 2, time[~here], event[~here])
    assert own is not None
    assert chained is not None
    assert one is not None
    assert other is not None
    assert (own.ratio, chained.ratio) == pytest.approx((one.ratio, one.ratio * other.ratio), rel=1e-6)


def test_equals_lifelines() -> None:
    time, event, risk = random_patients(4, 200)
    frame = pd.DataFrame({"time": time, "event": event, "high": (risk > 0).astype(float)})
    fitted = CoxPHFitter().fit(frame, "time", "event").summary.loc["high"]
    found = hazard_ratio(risk > 0, time, event)
    assert found is not None
    assert found.ratio == pytest.approx(fitted["exp(coef)"], rel=1e-6)
    assert found.lower == pytest.approx(fitted["exp(coef) lower 95%"], rel=1e-6)
    assert found.p_value == pytest.approx(fitted["p"], rel=1e-5)


def test_by_hand() -> None:
    # Deaths of high, other, high with (high, other) at risk (2, 2), (1, 2), (1, 1): with θ the ratio,
    # 2θ/(2θ+2) + θ/(θ+2) + θ/(θ+1) = 2, that is θ² - θ - 4 = 0.
    found = hazard_ratio([1, 0, 1, 0], [1, 2, 3, 4], [1, 1, 1, 0])
    assert found is not None
    assert found.ratio == pytest.approx((1 + np.sqrt(17)) / 2)


NONE = [
    ("only the high group dies", [1, 1, 0, 0], [1, 1, 0, 0]),
    ("only the others die", [0, 0, 1, 1], [1, 1, 0, 0]),
    ("the high group always first", [1, 1, 0, 0], [1, 1, 1, 1]),
    ("nobody dies", [1, 0, 1, 0], [0, 0, 0, 0]),
    ("one group", [1, 1, 1, 1], [1, 1, 0, 1]),
]


@pytest.mark.parametrize(("high", "event"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_no_finite_estimate(high: list[int], event: list[int]) -> None:
    assert hazard_ratio(high, [1, 2, 3, 4], event) is None
