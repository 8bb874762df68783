"""Wilcoxon's rank sum test of all genes at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

BLOCK = 1024
"""Genes ranked at once; bounds the memory."""


def rank_sum(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Compare (N1, G) with (N2, G) gene by gene, NaN left out.

    The p-value is the normal approximation with corrections for ties and continuity.

    Returns:
        (G,) share of pairs in which the first group is higher, ties one half, minus ½; (G,) two-sided p-value. A gene
        that does not vary, or is missing in a group, gets 0 and 1.

    Source: Hollander, Wolfe & Chicken, Nonparametric Statistical Methods 2014, section 4.1; R's
    `wilcox.test(exact = FALSE)`.
    """
    statistic, p_value = np.zeros(first.shape[1]), np.ones(first.shape[1])
    for start in range(0, first.shape[1], BLOCK):
        genes = slice(start, start + BLOCK)
        statistic[genes], p_value[genes] = _rank_sum(first[:, genes], second[:, genes])
    return statistic, p_value


def _rank_sum(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    n1, n2 = ((~np.isnan(x)).sum(axis=0).astype(np.float64) for x in (first, second))
    n = n1 + n2
    ranks, ties = _ranks(np.concatenate([first, second]).T)
    wins = np.nansum(ranks[:, : len(first)], axis=1) - n1 * (n1 + 1) / 2
    variance = n1 * n2 / 12 * (n + 1 - ties / np.maximum(n * (n - 1), 1))
    tested = variance > 0
    pairs, variance = np.where(tested, n1 * n2, 1), np.where(tested, variance, 1)
    surplus = np.where(tested, wins - n1 * n2 / 2, 0)
    z = np.maximum(np.abs(surplus) - 0.5, 0) / np.sqrt(variance)
    return surplus / pairs, np.where(tested, 2 * stats.norm.sf(z), 1.0)


def _ranks(x: Floats) -> tuple[Floats, Floats]:
    """Mid-ranks (G, N) of every row, NaN where x is, and the sum of t³ - t over its groups of t tied values (G,)."""
    order = np.argsort(x, axis=1)  # NaN last
    ordered = np.take_along_axis(x, order, axis=1)
    place = np.arange(x.shape[1])
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((len(x), 1), np.bool_)
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), place, 0), axis=1)
    after = np.where(np.hstack([differs, edge]), place, x.shape[1])
    last = np.minimum.accumulate(after[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(x.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    tied = (last - first + 1.0) ** 2 - 1  # each of t tied values adds t² - 1
    return np.where(np.isnan(x), np.nan, ranks), np.where(np.isnan(ordered), 0, tied).sum(axis=1)
