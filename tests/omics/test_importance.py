"""Permutation importance against scikit-survival's own predictions, tree by tree."""

from __future__ import annotations

import numpy as np
import pytest
from sksurv.ensemble import RandomSurvivalForest
from sksurv.metrics import concordance_index_censored
from sksurv.util import Surv

from pomp.omics.importance import LEAF, event_rank, forest_importance

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def patients(count: int = 120, genes: int = 12, seed: int = 0) -> Arrays:
    """Gene 0 raises the hazard, gene 1 lowers it; whole days, so that times tie."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, genes))
    death = random.exponential(40 * np.exp(-1.2 * x[:, 0] + 0.9 * x[:, 1]))
    censored = random.uniform(10, 120, count)
    return x, np.ceil(np.minimum(death, censored)), death <= censored


def by_brute_force(x: np.ndarray, time: np.ndarray, event: np.ndarray, trees: int, seed: int) -> np.ndarray:
    """The definition with scikit-survival's predict and concordance index, on the times as they are."""
    x = x.astype(np.float32)
    forest = RandomSurvivalForest(trees, min_samples_leaf=LEAF, low_memory=True, random_state=seed)
    forest.fit(x, Surv.from_arrays(event, time))
    random, total = np.random.default_rng(seed), np.zeros(x.shape[1])
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        bag = np.setdiff1d(np.arange(len(x)), drawn)
        used = np.unique(tree.tree_.feature[tree.tree_.feature >= 0])
        orders = random.permuted(np.repeat(np.arange(len(bag))[None, :], len(used), axis=0), axis=1)
        intact = concordance_index_censored(event[bag], time[bag], tree.predict(x[bag]))[0]
        for gene, order in zip(used, orders, strict=True):
            permuted = x[bag].copy()
            permuted[:, gene] = permuted[order, gene]
            total[gene] += intact - concordance_index_censored(event[bag], time[bag], tree.predict(permuted))[0]
    return total / trees


def test_as_scikit_survival_by_brute_force() -> None:
    x, time, event = patients()
    np.testing.assert_allclose(
        forest_importance(x, time, event, 15, 3), by_brute_force(x, time, event, 15, 3), atol=1e-12
    )


def test_event_rank_by_hand() -> None:
    time = np.array([1.0, 2, 3, 3, 4, 5, 9])
    event = np.array([False, True, False, True, False, True, False])
    assert event_rank(time, event).tolist() == [0, 1, 2, 2, 2, 3, 3]


def test_the_genes_that_matter_come_first() -> None:
    x, time, event = patients(genes=40)
    importance = forest_importance(x, time, event, 60, 0)
    assert set(np.argsort(-importance)[:2]) == {0, 1}


def test_a_constant_gene_has_none() -> None:
    x, time, event = patients()
    x[:, 5] = 1.0
    assert forest_importance(x, time, event, 20, 0)[5] == 0.0


def test_seeded() -> None:
    x, time, event = patients()
    one, again, other = (forest_importance(x, time, event, 10, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("count", [6, 2 * LEAF - 1])
def test_too_few_patients_to_split_give_zeros(count: int) -> None:
    x, time, event = patients(count)
    event[0] = True
    assert not forest_importance(x, time, event, 5, 0).any()
