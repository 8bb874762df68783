"""Fisher's test of all genes against R 4.2."""

from __future__ import annotations

import numpy as np

from pomp.omics.fisher import fisher_exact

NAN = float("nan")


def columns(*genes: list[float]) -> np.ndarray:
    return np.array(genes, dtype=float).T


def test_fisher_as_r() -> None:
    # fisher.test(matrix(c(3, 1, 2, 9), 2)): p = 0.076923076923077; the second gene has the same table with gaps.
    first = columns([1, 1, 1, 0, NAN], [0, 1, 1, 1, NAN], [0] * 5)
    second = columns([1, 1] + [0] * 9, [0] * 9 + [1, 1], [0] * 11)
    statistic, p_value = fisher_exact(first, second)
    np.testing.assert_allclose(p_value, [0.076923076923077, 0.076923076923077, 1.0])
    np.testing.assert_allclose(statistic[0], np.log(3.5 * 9.5 / (1.5 * 2.5)))
