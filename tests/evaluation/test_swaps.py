"""Swaps that were planted are found, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.similarity import cosine_similarity
from pomp.evaluation.swaps import find_swaps


def embeddings(patients: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Slides, and omics profiles that say the same with some noise."""
    random = np.random.default_rng(2)
    slides = random.normal(size=(patients, 16))
    return slides, slides + noise * random.normal(size=slides.shape)


def names(patients: int) -> list[str]:
    return [f"P{number}" for number in range(patients)]


def test_by_hand() -> None:
    # The profiles of a and b lie exchanged; c and d are as they should be.
    similarity = np.array([[0.0, 0.9, 0.1, 0.2], [0.8, 0.1, 0.2, 0.3], [0.3, 0.4, 0.9, 0.1], [0.2, 0.3, 0.1, 0.8]])
    found = find_swaps(similarity, list("abcd"))
    assert found.pairs[["a", "b"]].to_numpy().tolist() == [["a", "b"]]
    np.testing.assert_allclose(found.pairs[["own", "swapped", "gain"]], [[0.05, 0.85, 0.8]])


def test_an_exchange_without_a_gain_is_no_swap() -> None:
    """Of 40 patients the two most similar fit: both profiles fit the other's slide and not the own, which loses."""
    similarity = -np.random.default_rng(0).random((40, 40))
    np.fill_diagonal(similarity, 0.95)
    similarity[[0, 1, 0, 1], [0, 1, 1, 0]] = 0.8, 0.8, 0.9, 0.1
    similarity[0, 2] = similarity[3, 1] = 0.85
    assert find_swaps(similarity, names(40)).pairs.empty


@pytest.mark.parametrize("patients", [20, 200])
def test_planted_swaps(patients: int) -> None:
    slides, omics = embeddings(patients, noise=0.3)
    omics[[3, 11]] = omics[[11, 3]]
    omics[[5, 7]] = omics[[7, 5]]
    pairs = find_swaps(cosine_similarity(slides, omics), names(patients)).pairs
    assert {tuple(pair) for pair in pairs[["a", "b"]].to_numpy()} == {("P3", "P11"), ("P5", "P7")}
    assert (pairs["gain"] > 0).all()
    assert pairs["gain"].is_monotonic_decreasing


def test_nothing_is_swapped() -> None:
    slides, omics = embeddings(100, noise=0.5)
    assert find_swaps(cosine_similarity(slides, omics), names(100)).pairs.empty


def test_profiles_that_say_nothing_show_what_chance_does() -> None:
    random = np.random.default_rng(0)
    counts, expected = [], []
    for seed in range(60):
        found = find_swaps(random.normal(size=(30, 30)), names(30), seed=seed)
        counts.append(len(found.pairs))
        expected.append(found.by_chance)
    assert np.mean(counts) == pytest.approx(np.mean(expected), abs=0.1)


@pytest.mark.parametrize("patients", [0, 1])
def test_too_few_to_swap(patients: int) -> None:
    found = find_swaps(np.ones((patients, patients)), names(patients))
    assert (len(found.pairs), found.by_chance) == (0, 0)
