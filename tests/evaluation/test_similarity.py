"""Cosines by hand, with what patients lack left out."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.similarity import cosine_similarity, patient_similarity

NAN = float("nan")
HALF = np.sqrt(0.5)


def test_cosines_by_hand() -> None:
    rows, columns = np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 3.0], [-1.0, 0.0], [NAN, NAN], [0.0, 0.0]])
    np.testing.assert_allclose(cosine_similarity(rows, columns), [[0, -1, NAN, NAN], [HALF, -HALF, NAN, NAN]])


def test_the_mean_is_over_what_both_have() -> None:
    slides = np.array([[1.0, 0.0], [1.0, 1.0], [NAN, NAN], [NAN, NAN]])
    omics = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [NAN, NAN]])
    np.testing.assert_allclose(
        patient_similarity([slides, omics]),
        [[1, (HALF + 1) / 2, 0, NAN], [(HALF + 1) / 2, 1, 0, NAN], [0, 0, 1, NAN], [NAN, NAN, NAN, NAN]],
        atol=1e-15,
    )


def test_with_everything_it_is_the_cosine_of_what_is_concatenated() -> None:
    random = np.random.default_rng(0)
    parts = [random.normal(size=(5, 3)) for _ in range(2)]
    parts = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
    joined = np.hstack(parts)
    np.testing.assert_allclose(patient_similarity(parts), cosine_similarity(joined, joined))


def test_one_patient() -> None:
    assert patient_similarity([np.array([[3.0, 4.0]])]) == pytest.approx(np.ones((1, 1)))
