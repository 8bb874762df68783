"""The moderated t-test: variances of single genes shrunk towards what all genes show (limma)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]


class ModeratedT(NamedTuple):
    """Of each gene: (G,) moderated t, two-sided p-value; and the prior that all genes gave."""

    statistic: Floats
    p_value: Floats
    prior_df: float
    prior_variance: float


def moderated_t(x: Floats, group: NDArray[np.bool_]) -> ModeratedT:
    """Compare the mean of `group` with the mean of the others, gene by gene.

    The residual variance of a gene, s² on d degrees of freedom, is replaced by (d₀ s₀² + d s²) / (d₀ + d), where d₀ and
    s₀² are fitted to the variances of all genes; the statistic has d₀ + d degrees of freedom, but no more than all
    genes have together.

    Args:
        x: (N, G) continuous values; NaN = missing, left out gene by gene.
        group: (N,) True = first group.

    Returns:
        Statistics, positive where `group` is higher. A gene without two values beyond the groups' means, or without a
        value in one of the groups, gets statistic 0 and p-value 1.

    Source: Smyth, Linear models and empirical Bayes methods, Stat. Appl. Genet. Mol. Biol. 2004, sections 5 and 6.2.
    """
    first, second = _moments(x[group]), _moments(x[~group])
    df = first.number + second.number - 2
    tested = (first.number > 0) & (second.number > 0) & (df > 0)
    variance = (first.squares + second.squares)[tested] / df[tested]
    prior_df, prior_variance = fit_variance_prior(variance, df[tested])
    pooled, total = _shrink(variance, df[tested], prior_df, prior_variance)
    error = np.sqrt(pooled * (1 / first.number[tested] + 1 / second.number[tested]))
    difference = (first.mean - second.mean)[tested]
    statistic, p_value = np.zeros(x.shape[1]), np.ones(x.shape[1])
    statistic[tested] = np.divide(difference, error, out=np.zeros_like(error), where=error > 0)
    p_value[tested] = 2 * stats.t.sf(np.abs(statistic[tested]), total)
    return ModeratedT(statistic, p_value, prior_df, prior_variance)


class _Moments(NamedTuple):
    number: Floats
    mean: Floats
    squares: Floats  # sum of squared deviations from the mean


def _moments(x: Floats) -> _Moments:
    count = (~np.isnan(x)).sum(axis=0).astype(np.float64)
    mean = np.nansum(x, axis=0) / np.maximum(count, 1)
    return _Moments(count, mean, np.nansum((x - mean) ** 2, axis=0))


def fit_variance_prior(variance: Floats, df: Floats) -> tuple[float, float]:
    """d₀ and s₀² of the scaled F distribution that residual variances (G,) on df (G,) follow, from their logs' moments.

    d₀ is infinite where the variances spread no more than chance explains; s₀² is then their mean, as in limma. d₀ is
    0 (no shrinkage) with fewer than two genes. A variance of 0 has no log: it is lifted to 10⁻⁵ of the median, or of 1
    where that is 0 too.
    """
    if len(variance) < 2:
        return 0.0, 0.0
    variance = np.maximum(variance, 1e-5 * (np.median(variance) or 1.0))
    logs = np.log(variance) - special.digamma(df / 2) + np.log(df / 2)
    excess = float(logs.var(ddof=1) - special.polygamma(1, df / 2).mean())
    if excess <= 0:
        return np.inf, float(variance.mean())
    half = inverse_trigamma(excess)
    return 2 * half, float(np.exp(logs.mean() + special.digamma(half) - np.log(half)))


def inverse_trigamma(value: float) -> float:
    """The y > 0 with trigamma(y) = value > 0, by the Newton iteration of Smyth's appendix."""
    if value > 1e7:
        return 1 / math.sqrt(value)
    if value < 1e-6:
        return 1 / value
    y = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(special.polygamma(1, y))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, y))
        y += step
        if -step / y < 1e-10:
            break
    return y


def _shrink(variance: Floats, df: Floats, prior_df: float, prior_variance: float) -> tuple[Floats, Floats]:
    """Shrunk variances (G,) and their degrees of freedom (G,)."""
    if np.isinf(prior_df):
        return np.full_like(variance, prior_variance), np.full_like(variance, df.sum())
    pooled = (prior_df * prior_variance + df * variance) / (prior_df + df)
    return pooled, np.minimum(prior_df + df, df.sum())
