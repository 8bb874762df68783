"""The ridge penalty against its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from pomp.baselines.penalised_cox import fit_penalised_cox


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
