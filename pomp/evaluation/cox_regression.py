"""Cox regression on a few covariates, without a penalty; each stratum has its own baseline hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.evaluation.risk_sets import Stratum, split_strata

Array = NDArray[np.float64]
ITERATIONS = 50
"""Newton needs fewer than ten where a maximum exists; where there is none, its steps never end."""
_SMALLEST = 1e-9
"""Information, of covariates with deviation 1, below which nothing is known of a direction."""


@dataclass(frozen=True, eq=False)
class CoxFit:
    """P log hazard ratios per unit of their covariate, and the log partial likelihood with them and with zeros."""

    coefficients: Array
    """(P,)"""
    covariance: Array
    """(P, P) inverse of the observed information."""
    log_likelihood: float
    log_likelihood_null: float

    @property
    def errors(self) -> Array:
        """(P,) standard errors."""
        return np.sqrt(np.diag(self.covariance))


def fit_cox(
    covariates: ArrayLike, time_days: ArrayLike, event: ArrayLike, strata: ArrayLike | None = None
) -> CoxFit | None:
    """Maximum partial likelihood, as R's `coxph(Surv(time, event) ~ x1 + x2 + strata(stratum), ties = "efron")`.

    Args:
        covariates: (N, P) finite numbers.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        strata: (N,) labels. None: one stratum.

    Returns:
        None where there is no one finite maximum: no death with anybody else at risk, a covariate that is constant or
        follows from the others, or some that order all deaths (R gives a huge number there, with a warning).

    Source: Cox, JRSS B 1972;34:187-220; ties: Efron, JASA 1977;72:557-565.
    """
    matrix = np.asarray(covariates, dtype=float)
    parts = split_strata(time_days, event, strata)
    scale = matrix.std(axis=0)
    if not (scale > 0).all():
        return None
    scaled = (matrix - matrix.mean(axis=0)) / scale
    found = _newton(scaled, parts)
    if found is None:
        return None
    beta, information, value = found
    null = _likelihood(np.zeros_like(beta), scaled, parts)[0]
    return CoxFit(beta / scale, np.linalg.inv(information) / np.outer(scale, scale), value, null)


def _newton(scaled: Array, parts: list[Stratum]) -> tuple[Array, Array, float] | None:
    """Coefficients, information and log likelihood at the maximum; None if the steps lead nowhere or do not end."""
    beta = np.zeros(scaled.shape[1])
    value, score, information = _likelihood(beta, scaled, parts)
    for _ in range(ITERATIONS):
        if _singular(information):
            return None
        step = np.linalg.solve(information, score)
        least = 1e-9 * (1 + np.abs(beta).max())
        if np.abs(step).max() < least:
            return beta, information, value
        following = _likelihood(beta + step, scaled, parts)
        while not following[0] >= value - 1e-9 * abs(value):  # too long, or nan
            step /= 2
            if np.abs(step).max() < least:
                return None
            following = _likelihood(beta + step, scaled, parts)
        beta, (value, score, information) = beta + step, following
    return None


def _singular(information: Array) -> bool:
    """Whether some covariate says nothing that the others do not."""
    variances = np.diag(information)
    if not (variances > _SMALLEST).all():
        return True
    return bool(np.linalg.eigvalsh(information / np.sqrt(np.outer(variances, variances)))[0] < _SMALLEST)


def _likelihood(beta: Array, covariates: Array, parts: list[Stratum]) -> tuple[float, Array, Array]:
    """Log partial likelihood, its gradient (P,) and its negative Hessian (P, P), summed over the strata.

    A step so long that some risk set weighs nothing beside the largest hazard has the likelihood nan.
    """
    size = len(beta)
    value, score, information = 0.0, np.zeros(size), np.zeros((size, size))
    for part in parts:
        x, died = covariates[part.patients], part.died
        log_hazard = x @ beta
        shift = float(log_hazard.max())
        products = (x[:, :, None] * x[:, None, :]).reshape(len(x), size**2)
        sums = part.at_risk(np.exp(log_hazard - shift)[:, None] * np.hstack([np.ones((len(x), 1)), x, products]))
        total = sums[:, 0]
        if not (total > 0).all():
            return float("nan"), score, information
        mean = sums[:, 1 : 1 + size] / total[:, None]
        value += float(died @ log_hazard - (np.log(total) + shift).sum())
        score += died @ x - mean.sum(axis=0)
        information += (sums[:, 1 + size :] / total[:, None]).sum(axis=0).reshape(size, size) - mean.T @ mean
    return value, score, information
