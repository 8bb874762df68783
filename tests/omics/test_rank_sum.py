"""Wilcoxon's test of all genes against R and scipy, and at its edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pomp.omics import rank_sum as module
from pomp.omics.rank_sum import rank_sum

NAN = float("nan")


def columns(*genes: list[float]) -> np.ndarray:
    return np.array(genes, dtype=float).T


def test_as_r(reference: dict[str, Any]) -> None:
    known = reference["wilcoxon"]
    x, first = np.array(known["genes"], dtype=float).T, np.array(known["first"], bool)
    statistic, p_value = rank_sum(x[first], x[~first])
    pairs = (~np.isnan(x[first])).sum(axis=0) * (~np.isnan(x[~first])).sum(axis=0)
    np.testing.assert_allclose(statistic, np.array(known["W"]) / pairs - 0.5, atol=1e-12)
    np.testing.assert_allclose(p_value, known["p_value"], rtol=1e-9)


def mixed(genes: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Continuous and tied genes with gaps."""
    random = np.random.default_rng(0)
    x = random.normal(size=(50, genes))
    x[:, ::2] = np.rint(2 * x[:, ::2])
    x[random.random(x.shape) < 0.1] = NAN
    return x[:18], x[18:]


def test_as_scipy() -> None:
    first, second = mixed()
    statistic, p_value = rank_sum(first, second)
    for gene in range(first.shape[1]):
        a, b = (x[~np.isnan(x[:, gene]), gene] for x in (first, second))
        expected = stats.mannwhitneyu(a, b, method="asymptotic")
        assert statistic[gene] == pytest.approx(expected.statistic / (len(a) * len(b)) - 0.5, abs=1e-12)
        assert p_value[gene] == pytest.approx(expected.pvalue, rel=1e-9)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rank_sum(*mixed())
    monkeypatch.setattr(module, "BLOCK", 7)
    np.testing.assert_array_equal(rank_sum(*mixed()), whole)


EDGES = {
    "does not vary": ([1, 1, 1], [1, 1], 0, 1),
    "missing in the first group": ([NAN] * 3, [0, 1], 0, 1),
    "missing in the second group": ([1, 2, 3], [NAN] * 2, 0, 1),
    "missing everywhere": ([NAN] * 3, [NAN] * 2, 0, 1),
    "as many wins as losses": ([1, 2, 3], [2, NAN], 0, 1),
    "every pair won": ([4, 5, 6], [1, 2], 0.5, 2 * stats.norm.sf((3 - 0.5) / np.sqrt(3))),  # variance 3 · 2 · 6 / 12
}


@pytest.mark.parametrize(("first", "second", "statistic", "p_value"), EDGES.values(), ids=EDGES.keys())
def test_edges(first: list[float], second: list[float], statistic: float, p_value: float) -> None:
    result = rank_sum(columns(first, [1, 2, 3]), columns(second, [4, 5]))
    np.testing.assert_allclose([result[0][0], result[1][0]], [statistic, p_value])
