"""Groups side by side: R's numbers from a landmark on, and each part where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.curves import logrank, logrank_trend, permutation_p_value
from pomp.evaluation.group_comparison import compare_groups
from pomp.evaluation.hazard_ratio import hazard_ratios
from pomp.evaluation.restricted_mean import restricted_mean

from .conftest import random_patients
from .test_curves import check_curve


def test_from_a_landmark_equals_r(reference: dict) -> None:
    rows, expected = reference["rows"], reference["landmark"]
    names = sorted(expected["groups"])
    found = compare_groups(
        names, rows["group"], rows["time"], rows["event"], rows["stratum"], landmark_days=expected["day"]
    )
    assert list(found.curves) == names
    for name in names:
        check_curve(found.curves[name], expected["groups"][name])
    assert found.logrank is not None
    assert found.logrank.p_value == pytest.approx(expected["logrank"]["p_value"], rel=1e-9)
    assert found.left_out == (rows["time"] <= expected["day"]).sum()


def test_every_part() -> None:
    time, event, risk = random_patients(8, 120)
    groups, folds = np.digitize(risk, [-0.5, 0.5]), np.arange(120) % 4
    labels = np.array(["low", "middle", "high"])[groups]
    found = compare_groups(["low", "middle", "high", "nobody"], labels, time, event, folds, ordered=True)
    assert list(found.curves) == ["low", "middle", "high"]
    assert found.logrank == logrank(groups, time, event, folds)
    assert found.permutation_p == permutation_p_value(groups, time, event, folds)
    assert found.trend == logrank_trend(groups, time, event, folds)
    assert tuple(found.ratios.items()) == tuple(
        zip(["middle", "high"], hazard_ratios(groups, time, event, folds), strict=True)
    )
    latest = [np.sort(time[groups == group])[::-1] for group in range(3)]
    assert found.tau_days == min(times[int(np.ceil(len(times) / 10)) - 1] for times in latest)
    assert found.means["high"] == restricted_mean(found.curves["high"], found.tau_days)
    assert found.differences["high"].days == pytest.approx(found.means["high"].days - found.means["low"].days)
    assert found.left_out == 0


@pytest.mark.parametrize(("asked", "used"), [(2.0, 2.0), (None, 4.0), (99.0, 4.0), (0.0, 4.0)])
def test_tau_is_at_most_the_time_until_which_all_groups_are_followed(asked: float | None, used: float) -> None:
    found = compare_groups("ab", list("aabb"), [1, 4, 2, 9], [1, 0, 1, 0], tau_days=asked)
    assert found.tau_days == used


SHARES = [  # of 70, the last tenth are 7: those followed for 64 days or longer
    (None, 64.0), (69.5, 69.5), (70.0, 70.0), (71.0, 64.0),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "used"), SHARES)
def test_without_a_tau_a_tenth_of_every_group_is_still_followed(asked: float | None, used: float) -> None:
    time = [*range(1, 71), *range(101, 111)]
    found = compare_groups("ab", ["a"] * 70 + ["b"] * 10, time, [1, 0] * 40, tau_days=asked)
    assert found.tau_days == used
    assert used != 64 or (found.curves["a"].at_risk[found.curves["a"].time == used] == 7).all()


def test_groups_without_an_order_have_no_trend() -> None:
    time, event, _ = random_patients(1, 30)
    assert compare_groups("abc", list("abc") * 10, time, event).trend is None


def test_who_is_censored_or_dies_on_the_day_of_the_landmark_is_left_out() -> None:
    found = compare_groups("ab", list("aabbb"), [3, 5, 3, 4, 8], [1, 1, 0, 0, 1], landmark_days=3)
    assert found.left_out == 2
    assert found.curves["b"].time.tolist() == [0, 1, 5]


FEW = [
    ("nobody", [], [], 0.0, [], None),
    ("one group", [1, 2], [1, 1], 0.0, ["a"], 2.0),
    ("nobody after the landmark", [1, 2], [1, 1], 5.0, [], None),
    ("nobody is followed", [0, 0], [0, 1], 0.0, ["a"], None),
]


@pytest.mark.parametrize(("time", "event", "landmark", "curves", "tau"), [c[1:] for c in FEW], ids=[c[0] for c in FEW])
def test_fewer_than_two_groups(
    time: list[int], event: list[int], landmark: float, curves: list[str], tau: float | None
) -> None:
    found = compare_groups("ab", ["a"] * len(time), time, event, ordered=True, landmark_days=landmark)
    assert (list(found.curves), found.tau_days) == (curves, tau)
    assert (found.logrank, found.permutation_p, found.trend, found.ratios, found.differences) == (
        None, None, None, {}, {},
    )  # fmt: skip


def test_no_death_means_no_test_and_no_ratio() -> None:
    found = compare_groups("ab", list("abab"), [1, 2, 3, 4], [0, 0, 0, 0])
    assert (found.logrank, found.permutation_p, found.ratios) == (None, None, {"b": None})
