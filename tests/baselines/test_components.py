"""Principal components of the training patients, against numpy's singular values."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.baselines.components import Components
from pomp.errors import TrainingError


@pytest.mark.parametrize("genes", [12, 90], ids=["fewer genes than patients", "more"])
def test_against_singular_values(genes: int) -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(40, genes)) * np.arange(1, genes + 1)
    components = Components(4).fit(matrix)
    found = components.transform(matrix)
    left, singular, right = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)
    scale = np.sqrt((singular[:4] ** 2).mean() / 39)
    np.testing.assert_allclose(np.abs(found), np.abs(left[:, :4] * singular[:4]) / scale, atol=1e-9)  # signs are free
    unseen = generator.normal(size=(3, genes))
    expected = (unseen - matrix.mean(axis=0)) @ right[:4].T / scale
    np.testing.assert_allclose(np.abs(components.transform(unseen)), np.abs(expected), atol=1e-9)
    assert found.var(axis=0, ddof=1).mean() == pytest.approx(1)


def test_what_does_not_vary_is_0() -> None:
    """Two directions in six genes: the other components are 0 for everybody, whatever is asked of them."""
    generator = np.random.default_rng(0)
    for genes in (6, 60):
        matrix = generator.normal(size=(20, 2)) @ generator.normal(size=(2, genes))
        components = Components(5).fit(matrix)
        found = components.transform(100 * generator.normal(size=(4, genes)))
        assert (found[:, 2:] == 0).all()
        assert (found[:, :2] != 0).all()


def test_new_patients_are_projected_and_change_nothing() -> None:
    generator = np.random.default_rng(1)
    seen, unseen = generator.normal(size=(30, 8)), generator.normal(size=(5, 8))
    components = Components(3).fit(seen)
    whole = components.transform(np.vstack([seen, 100 * unseen]))
    np.testing.assert_allclose(whole[:30], components.transform(seen), atol=1e-9)
    assert components.transform(unseen).shape == (5, 3)


@pytest.mark.parametrize(("patients", "genes", "expected"), [(12, 40, 11), (40, 4, 4), (40, 40, 30)])
def test_as_many_as_there_can_be(patients: int, genes: int, expected: int) -> None:
    matrix = np.random.default_rng(2).normal(size=(patients, genes))
    assert Components().fit(matrix).transform(matrix).shape == (patients, expected)


@pytest.mark.parametrize("matrix", [np.ones((9, 3)), np.ones((9, 0))], ids=["nothing varies", "no gene"])
def test_what_cannot_be_fitted(matrix: np.ndarray) -> None:
    with pytest.raises(TrainingError, match="The 9 training patients have no omics value that varies"):
        Components().fit(matrix)
