"""The score test of a Cox model with one gene, of all genes at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK = 2048
"""Genes a matrix product takes at once: bounds the memory, and stays in the cache."""


class ScoreTest(NamedTuple):
    """Of each gene: (G,) standard normal score z, positive where higher values die earlier; two-sided p-value."""

    statistic: Floats
    p_value: Floats


def cox_score_test(x: Floats, time: Floats, event: Bools) -> ScoreTest:
    """Test β = 0 in the Cox model λ(t) = λ₀(t) exp(β x) of every gene; tied deaths as Efron's partial likelihood.

    At β = 0 each death compares its gene's value with the mean over the patients at risk: the score U is the sum of the
    differences, the information I the sum of the variances at risk, and z = U / √I. The risk sets do not depend on the
    gene, so that all means are one matrix product. No model is fitted, so none can fail to converge.

    Args:
        x: (N, G) values without NaN.
        time: (N,) days.
        event: (N,) True = the event was seen.

    Returns:
        Statistic 0 and p-value 1 where no one at risk differs, or nobody has the event.

    Source: Cox, Regression models and life-tables, JRSS B 1972, section 5; Efron, The efficiency of Cox's likelihood
    function for censored data, JASA 1977, section 3 (ties). z² is the score test of R's `coxph(ties = "efron")`.
    """
    share = risk_set_shares(time, event)
    expected = share.sum(axis=0)  # each patient's expected deaths under β = 0
    statistic = np.zeros(x.shape[1])
    for start in range(0, x.shape[1] if len(share) else 0, BLOCK):
        block = x[:, start : start + BLOCK]
        block = block - block.mean(axis=0)
        score = (event - expected) @ block
        total = expected @ block**2
        information = total - ((share @ block) ** 2).sum(axis=0)
        varies = information > 1e-10 * total
        np.divide(score, np.sqrt(np.where(varies, information, 1)), statistic[start : start + BLOCK], where=varies)
    return ScoreTest(statistic, 2 * stats.norm.sf(np.abs(statistic)))


def risk_set_shares(time: Floats, event: Bools) -> Floats:
    """The weights of the patients at risk at each death, (deaths, N); every row sums to 1.

    Of d deaths at one time, the l-th (l = 0 … d - 1) counts each of the d with 1 - l/d (Efron).
    """
    deaths = np.flatnonzero(event)
    deaths = deaths[np.argsort(time[deaths], kind="stable")]
    times, first, tied = np.unique(time[deaths], return_index=True, return_inverse=True)
    number = np.diff(first, append=len(deaths))
    at_risk = (time >= times[:, None])[tied].astype(np.float64)
    done = (np.arange(len(deaths)) - first[tied]) / number[tied]
    at_risk -= done[:, None] * (event & (time == times[:, None]))[tied]
    return np.asarray(at_risk / at_risk.sum(axis=1, keepdims=True))
