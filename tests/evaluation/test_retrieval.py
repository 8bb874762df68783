"""Retrieval in small matrices, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.retrieval import median_rank, own_ranks, recall_at

SIMILARITY = np.array(
    [
        [0.9, 0.1, 0.2, 0.3],  # own is the best
        [0.8, 0.5, 0.1, 0.0],  # second
        [0.3, 0.4, 0.1, 0.2],  # last
        [0.5, 0.5, 0.5, 0.5],  # tied with all: (1 + 2 + 3 + 4) / 4
    ]
)


def test_ranks_in_both_directions() -> None:
    np.testing.assert_array_equal(own_ranks(SIMILARITY), [1, 2, 4, 2.5])
    # Columns: 0.9 is the first of (.9 .8 .3 .5); .5 ties with .5 of (.1 .5 .4 .5); .1 is tied last of (.2 .1 .1 .5).
    np.testing.assert_array_equal(own_ranks(SIMILARITY.T), [1, 1.5, 3.5, 1])


@pytest.mark.parametrize(
    ("k", "folds", "mean", "chance"),
    [(1, (1 / 4, 1.0), 5 / 8, (1 / 4 + 1 / 2) / 2), (2, (2 / 4, 1.0), 3 / 4, 3 / 4), (5, (1.0, 1.0), 1.0, 1.0)],
)
def test_recall(k: int, folds: tuple[float, ...], mean: float, chance: float) -> None:
    score = recall_at(k, [own_ranks(SIMILARITY), np.array([1.0, 1.0])])
    assert (score.folds, score.mean, score.chance) == (folds, mean, chance)
    assert score.interval.lower <= mean <= score.interval.upper


def test_median_rank() -> None:
    score = median_rank([own_ranks(SIMILARITY), np.array([1.0, 1.0, 2.0])])
    assert (score.folds, score.mean, score.chance) == ((2.25, 1.0), 1.625, (2.5 + 2) / 2)


def test_the_interval_is_that_of_a_share() -> None:
    ranks = np.array([1.0] * 30 + [9.0] * 70)
    score = recall_at(1, [ranks], resamples=20_000)
    # Binomial with n = 100, p = 0.3: 2.5 % and 97.5 % quantiles by R's qbinom.
    assert (score.interval.lower, score.interval.upper) == (0.21, 0.39)


def test_random_embeddings_are_at_chance() -> None:
    random = np.random.default_rng(0)
    score = recall_at(10, [own_ranks(random.normal(size=(400, 400))) for _ in range(3)])
    assert score.interval.lower <= score.chance <= score.interval.upper
    assert score.chance == pytest.approx(10 / 400)


def test_nobody() -> None:
    score = recall_at(1, [])
    assert score.folds == ()
    assert np.isnan([score.mean, score.chance, score.interval.lower]).all()
