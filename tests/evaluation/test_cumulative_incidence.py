"""Cumulative incidence against R's multi-state survfit, and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pomp.evaluation.cumulative_incidence import at_risk_by_cause, cumulative_incidence, share_by
from pomp.evaluation.curves import kaplan_meier

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "reference" / "competing.json").read_text(encoding="utf-8")
)
CASES = [(name, group) for name, of_set in REFERENCE.items() for group in of_set["groups"]]


@pytest.mark.parametrize(("name", "group"), CASES)
def test_equals_r(name: str, group: str) -> None:
    rows, expected = REFERENCE[name]["rows"], REFERENCE[name]["groups"][group]
    own = np.array(rows["group"]) == group
    found = cumulative_incidence(np.array(rows["time"])[own], np.array(rows["cause"])[own])
    later = slice(0 if found.time[0] == expected["time"][0] else 1, None)  # without an added day 0
    for part in ("time", "at_risk", "censored"):
        np.testing.assert_allclose(getattr(found, part)[later], expected[part], err_msg=part)
    nobody_left = found.at_risk[-1] == found.event.counts[-1] + found.competing.counts[-1]
    for cause in ("event", "competing"):
        one, numbers = getattr(found, cause), expected[cause]
        np.testing.assert_array_equal(one.counts[later], numbers["counts"])
        np.testing.assert_allclose(one.share[later], numbers["share"], rtol=1e-9)
        begun, last = one.share > 0, len(one.share) - 1 if nobody_left else len(one.share)
        assert (one.lower[~begun] == 0).all()  # R's is NA
        assert (one.upper[~begun] == 0).all()
        for limit in ("lower", "upper"):
            wanted = np.array(numbers[limit], dtype=float)[begun[later]]
            given = getattr(one, limit)[later][begun[later]]
            within = slice(None) if last == len(one.share) else slice(-1)
            np.testing.assert_allclose(given[within], wanted[within], rtol=1e-9)
        assert not nobody_left or np.isnan([one.lower[-1], one.upper[-1]]).all()


def test_by_hand() -> None:
    # An event among four; then a death among three, who are 3/4; nobody else.
    found = cumulative_incidence([2, 4, 4, 6], [1, 2, 0, 0])
    assert found.time.tolist() == [0, 2, 4, 6]
    assert found.at_risk.tolist() == [4, 4, 3, 1]
    assert found.event.share.tolist() == [0, 1 / 4, 1 / 4, 1 / 4]
    assert found.competing.share.tolist() == [0, 0, 1 / 4, 1 / 4]
    assert found.patients == 4


def test_one_minus_kaplan_meier_says_more_than_meet_the_event() -> None:
    rows = REFERENCE["mgus"]["rows"]
    time, cause = np.array(rows["time"]), np.array(rows["cause"])
    found, curve = cumulative_incidence(time, cause), kaplan_meier(time, cause == 1)
    assert found.time.tolist() == curve.time.tolist()
    assert (found.event.share <= 1 - curve.survival + 1e-12).all()
    assert found.event.share[-1] < 0.5 * (1 - curve.survival[-1])
    both = kaplan_meier(time, cause > 0)
    np.testing.assert_allclose(found.event.share + found.competing.share, 1 - both.survival)


ALONE = [
    ("the event alone", [1, 2, 3], [1, 1, 0], "event"),
    ("deaths alone", [1, 2, 3], [2, 0, 2], "competing"),
    ("nobody is left", [5], [1], "event"),
    ("on day 0", [0, 0, 4], [2, 0, 2], "competing"),
]


@pytest.mark.parametrize(("time", "cause", "seen"), [case[1:] for case in ALONE], ids=[case[0] for case in ALONE])
def test_one_cause_alone_is_one_minus_kaplan_meier(time: list[int], cause: list[int], seen: str) -> None:
    found, curve = cumulative_incidence(time, cause), kaplan_meier(time, np.array(cause) > 0)
    one, other = (getattr(found, name) for name in (seen, "competing" if seen == "event" else "event"))
    np.testing.assert_array_equal(one.share, 1 - curve.survival)
    np.testing.assert_array_equal(one.lower, 1 - curve.upper)
    np.testing.assert_array_equal(one.upper, 1 - curve.lower)
    assert not np.any([other.share, other.lower, other.upper])


def test_the_only_death_is_the_last_patient_s() -> None:
    """By R's survfit(Surv(time, factor(cause)) ~ 1, conf.type = "log-log"), whose last row has a band too."""
    found = cumulative_incidence([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 2])
    lower = [0, 0.007723104, 0.007723104, 0.046917146, 0.046917146, 0.088552939, np.nan]
    upper = [0, 0.516801782, 0.516801782, 0.730188824, 0.730188824, 0.943730060, np.nan]
    np.testing.assert_allclose(found.event.lower, lower, atol=1e-8)
    np.testing.assert_allclose(found.event.upper, upper, atol=1e-8)
    np.testing.assert_allclose(found.competing.share, [0, 0, 0, 0, 0, 0, 0.3125])


def test_the_last_day_has_a_band_where_somebody_is_left_on_it() -> None:
    """Whoever is lost on the day of a death is at risk of it, as one who is lost later is."""
    found, later = (cumulative_incidence([1, 2, 3, 4, 5, day], [1, 2, 1, 0, 1, 0]) for day in (5, 6))
    for limit in ("lower", "upper"):
        for cause in ("event", "competing"):
            np.testing.assert_allclose(getattr(getattr(found, cause), limit), getattr(getattr(later, cause), limit)[:6])
    assert 0 < found.event.lower[-1] < found.event.share[-1] < found.event.upper[-1] < 1


def test_nobody_had_either() -> None:
    found = cumulative_incidence([0, 3], [0, 0])
    assert found.time.tolist() == [0, 3]
    assert not np.any([found.event.share, found.event.upper, found.competing.share, found.competing.upper])


@pytest.mark.parametrize(("day", "share"), [(0, 0.0), (1.9, 0.0), (2, 0.25), (6, 0.25), (6.1, np.nan)])
def test_share_by_a_day(day: float, share: float) -> None:
    curve = cumulative_incidence([2, 4, 4, 6], [1, 2, 0, 0])
    found = share_by(curve, curve.event, day)
    assert found.share == pytest.approx(share, nan_ok=True)
    known = share > 0  # of a share of 0 nobody knows how far above it is
    assert found.lower < found.share < found.upper if known else np.isnan([found.lower, found.upper]).all()


def test_each_row_below_the_figure_adds_up() -> None:
    table = at_risk_by_cause({"all": cumulative_incidence([2, 4, 4, 6], [1, 2, 0, 0])}, [0, 2, 4, 5, 9])
    assert table.to_numpy()[:, 1:].tolist() == [
        [0, 4, 0, 0, 0], [2, 4, 0, 0, 0], [4, 3, 1, 0, 0], [5, 1, 1, 1, 1], [9, 0, 1, 1, 2],
    ]  # fmt: skip
