"""Principal components of the training patients, against numpy's singular values."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.baselines.components import Components
from pomp.errors import TrainingError


def test_against_singular_values() -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(40, 12)) * np.arange(1, 13)
    components = Components(4).fit(matrix)
    found = components.transform(matrix)
    mean = matrix.mean(axis=0)
    left, singular, _ = np.linalg.svd(matrix - mean, full_matrices=False)
    expected = left[:, :4] * singular[:4]
    expected /= np.sqrt(expected.var(axis=0, ddof=1).mean())
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)  # signs are free
    assert found.var(axis=0, ddof=1).mean() == pytest.approx(1)
    assert (np.diff(found.var(axis=0)) < 0).all()


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
