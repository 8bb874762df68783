"""Restricted mean survival time against R's survfit and numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.curves import kaplan_meier
from pomp.evaluation.group_comparison import compare_groups
from pomp.evaluation.restricted_mean import RestrictedMean, mean_difference, restricted_mean


def test_equals_r(reference: dict) -> None:
    rows = reference["rows"]
    for group, expected in reference["restricted_means"].items():
        curve = kaplan_meier(rows["time"][rows["group"] == group], rows["event"][rows["group"] == group])
        for one in expected:
            found = restricted_mean(curve, one["tau"])
            assert (found.days, found.error) == pytest.approx((one["days"], one["error"]), rel=1e-9)


def test_by_hand() -> None:
    # S = 1 until 2, 3/4 until 4, 1/2 after: within 5 days 2 + 1.5 + 0.5 = 4. Of the deaths at 2 and 4, the areas left
    # are 2 and 1/2, and d / n(n - d) is 1/12 and 1/6: the variance is 4/12 + 1/24.
    found = restricted_mean(kaplan_meier([2, 4, 4, 6], [1, 1, 0, 0]), 5)
    assert found.days == pytest.approx(4)
    assert found.error == pytest.approx(np.sqrt(4 / 12 + 1 / 24))
    assert (found.days - found.lower) / found.error == pytest.approx(1.959964, rel=1e-6)
    assert found.upper == 5  # 5.2 before it was cut: nobody lives for more than 5 days of 5


def test_the_interval_is_cut_at_day_0() -> None:
    # S = 1 until 1, 1/2 after: within 10 days 1 + 4.5 = 5.5, with an error of 9·½·√½ = 3.18 days.
    found = restricted_mean(kaplan_meier([1, 10], [1, 0]), 10)
    assert (found.days, found.error) == pytest.approx((5.5, 9 / 2 * np.sqrt(1 / 2)))
    assert (found.lower, found.upper) == (0, 10)


def test_nobody_dies() -> None:
    """The variance is 0, of two patients as of two thousand: that is no certainty."""
    found = restricted_mean(kaplan_meier([3, 9], [0, 0]), 9)
    assert (found.days, found.error) == (9, 0)
    assert np.isnan([found.lower, found.upper]).all()


@pytest.mark.parametrize("tau", [0.0, -1.0, 6.5])
def test_tau_beyond_the_curve(tau: float) -> None:
    with pytest.raises(ValueError, match=rf"tau_days is {tau:g}, but the curve goes from day 0 to 6"):
        restricted_mean(kaplan_meier([2, 6], [1, 0]), tau)


def test_difference_by_hand() -> None:
    found = mean_difference(RestrictedMean(10, 3, 0, 0), RestrictedMean(2, 4, 0, 0))
    assert (found.days, found.lower, found.upper) == pytest.approx((8, 8 - 5 * 1.959964, 8 + 5 * 1.959964), rel=1e-6)
    assert found.p_value == pytest.approx(0.1096, abs=1e-4)  # of z = 8/5


def test_the_interval_of_a_difference_is_cut_at_what_is_possible() -> None:
    """Two patients a group: within 10 days no mean is more than 10 days longer than another."""
    late, early = (kaplan_meier(time, [1, 0]) for time in ([9, 10], [1, 10]))
    compared = compare_groups(("early", "late"), ["early"] * 2 + ["late"] * 2, [1, 10, 9, 10], [1, 0, 1, 0])
    found = compared.differences["late"]
    uncut = mean_difference(restricted_mean(late, 10), restricted_mean(early, 10))
    assert (compared.tau_days, found.days, found.p_value) == (10, pytest.approx(4), uncut.p_value)
    assert uncut.upper > 10
    assert (found.lower, found.upper) == (pytest.approx(uncut.lower), 10)


@pytest.mark.parametrize("errors", [(0, 0), (0, 2), (2, 0)])
def test_no_interval_beside_a_group_in_which_nobody_dies(errors: tuple[float, float]) -> None:
    one, other = (RestrictedMean(days, error, np.nan, np.nan) for days, error in zip((9, 5), errors, strict=True))
    found = mean_difference(one, other)
    assert found.days == 4
    assert np.isnan([found.lower, found.upper, found.p_value]).all()
