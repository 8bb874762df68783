"""Calibration slope and observed over expected deaths against R, by hand, and where they have no value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.calibration_slope import (
    calibration,
    calibration_in_the_large,
    calibration_slope,
    expected_events,
)

from .out_of_fold import R, baseline, rows_of
from .test_prediction_error import baseline_of, predictions

IN_R = ("observed", "expected", "ratio")


def test_slope_equals_r() -> None:
    found = calibration_slope(rows_of("risk"))
    expected = R["slope"]
    assert found.slope == pytest.approx(expected["coefficient"], rel=1e-8)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        (expected["lower"], expected["upper"]), rel=1e-8
    )
    assert (found.patients, found.events, found.reason) == (220, 144, None)


def test_observed_over_expected_equals_r_in_all_and_by_fold() -> None:
    found = calibration(rows_of("risk"), baseline())
    assert list(found.folds) == [0, 1, 2, 3]
    for one, expected in [(found.in_the_large, R["in_the_large"])] + [
        (one, R["by_fold"][str(fold)]) for fold, one in found.folds.items()
    ]:
        assert {name: getattr(one, name) for name in IN_R} == pytest.approx({name: expected[name] for name in IN_R})
        limits = one.interval.lower, one.interval.upper
        assert limits == pytest.approx((expected["ratio_lower"], expected["ratio_upper"]), rel=1e-8)
    assert found.slope == calibration_slope(rows_of("risk"))


def test_a_level_of_its_own_a_fold_does_not_enter_the_slope() -> None:
    # A level of its own a fold changes nothing; halved log risks double the slope.
    table = rows_of("risk")
    moved = table.assign(risk=table["risk"] + 3 * table["fold"])
    assert calibration_slope(moved).slope == pytest.approx(calibration_slope(table).slope)
    assert calibration_slope(table.assign(risk=table["risk"] / 2)).slope == pytest.approx(
        2 * calibration_slope(table).slope
    )


def test_true_risks_have_slope_one_and_as_many_deaths_as_expected() -> None:
    table = predictions(0, patients=600)
    found = calibration(table, baseline_of(table))
    assert found.slope.interval.lower < 1 < found.slope.interval.upper
    assert found.in_the_large.interval.lower < 1 < found.in_the_large.interval.upper
    extreme = calibration(table.assign(risk=2 * table["risk"]), baseline_of(table))
    assert extreme.slope.interval.upper < 1


def test_expected_events_by_hand() -> None:
    # H0 is 0 before day 10, 0.1 from it on and 0.3 from day 20 on, in fold 0; twice that in fold 1.
    hazard = pd.DataFrame(
        {"fold": [0, 0, 1, 1], "time_days": [20, 10, 10, 20], "cumulative_hazard": [0.3, 0.1, 0.2, 0.6]}
    )
    table = pd.DataFrame(
        {"fold": [0, 0, 0, 1], "time_days": [9, 10, 99, 25], "risk": np.log([5, 2, 1, 0.5]), "event": [0, 1, 1, 0]}
    )
    np.testing.assert_allclose(expected_events(table, hazard), [0, 0.2, 0.3, 0.3])
    found = calibration(table, hazard)
    assert found.in_the_large.ratio == pytest.approx(2 / 0.8)
    assert found.folds[1].observed == 0


@pytest.mark.parametrize(
    ("observed", "expected", "lower", "upper"),
    [
        (0, 2.0, 0.0, -np.log(0.025) / 2),  # nobody died: exp(-μ) = 0.025
        (1, 1.0, -np.log(0.975), 5.571643),  # Garwood's table for one event: 0.0253 to 5.5716
        (10, 5.0, 4.795389 / 5, 18.39036 / 5),  # for ten: 4.795 to 18.390
    ],
)
def test_poisson_interval_by_hand(observed: int, expected: float, lower: float, upper: float) -> None:
    found = calibration_in_the_large(observed, expected)
    assert found.ratio == observed / expected
    assert (found.interval.lower, found.interval.upper) == pytest.approx((lower, upper), rel=1e-6)


def no_events(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(event=False)


NO_SLOPE = [
    ("nobody dies", no_events, "no patient has an event"),
    ("equal risks", lambda table: table.assign(risk=1.0 * table["fold"]), "all patients of a fold have the same risk"),
    ("a perfect order", lambda table: table.assign(risk=-table["time_days"]), "without a mistake"),
    ("a fold a patient", lambda table: table.assign(fold=np.arange(len(table))), "the same risk"),
]


@pytest.mark.parametrize(("change", "reason"), [case[1:] for case in NO_SLOPE], ids=[case[0] for case in NO_SLOPE])
def test_no_slope(change: object, reason: str) -> None:
    assert callable(change)
    table = predictions(1, patients=40)
    found = calibration_slope(change(table.drop_duplicates("time_days")))
    assert np.isnan([found.slope, found.interval.lower, found.interval.upper]).all()
    assert found.reason is not None
    assert reason in found.reason


def test_folds_without_events_count_and_follow_up_before_the_first_death_has_no_ratio() -> None:
    table = rows_of("risk")
    quiet = table.assign(event=table["event"] & (table["fold"] != 2))
    found = calibration(quiet, baseline())
    assert found.folds[2].ratio == found.folds[2].interval.lower == 0
    assert found.slope.reason is None
    early = calibration(table.assign(time_days=1.0), baseline()).in_the_large
    assert np.isnan([early.ratio, early.interval.lower, early.interval.upper]).all()
    assert early.reason is not None
    assert "no death is expected" in early.reason


@pytest.mark.parametrize("risk", [1000.0, -1000.0])
def test_risks_too_large_for_a_hazard_have_no_ratio(risk: float) -> None:
    """Of a risk of 1000 infinitely many deaths would be expected, and the ratio be 0 with an interval of no width."""
    table = rows_of("risk").assign(risk=lambda rows: rows["risk"] + risk * (rows["fold"] == 1))
    beyond = baseline()
    beyond.loc[beyond["fold"] == 1, "cumulative_hazard"] = 0.0 if risk > 0 else np.inf  # as `breslow` has it of them
    for hazard in (baseline(), beyond) if risk > 0 else (beyond,):
        found = calibration(table, hazard)
        for one in (found.in_the_large, found.folds[1]):
            assert np.isnan([one.ratio, one.interval.lower, one.interval.upper]).all()
            assert one.reason is not None
            assert "too large to be log hazards" in one.reason
        assert found.folds[0].reason is None


WRONG = [
    ("a fold without baseline", rows_of("risk"), baseline().query("fold != 3"), "baseline: fold 4 is missing"),
    (
        "a diverged risk",
        rows_of("risk").assign(risk=lambda table: table["risk"].mask(table["patient"] == "P-004", np.inf)),
        baseline(),
        "the risk of patient P-004 is inf, not a finite number",
    ),
    ("no patient", rows_of("risk").iloc[:0], baseline(), "there is no patient"),
]


@pytest.mark.parametrize(("table", "hazard", "message"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong(table: pd.DataFrame, hazard: pd.DataFrame, message: str) -> None:
    with pytest.raises(RunError, match=message):
        calibration(table, hazard)
