"""The ridge penalty against its own definition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize

from pomp.baselines.penalised_cox import fit_penalised_cox
from pomp.baselines.ridge_cox import RidgeCox
from pomp.baselines.survival_forest import PlainForest
from pomp.errors import TrainingError


def efron(beta: np.ndarray, x: np.ndarray, time: np.ndarray, event: np.ndarray) -> float:
    """Log partial likelihood, written out."""
    total, score = 0.0, x @ beta
    for moment in np.unique(time[event]):
        tied = event & (time == moment)
        at_risk, dying = np.exp(score[time >= moment]).sum(), np.exp(score[tied]).sum()
        total += score[tied].sum() - sum(np.log(at_risk - k / tied.sum() * dying) for k in range(tied.sum()))
    return total


@pytest.mark.parametrize("alpha", [5.0, np.array([0.5, 5.0, 50.0])], ids=["one penalty", "one each"])
def test_maximises_likelihood_less_penalty(alpha: float | np.ndarray) -> None:
    generator = np.random.default_rng(0)
    x, time, event = generator.normal(size=(60, 3)), np.ceil(generator.exponential(8, 60)), generator.random(60) < 0.7
    best = minimize(lambda beta: -efron(beta, x, time, event) + np.sum(alpha * beta**2) / 2, np.zeros(3), tol=1e-10)
    np.testing.assert_allclose(fit_penalised_cox(x, time, event, alpha).coef_, best.x, atol=1e-5)


@pytest.mark.parametrize("fit", [RidgeCox().fit, PlainForest(trees=5).fit], ids=["ridge Cox", "forest"])
def test_one_death_after_all_follow_up_compares_nobody(fit: Callable[..., object]) -> None:
    """Its likelihood is 1 whatever the coefficients: scikit-survival divides 0 by 0 and gives everybody one risk."""
    x, time = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0)
    with pytest.raises(TrainingError, match="only event of the 20 training patients came after everybody else's"):
        fit(x, time, time == 19)


def test_one_death_with_somebody_at_risk_is_enough() -> None:
    x, time = np.random.default_rng(0).normal(size=(20, 3)), np.minimum(np.arange(20.0), 18)
    assert RidgeCox().fit(x, time, np.arange(20) == 18).predict(x).std() > 0
