"""Which genes a random survival forest needs: permutation importance on out-of-bag patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pomp.compiled import compiled
from pomp.omics.forest import Sample, SurvivalForest, Trees, grow_forest
from pomp.omics.forest.threads import in_threads

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def forest_importance(x: Floats, time: Floats, event: Bools, trees: int, seed: int) -> Floats:
    """Variable importance (VIMP) of every gene in a random survival forest.

    Args:
        x: (N, G) finite values.
        time: (N,) days.
        event: (N,) True = the event was seen.
        trees: trees of the forest.
        seed: of bootstrap, candidate genes of the splits, and permutations.

    Returns:
        (G,) mean fall of the C-index, in [-1, 1].

    Raises:
        TrainingError: a value is missing or infinite, or lengths differ.
    """
    return permutation_importance(grow_forest(x, time, event, trees, seed))


def permutation_importance(forest: SurvivalForest) -> Floats:
    """How far the C-index of out-of-bag patients falls when one gene's values are permuted among them; (G,).

    Each tree predicts the mortality of its out-of-bag patients twice: as they are, and with the values of one gene
    permuted among them. The importance of the gene is the fall in Harrell's C-index, averaged over all trees; a tree
    that does not split on the gene, or that has no comparable pair out of bag, counts as 0. Noise therefore scatters
    around 0, and may be negative.

    Checked against R's ranger 0.14.1 on TCGA-LIHC (311 patients, 1,550 genes, 2,000 trees): the rank correlation of all
    genes is 0.39, where two seeds of ours reach 0.43 and two of ranger's 0.41; 37 of the top 50 are shared, 35 and 38
    between two seeds. randomForestSRC has not been compared.

    Source: Ishwaran et al., Random survival forests, Ann. Appl. Stat. 2008 (VIMP), with Breiman's permutation by tree
    (Random forests, Mach. Learn. 2001) in place of their random assignment at the splits.
    """
    falls = np.zeros(forest.trees.threshold.shape)
    in_threads(lambda first, step: _falls(forest.sample, forest.trees, forest.drawn, forest.seeds, falls, first, step))
    splits = forest.trees.gene >= 0
    genes = forest.trees.gene[splits]
    return np.bincount(genes, falls[splits], minlength=len(forest.sample.values)) / len(forest.seeds)


@compiled
def permutation(seed: int, gene: int, count: int) -> Ints:
    """The order in which one tree of generator `seed` permutes one gene: it depends on nothing else."""
    np.random.seed((seed + (gene + 1) * 2654435761) & 0xFFFFFFFF)  # noqa: NPY002  2³² over the golden ratio
    return np.random.permutation(count)  # noqa: NPY002


@compiled
def _falls(
    sample: Sample,
    trees: Trees,
    drawn: NDArray[np.int32],
    seeds: NDArray[np.uint32],
    falls: Floats,
    first: int,
    step: int,
) -> None:
    """Fill `falls` (B, K) with the fall of the C-index in each tree, at the first node that splits on each gene."""
    for tree in range(first, len(seeds), step):
        out_of_bag = np.flatnonzero(drawn[tree] == 0)
        gene, mortality = trees.gene[tree], trees.mortality[tree]
        nodes = trees.last[tree, 0] + 1
        score = np.zeros(nodes, np.int64)  # what orders patients, as integers: how many nodes have a lower mortality
        for node in range(nodes):
            score[node] = np.sum(mortality[:nodes] < mortality[node])
        intact = score[trees.leaf[tree][out_of_bag]]
        rank, event = sample.rank[out_of_bag], sample.event[out_of_bag]
        concordant, pairs = _concordant(intact, rank, event, nodes)
        for node in range(nodes):
            if pairs and gene[node] >= 0 and not np.any(gene[:node] == gene[node]):
                source = out_of_bag[permutation(seeds[tree], gene[node], len(out_of_bag))]
                risk = _permuted(sample.values, trees, tree, node, out_of_bag, source, intact, score)
                falls[tree, node] = (concordant - _concordant(risk, rank, event, nodes)[0]) / (2 * pairs)


@compiled
def _permuted(
    values: NDArray[np.float32],
    trees: Trees,
    tree: int,
    first: int,
    patients: Ints,
    source: Ints,
    intact: Ints,
    score: Ints,
) -> Ints:
    """Scores of `patients` when each reads the gene of node `first` from the patient of `source` in its place.

    Only patients whose leaf lies below a split on the gene move, and they start from that split.
    """
    gene, right = trees.gene[tree], trees.right[tree]
    risk = intact.copy()
    top = first
    while top <= trees.last[tree, 0]:
        if gene[top] != gene[first]:
            top += 1
            continue
        for k in range(len(patients)):
            if top <= trees.leaf[tree, patients[k]] <= trees.last[tree, top]:
                node = top
                while gene[node] >= 0:
                    reads = source[k] if gene[node] == gene[first] else patients[k]
                    left = values[gene[node], reads] <= trees.threshold[tree, node]
                    node = node + 1 if left else right[node]
                risk[k] = score[node]
        top = trees.last[tree, top] + 1
    return risk


@compiled
def _concordant(risk: Ints, rank: Ints, event: Bools, scores: int) -> tuple[int, int]:
    """Twice the concordant pairs (tied risks count one half), and the comparable pairs, of patients sorted by time.

    A death is comparable with all later patients but those who died at the same time. From the last patient to the
    first, `seen` counts those later ones by risk, 0 … scores - 1.
    """
    seen = np.zeros(scores, np.int64)
    added = len(risk)
    twice = pairs = 0
    for i in range(len(risk) - 1, -1, -1):
        if event[i]:
            while added > i + 1 and not (event[added - 1] and rank[added - 1] == rank[i]):
                added -= 1
                seen[risk[added]] += 1
            twice += 2 * seen[: risk[i]].sum() + seen[risk[i]]
            pairs += len(risk) - added
    return twice, pairs
