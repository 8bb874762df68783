"""Median follow-up by the reverse Kaplan-Meier method."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pomp.evaluation.follow_up import median_follow_up

from .conftest import REFERENCE

# quantile(survfit(Surv(time, 1 - event) ~ 1, conf.type = "log-log"), 0.5) of R's survival 3.5-3, on reference/'s rows.
BY_R = {
    "leukaemia": (161, 28, math.nan),
    "tied": (32, 21, 40),
    "resting": (math.nan, 3, math.nan),
}


@pytest.mark.parametrize("name", BY_R)
def test_equals_r(name: str) -> None:
    rows = REFERENCE[name]["rows"]
    found = median_follow_up(rows["time"], rows["event"])
    np.testing.assert_equal((found.days, found.lower, found.upper), BY_R[name])


def test_a_death_censors_the_follow_up() -> None:
    # At day 20 one of 4 ends, which leaves 3/4; at day 40 one of 2, which leaves 3/8. The plain median is 30.
    assert median_follow_up([10, 20, 30, 40, 50], [True, False, True, False, True]).days == 40


def test_without_a_death_it_is_the_median_of_the_times() -> None:
    assert median_follow_up([1, 2, 3, 4, 5], [False] * 5).days == 3


def test_not_reached_where_everybody_died() -> None:
    assert math.isnan(median_follow_up([1, 2, 3], [True] * 3).days)
