"""Random survival forest and permutation importance: ours, scikit-survival's with scikit-learn's, and R's ranger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pomp.evaluation.concordance import concordance_index
from pomp.omics.forest import SurvivalForest
from pomp.omics.importance import permutation

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def importance_by_definition(forest: SurvivalForest) -> Floats:
    """What `permutation_importance` is, in plain Python: every patient dropped down every tree for every gene; (G,)."""
    values = forest.sample.values
    total = np.zeros(len(values))
    for tree, seed in enumerate(forest.seeds):
        bag = np.flatnonzero(forest.drawn[tree] == 0)
        intact = _c_index(forest, tree, bag, values[:, bag])
        if np.isnan(intact):  # no comparable pair
            continue
        for gene in range(len(values)):
            permuted = values[:, bag]
            permuted[gene] = permuted[gene, permutation(seed, gene, len(bag))]
            total[gene] += intact - _c_index(forest, tree, bag, permuted)
    return total / len(forest.seeds)


def _c_index(forest: SurvivalForest, tree: int, patients: Ints, values: NDArray[np.float32]) -> float:
    """Harrell's C of one tree's mortality, each of `patients` dropped from the root by its column of `values`."""
    trees, sample = forest.trees, forest.sample
    risk = []
    for column in values.T:
        node = 0
        while (gene := trees.gene[tree, node]) >= 0:
            node = node + 1 if column[gene] <= trees.threshold[tree, node] else trees.right[tree, node]
        risk.append(trees.mortality[tree, node])
    return concordance_index(sample.rank[patients] + 0.5 * ~sample.event[patients], sample.event[patients], risk)
