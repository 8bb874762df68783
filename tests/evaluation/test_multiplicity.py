"""Adjusted p-values against R's p.adjust and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.errors import RunError
from pomp.evaluation.multiplicity import holm

from .out_of_fold import R

P = np.array(R["p_values"], dtype=float)


def test_equals_r_where_some_are_unknown() -> None:
    np.testing.assert_allclose(holm(P), np.array(R["holm"], dtype=float), rtol=1e-12)


def test_keeps_the_shape() -> None:
    np.testing.assert_array_equal(holm(P.reshape(2, 5)), holm(P).reshape(2, 5))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([0.01, 0.04], [0.02, 0.04]),
        ([0.02, 0.03], [0.04, 0.04]),  # the second is no smaller than the first
        ([0.6, 0.7], [1, 1]),
        ([0.03, np.nan], [0.03, np.nan]),  # an unknown one is no comparison
        ([], []),
        ([np.nan], [np.nan]),
    ],
)
def test_by_hand(given: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(holm(given), expected)


@pytest.mark.parametrize("value", [-0.1, 1.2, float("inf")])
def test_wrong(value: float) -> None:
    with pytest.raises(RunError, match=f"A p-value is {value:g}: p-values lie in"):
        holm([0.1, value, np.nan])
