"""Which genes a random survival forest needs: permutation importance on out-of-bag patients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

LEAF = 15
"""Patients in a leaf at the least: randomForestSRC's `nodesize` for survival."""


def forest_importance(x: Floats, time: Floats, event: Bools, trees: int, seed: int) -> Floats:
    """Variable importance (VIMP) of every gene in a random survival forest.

    Each tree predicts the mortality of its out-of-bag patients twice: as they are, and with the values of one gene
    permuted among them. The importance of the gene is the fall in Harrell's C-index, averaged over all trees; a tree
    that does not split on the gene counts as 0. Noise therefore scatters around 0, and may be negative.

    Args:
        x: (N, G) values without NaN.
        time: (N,) days.
        event: (N,) True = the event was seen.
        trees: trees of the forest.
        seed: of bootstrap, candidate genes of the splits, and permutations.

    Returns:
        (G,) mean fall of the C-index, in [-1, 1].

    Source: Ishwaran et al., Random survival forests, Ann. Appl. Stat. 2008 (VIMP), with Breiman's permutation by tree
    (Random forests, Mach. Learn. 2001) in place of their random assignment at the splits.
    """
    rows = np.ascontiguousarray(x, dtype=np.float32)  # the precision in which the trees compare
    forest = RandomSurvivalForest(trees, min_samples_leaf=LEAF, low_memory=True, random_state=seed)
    forest.fit(rows, Surv.from_arrays(event, event_rank(time, event)))
    random = np.random.default_rng(seed)
    total = np.zeros(rows.shape[1])
    for tree, bag in _out_of_bag(forest, len(rows)):
        used, fall = _tree_importance(tree, rows[bag], time[bag], event[bag], random)
        total[used] += fall
    return total / trees


def event_rank(time: Floats, event: Bools) -> Floats:
    """How many distinct event times are at or before each patient's time; (N,).

    A log-rank split depends on times by nothing else, and the forest's cost grows with the number of distinct times:
    it grows the same trees on these ranks, several times faster where most patients are censored.
    """
    return np.searchsorted(np.unique(time[event]), time, side="right").astype(np.float64)


def _out_of_bag(forest: RandomSurvivalForest, patients: int) -> Iterator[tuple[Any, Ints]]:
    for estimator, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        yield estimator.tree_, np.setdiff1d(np.arange(patients), drawn)


def _tree_importance(
    tree: Any, x: NDArray[np.float32], time: Floats, event: Bools, random: np.random.Generator
) -> tuple[Ints, Floats]:
    """The genes that one tree splits on, and the fall of the C-index when each is permuted."""
    used = np.unique(tree.feature[tree.feature >= 0])
    earlier, later = _comparable_pairs(time, event)
    if not len(used) or not len(earlier):
        return used[:0], np.zeros(0)
    same = np.arange(len(x))[None, :]
    permuted = random.permuted(np.repeat(same, len(used), axis=0), axis=1)
    risk = _mortality(tree, x, used[:, None], permuted)
    intact = _mortality(tree, x, used[:1, None], same)
    return used, _concordance(intact, earlier, later) - _concordance(risk, earlier, later)


def _mortality(tree: Any, x: NDArray[np.float32], gene: Ints, source: Ints) -> Floats:
    """Mortality (K, N) when row k reads the values of gene[k] from the patients source[k] instead of its own."""
    node = np.zeros(source.shape, dtype=np.int64)
    own = np.broadcast_to(np.arange(source.shape[1]), source.shape)
    for _ in range(tree.max_depth):
        feature = tree.feature[node]
        value = x[np.where(feature == gene, source, own), feature]
        below = np.where(value <= tree.threshold[node], tree.children_left[node], tree.children_right[node])
        node = np.where(feature >= 0, below, node)
    return np.asarray(tree.value[node, 0, 0], dtype=np.float64)


def _comparable_pairs(time: Floats, event: Bools) -> tuple[Ints, Ints]:
    """Pairs (i, j) of patients of whom i had the event and j was followed longer, or as long without it; (P,) each."""
    outlived = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    earlier, later = np.nonzero(event[:, None] & outlived)
    return earlier, later


def _concordance(risk: Floats, earlier: Ints, later: Ints) -> Floats:
    """Harrell's C-index of every row of risk (K, N); tied risks count one half."""
    difference = risk[:, earlier] - risk[:, later]
    return np.asarray((np.sign(difference).mean(axis=1) + 1) / 2)
