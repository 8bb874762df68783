"""Breslow's baseline and predicted survival against R, lifelines, scikit-survival and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import NelsonAalenFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from pomp.evaluation.calibration import breslow, calibration_bins, predicted_survival

from .conftest import random_patients


def test_by_hand() -> None:
    # exp(risk) = 2, 1, 1, 4: at the death at 1 all are at risk (8), at 3 the last two (5).
    baseline = breslow([1, 2, 3, 4], [1, 0, 1, 0], np.log([2, 1, 1, 4]))
    assert baseline.x.tolist() == [1, 3]
    np.testing.assert_allclose(baseline.y, [1 / 8, 1 / 8 + 1 / 5])
    np.testing.assert_allclose(baseline([0, 1, 2.9, 3, 99]), [0, 1 / 8, 1 / 8, 13 / 40, 13 / 40])
    np.testing.assert_allclose(predicted_survival(baseline, np.log([1.0, 2.0]), [0, 3]),
                               [[1, np.exp(-13 / 40)], [1, np.exp(-26 / 40)]])  # fmt: skip


def test_equals_r(reference: dict) -> None:
    rows = reference["rows"]
    baseline = breslow(rows["time"], rows["event"], rows["risk"])
    np.testing.assert_allclose(baseline.x, reference["breslow"]["time_days"])
    np.testing.assert_allclose(baseline.y, reference["breslow"]["values"], rtol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_equals_scikit_survival(seed: int) -> None:
    time, event, x = random_patients(seed)
    model = CoxPHSurvivalAnalysis().fit(x[:, None], Surv.from_arrays(event, time))
    baseline = breslow(time, event, model.predict(x[:, None]))
    for curve, row in zip(
        model.predict_survival_function(x[:5, None]),
        predicted_survival(baseline, model.predict(x[:5, None]), model.unique_times_),
        strict=True,
    ):
        np.testing.assert_allclose(row, curve(model.unique_times_), rtol=1e-9)


def test_with_equal_risks_is_nelson_aalen() -> None:
    time, event, _ = random_patients(1)
    fitted = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event).cumulative_hazard_
    baseline = breslow(time, event, np.zeros(len(time)))
    np.testing.assert_allclose(baseline(fitted.index), fitted.to_numpy()[:, 0], rtol=1e-9)


def test_huge_risks_do_not_overflow() -> None:
    baseline = breslow([1, 2], [1, 1], [1000.0, 1000.0])
    np.testing.assert_array_equal(baseline.y, [0, 0])  # exp(-1000) underflows, and nothing warns


def test_risks_too_large_for_a_hazard_have_no_survival() -> None:
    """A baseline of 0 would say that everybody lives, and one that is infinite that everybody has died."""
    for risk in (1000.0, -1000.0):
        baseline = breslow([1, 2], [1, 1], [risk, risk])
        found = predicted_survival(baseline, [risk, 0.0], [0.5, 1, 3])
        np.testing.assert_array_equal(found, [[1, np.nan, np.nan]] * 2)


def test_a_huge_risk_beside_a_baseline_that_is_known() -> None:
    baseline = breslow([1, 2, 3], [1, 0, 0], [0.0, 0.0, 0.0])
    found = predicted_survival(baseline, [1000.0, -1000.0], [0.5, 2])
    np.testing.assert_array_equal(found, [[1, 0], [1, 1]])


def test_no_death_means_no_hazard() -> None:
    baseline = breslow([1, 2], [0, 0], [0.0, 1.0])
    np.testing.assert_array_equal(predicted_survival(baseline, [0.0, 1.0], [1, 5]), np.ones((2, 2)))


def test_calibration_bins_by_hand() -> None:
    low, high = calibration_bins([1, 2, 9, 3, 9, 9], [1, 1, 0, 1, 0, 0], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], 5, bins=2)
    assert (low.patients, low.predicted, low.observed) == (3, pytest.approx(0.2), pytest.approx(1 / 3))
    assert (high.patients, high.predicted, high.observed) == (3, pytest.approx(0.8), pytest.approx(2 / 3))
    assert high.lower < high.observed < high.upper


def test_calibration_of_a_true_model() -> None:
    generator = np.random.default_rng(0)
    risk = generator.normal(size=4000)
    death, loss = generator.exponential(1000 / np.exp(risk)), generator.exponential(2000, 4000)
    time, event = np.minimum(death, loss), death <= loss
    predicted = predicted_survival(breslow(time, event, risk), risk, [500.0])[:, 0]
    for found in calibration_bins(time, event, predicted, 500.0):
        assert found.lower - 0.01 < found.predicted < found.upper + 0.01


@pytest.mark.parametrize("patients", [1, 2, 188])
def test_without_an_event_there_is_no_band(patients: int) -> None:
    """Greenwood's variance is 0 there: a band of no width would say that nothing is uncertain."""
    (found,) = calibration_bins([9] * patients, [0] * patients, [0.9] * patients, 5, bins=1)
    assert found.observed == 1
    assert np.isnan([found.lower, found.upper]).all()
    (later,) = calibration_bins([9] * patients, [1] * patients, [0.9] * patients, 5, bins=1)  # events after the horizon
    assert np.isnan([later.lower, later.upper]).all()


def test_follow_up_shorter_than_the_horizon_is_nan() -> None:
    (found,) = calibration_bins([1, 2, 3], [1, 0, 0], [0.5, 0.5, 0.5], 10, bins=1)
    assert np.isnan([found.observed, found.lower, found.upper]).all()
    (dead,) = calibration_bins([1, 2], [1, 1], [0.5, 0.5], 10, bins=1)
    assert dead.observed == 0
    (until,) = calibration_bins([1, 10], [1, 0], [0.5, 0.5], 10, bins=1)
    assert until.observed == 0.5
