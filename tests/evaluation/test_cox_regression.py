"""Cox regression against R's coxph, lifelines and a fit by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy import stats

from pomp.evaluation.cox_regression import fit_cox

from .conftest import random_patients
from .out_of_fold import R

ROWS = pd.DataFrame(R["rows"])
Z = stats.norm.ppf(0.975)


IN_R = [
    ("one covariate, stratified", "slope", ["risk"], "fold"),
    ("two that nearly say the same", "plain", ["clinical", "near"], None),
    ("one patient far from all others", "outlier", ["outlier"], "fold"),
    ("so long a tail that a full step lowers the likelihood", "heavy", ["heavy"], None),
]


@pytest.mark.parametrize(("name", "columns", "strata"), [case[1:] for case in IN_R], ids=[case[0] for case in IN_R])
def test_equals_r(name: str, columns: list[str], strata: str | None) -> None:
    fit = fit_cox(ROWS[columns], ROWS["time"], ROWS["event"], ROWS[strata] if strata else None)
    assert fit is not None
    expected = R[name]
    assert fit.coefficients == pytest.approx(np.atleast_1d(expected["coefficient"]), rel=1e-6)
    assert fit.coefficients - Z * fit.errors == pytest.approx(np.atleast_1d(expected["lower"]), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)
    assert fit.log_likelihood_null == pytest.approx(expected["null"], rel=1e-10)


def test_equals_lifelines_with_its_covariance() -> None:
    time, event, one = random_patients(2, 150)
    other = np.random.default_rng(9).normal(size=150)
    strata = np.arange(150) % 3
    frame = pd.DataFrame({"time": time, "event": event, "one": one, "other": other, "stratum": strata})
    fitted = CoxPHFitter().fit(frame, "time", "event", strata="stratum")
    fit = fit_cox(np.column_stack([one, other]), time, event, strata)
    assert fit is not None
    assert fit.coefficients == pytest.approx(fitted.params_.to_numpy(), rel=1e-5)
    np.testing.assert_allclose(fit.covariance, fitted.variance_matrix_, rtol=1e-5)


def test_by_hand() -> None:
    # Deaths of x = 1, 0, 1 with (x = 1, x = 0) at risk (2, 2), (1, 2), (1, 1): θ² - θ - 4 = 0 for θ = exp(β).
    fit = fit_cox(np.array([[1], [0], [1], [0]]), [1, 2, 3, 4], [1, 1, 1, 0])
    assert fit is not None
    theta = (1 + np.sqrt(17)) / 2
    assert np.exp(fit.coefficients) == pytest.approx([theta])
    assert fit.log_likelihood == pytest.approx(
        2 * np.log(theta) - np.log(2 * theta + 2) - np.log(theta + 2) - np.log(theta + 1)
    )
    assert fit.log_likelihood_null == pytest.approx(-np.log(4 * 3 * 2))


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_a_covariate_scales_its_coefficient(scale: float) -> None:
    time, event, x = random_patients(3)
    one, other = (fit_cox(x[:, None] * by, time, event) for by in (1, scale))
    assert one is not None
    assert other is not None
    assert other.coefficients * scale == pytest.approx(one.coefficients, rel=1e-7)
    assert other.errors * scale == pytest.approx(one.errors, rel=1e-7)
    assert other.log_likelihood == pytest.approx(one.log_likelihood)


UP = np.array([4.0, 3.0, 2.0, 1.0])
NONE = [
    ("nobody dies", UP[:, None], [0, 0, 0, 0], None),
    ("a constant covariate", np.ones((4, 1)), [1, 1, 1, 0], None),
    ("constant within each stratum", np.array([[1.0], [1.0], [2.0], [2.0]]), [1, 1, 1, 0], [0, 0, 1, 1]),
    ("the highest always dies first", UP[:, None], [1, 1, 1, 1], None),
    ("the lowest always dies first", -UP[:, None], [1, 1, 1, 1], None),
    ("a second covariate that is the first", np.column_stack([[1, 3, 2, 4], [2, 6, 4, 8]]), [1, 1, 1, 1], None),
    ("a stratum a patient", np.array([[1.0], [3.0], [2.0], [4.0]]), [1, 1, 1, 1], [0, 1, 2, 3]),
]


@pytest.mark.parametrize(("covariates", "event", "strata"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_no_finite_maximum(covariates: np.ndarray, event: list[int], strata: list[int] | None) -> None:
    assert fit_cox(covariates, [1, 2, 3, 4], event, strata) is None


def test_two_covariates_that_together_order_all_deaths_have_no_maximum() -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(40, 2))
    time = np.argsort(np.argsort(-(x @ [1.0, 2.0]))) + 1.0
    assert fit_cox(x, time, np.ones(40)) is None
    assert fit_cox(x, np.append(time[:-1], 0.5), np.ones(40)) is not None
