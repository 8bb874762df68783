"""The nearest genes, against all distances."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.omics import nearest
from pomp.omics.nearest import Floats, Ints, nearest_genes

NAN = float("nan")


def all_distances(x: Floats, means: Floats, genes: Ints, keep: int) -> tuple[Ints, Floats]:
    """The definition: every distance, sorted; -1 and infinite beyond the end."""
    centred = x - means
    columns, distances = np.full((len(genes), keep), -1), np.full((len(genes), keep), np.inf)
    for row, gene in enumerate(genes):
        squares = (centred - centred[:, [gene]]) ** 2
        shared = (~np.isnan(squares)).sum(axis=0)
        mean = np.nansum(squares, axis=0) / np.maximum(shared, 1)
        distance = np.where(shared > 0, np.sqrt(mean * len(x)), np.inf)
        distance[gene] = np.inf
        order = np.argsort(distance, kind="stable")[:keep]
        order = order[np.isfinite(distance[order])]
        columns[row, : len(order)], distances[row, : len(order)] = order, distance[order]
    return columns, distances


def genes_with_gaps(patients: int, genes: int, share_of_genes: float, share: float, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    x = random.normal(size=(patients, 4)) @ random.normal(size=(4, genes)) * random.gamma(1, 1, genes)
    x += 0.5 * random.normal(size=x.shape)
    holes = random.random(x.shape) < share
    holes[:, random.random(genes) >= share_of_genes] = False
    holes[random.integers(patients, size=genes), np.arange(genes)] = False  # one value at the least
    x[holes] = NAN
    return x


CASES = [
    # patients, genes, share of genes with gaps, missing there, keep
    (30, 200, 0.0, 0.0, 5),
    (30, 200, 0.1, 0.3, 5),
    (30, 200, 1.0, 0.3, 20),
    (9, 300, 1.0, 0.8, 10),  # many pairs without a patient in common
    (6, 50, 0.5, 0.5, 60),  # more than there are
    (1, 5, 0.0, 0.0, 3),
    (40, 1, 1.0, 0.2, 3),
    (200, 90, 0.5, 0.5, 1),
]


@pytest.mark.parametrize("block", [7, 1024])
@pytest.mark.parametrize(("patients", "genes", "share_of_genes", "share", "keep"), CASES)
def test_all_distances_agree(
    patients: int,
    genes: int,
    share_of_genes: float,
    share: float,
    keep: int,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nearest, "DONORS", block)
    monkeypatch.setattr(nearest, "RECEIVERS", 2 * block)
    x = genes_with_gaps(patients, genes, share_of_genes, share, seed=genes)
    asked = np.random.default_rng(1).permutation(genes)
    means = np.nanmean(x, axis=0)
    columns, distances = nearest_genes(x, means, asked, keep)
    expected, expected_distances = all_distances(x, means, asked, keep)
    np.testing.assert_array_equal(columns, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-12)


def test_by_hand() -> None:
    # Less the means: (-1, 1, ·), (-2, 2, 0), (0, 0, 0), (·, -1, 1); over the shared patients, scaled up to 3.
    x = np.array([[0, 1, 5, NAN], [2, 5, 5, 3], [NAN, 3, 5, 5]], dtype=float)
    columns, distances = nearest_genes(x, np.array([1.0, 3, 5, 4]), np.array([0, 2]), 3)
    np.testing.assert_array_equal(columns, [[1, 2, 3], [0, 3, 1]])
    np.testing.assert_allclose(distances**2, [[3 * 2 / 2, 3 * 2 / 2, 3 * 4 / 1], [3 * 2 / 2, 3 * 2 / 2, 3 * 8 / 3]])


MAGNITUDES = [1e-200, 1e-30, 1e30, 1e100]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_no_magnitude_is_lost_to_single_precision(magnitude: float, first: int) -> None:
    x = genes_with_gaps(30, 200, 0.2, 0.3, seed=4)
    x[:, ::2] *= magnitude
    means = np.nanmean(x, axis=0)
    asked = np.arange(first, 200, 2)
    with np.errstate(under="ignore"):
        expected, _ = all_distances(x, means, asked, 8)
    np.testing.assert_array_equal(nearest_genes(x, means, asked, 8)[0], expected)


def test_nearly_equal_distances_are_told_apart() -> None:
    """Distances that differ by less than single precision resolves."""
    random = np.random.default_rng(5)
    gene = random.normal(size=(50, 1))
    step = np.zeros((50, 400))
    step[7] = 1 + 1e-9 * random.permutation(400)  # how far each of 400 lies from the first
    x = np.concatenate([gene, gene + step], axis=1)
    columns, _ = nearest_genes(x, np.zeros(401), np.array([0]), 10)
    np.testing.assert_array_equal(columns[0], 1 + np.argsort(step[7])[:10])


def test_copies_follow_the_order_of_the_columns() -> None:
    x = np.repeat(np.random.default_rng(6).normal(size=(20, 3)), 50, axis=1)
    x[3, 5] = NAN  # compared after those without gaps, and still the first of its kind
    columns, distances = nearest_genes(x, np.zeros(150), np.array([20]), 10)
    np.testing.assert_array_equal(columns[0], range(10))
    np.testing.assert_array_equal(distances[0], np.zeros(10))


def test_what_overflows_single_precision_is_compared_all_the_same() -> None:
    x = np.array([[1e-25, -2e16, -1e16], [-1e-25, 2e16, 1e16]])
    columns, distances = nearest_genes(x, np.zeros(3), np.array([0]), 1)
    assert columns[0, 0] == 2
    assert distances[0, 0] == pytest.approx(1e16 * 2**0.5)
