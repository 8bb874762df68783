"""Adjusted p-values against R's p.adjust and by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pomp.errors import RunError
from pomp.evaluation.multiplicity import benjamini_hochberg, holm

from .out_of_fold import R

BOTH = [holm, benjamini_hochberg]
P = np.array(R["p_values"], dtype=float)


@pytest.mark.parametrize("method", BOTH)
def test_equals_r_where_some_are_unknown(method: Callable[..., np.ndarray]) -> None:
    np.testing.assert_allclose(method(P), np.array(R[method.__name__], dtype=float), rtol=1e-12)


@pytest.mark.parametrize("method", BOTH)
def test_keeps_the_shape(method: Callable[..., np.ndarray]) -> None:
    np.testing.assert_array_equal(method(P.reshape(2, 5)), method(P).reshape(2, 5))


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        (holm, [0.01, 0.04], [0.02, 0.04]),
        (holm, [0.02, 0.03], [0.04, 0.04]),  # the second is no smaller than the first
        (holm, [0.6, 0.7], [1, 1]),
        (benjamini_hochberg, [0.01, 0.04], [0.02, 0.04]),
        (benjamini_hochberg, [0.04, 0.03], [0.04, 0.04]),
        (holm, [0.03, np.nan], [0.03, np.nan]),  # an unknown one is no comparison
        (benjamini_hochberg, [np.nan, 0.03], [np.nan, 0.03]),
        (holm, [], []),
        (benjamini_hochberg, [], []),
        (holm, [np.nan], [np.nan]),
        (benjamini_hochberg, [np.nan], [np.nan]),
    ],
)
def test_by_hand(method: Callable[..., np.ndarray], given: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(method(given), expected)


@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize("value", [-0.1, 1.2, float("inf")])
def test_wrong(method: Callable[..., np.ndarray], value: float) -> None:
    with pytest.raises(RunError, match=f"A p-value is {value:g}: p-values lie in"):
        method([0.1, value, np.nan])
