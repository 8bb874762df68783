"""Survival trees by log-rank splits, compiled: B trees of at most K nodes, over N patients and G genes.

Numba notices an edit of a function's own file only, so compiled functions that call each other stay in one file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pomp.compiled import compiled
from pomp.omics.forest.threads import in_threads

LEAST_VARIANCE = 1e-9
"""A log-rank variance that is not 0 is 1/(2N) or more: what lies below this is rounding."""


class Sample(NamedTuple):
    """Patients sorted by time, deaths before censorings of the same time, and their values gene by gene."""

    values: NDArray[np.float32]  # (G, N)
    order: NDArray[np.int32]  # (G, N) the patients by their value of each gene
    rank: NDArray[np.int64]  # (N,) distinct event times up to the patient's own time, ascending
    event: NDArray[np.bool_]  # (N,)


class Trees(NamedTuple):
    """Nodes in preorder: the left child of node k is k + 1, and its subtree is k … last[k]."""

    gene: NDArray[np.int32]  # (B, K) -1 = a leaf, or no node
    threshold: NDArray[np.float64]  # (B, K) values up to it go left
    right: NDArray[np.int32]  # (B, K) the right child
    last: NDArray[np.int32]  # (B, K) the last node of the subtree
    mortality: NDArray[np.float64]  # (B, K) of the patients who grew the node
    leaf: NDArray[np.int32]  # (B, N) where every patient ends, whether it grew the tree or not


class _Scratch(NamedTuple):
    """What one node is worked out in; T distinct event times among its patients."""

    inside: NDArray[np.uint8]  # (N,) 1 = grows this node
    sorted: NDArray[np.int32]  # (N + 1,) its patients by the value of one gene
    weight: NDArray[np.float64]  # (N,) how often each patient was drawn
    place: NDArray[np.int64]  # (N,) its event times up to the patient's time, 0 … T
    residual: NDArray[np.float64]  # (N,) weight times (event - cumulative hazard at the patient's time)
    linear: NDArray[np.float64]  # (≤ N + 1,) W of `_best_cut`
    square: NDArray[np.float64]  # (≤ N + 1,) U of `_best_cut`
    step: NDArray[np.float64]  # (≤ N + 1,) W less twice the sum of `_best_cut`


def grow_trees(
    sample: Sample, drawn: NDArray[np.int32], seeds: NDArray[np.uint32], candidates: int, leaf: int
) -> Trees:
    """Grow one tree from each bootstrap sample; every tree draws from a generator of its own.

    As scikit-survival grows them: each node tries `candidates` genes drawn at random, and more only while all of them
    are constant in the node; the cut with the largest log-rank statistic splits, half-way between two values. A patient
    drawn twice is two patients to the statistic, and one to the limit of `leaf` patients.

    Args:
        sample: patients and values.
        drawn: (B, N) how often each bootstrap sample holds each patient.
        seeds: (B,) of the draws of candidate genes.
        candidates: genes tried at a node.
        leaf: patients in a leaf at the least.

    Source: Ishwaran et al., Random survival forests, Ann. Appl. Stat. 2008.
    """
    count, patients = drawn.shape
    shape = count, 2 * max(patients // leaf, 1) - 1
    trees = Trees(
        gene=np.full(shape, -1, np.int32),
        threshold=np.zeros(shape),
        right=np.zeros(shape, np.int32),
        last=np.zeros(shape, np.int32),
        mortality=np.zeros(shape),
        leaf=np.zeros((count, patients), np.int32),
    )
    in_threads(lambda first, step: _grow(sample, drawn, seeds, candidates, leaf, trees, first, step))
    return trees


@compiled
def _grow(
    sample: Sample,
    drawn: NDArray[np.int32],
    seeds: NDArray[np.uint32],
    candidates: int,
    leaf: int,
    trees: Trees,
    first: int,
    step: int,
) -> None:
    for tree in range(first, len(seeds), step):
        np.random.seed(seeds[tree])  # noqa: NPY002  numba's generator, of this thread alone
        _grow_tree(sample, drawn[tree], candidates, leaf, trees, tree)


@compiled
def _grow_tree(sample: Sample, drawn: NDArray[np.int32], candidates: int, leaf: int, trees: Trees, tree: int) -> None:
    """Grow the tree of row `tree`, left subtrees first."""
    scratch = _scratch(drawn)
    genes = np.arange(len(sample.values)).astype(np.int32)
    people = np.arange(len(drawn)).astype(np.int32)  # each node owns a stretch, in which patients stay sorted by time
    todo = np.zeros((trees.gene.shape[1], 3), np.int64)  # stretch, and the node whose right child it becomes
    todo[0] = 0, len(drawn), -1
    node, waiting = 0, 1
    while waiting:
        waiting -= 1
        start, stop, parent = todo[waiting]
        if parent >= 0:
            trees.right[tree, parent] = node
        grown, times, trees.mortality[tree, node] = _risk_sets(sample, people[start:stop], scratch)
        gene = -1
        if grown >= 2 * leaf and times:
            gene, threshold = _split(sample, scratch, grown, times, genes, candidates, leaf)
        if gene >= 0:
            trees.gene[tree, node], trees.threshold[tree, node] = gene, threshold
            middle = start + _partition(people[start:stop], sample.values[gene], threshold, scratch.sorted)
            todo[waiting] = middle, stop, node
            todo[waiting + 1] = start, middle, -1
            waiting += 2
        else:
            trees.leaf[tree, people[start:stop]] = node
        node += 1
    for k in range(node - 1, -1, -1):
        trees.last[tree, k] = k if trees.gene[tree, k] < 0 else trees.last[tree, trees.right[tree, k]]


@compiled
def _scratch(drawn: NDArray[np.int32]) -> _Scratch:
    patients = len(drawn)
    return _Scratch(
        np.zeros(patients, np.uint8),
        np.zeros(patients + 1, np.int32),
        drawn.astype(np.float64),
        np.zeros(patients, np.int64),
        np.zeros(patients),
        np.zeros(patients + 1),
        np.zeros(patients + 1),
        np.zeros(patients + 1),
    )


@compiled
def _risk_sets(sample: Sample, people: NDArray[np.int32], scratch: _Scratch) -> tuple[int, int, float]:
    """Fill `scratch` for one node; the patients that grow it, their event times, and their mortality.

    With Y at risk and d deaths at an event time, v = d (Y - d) / (Y - 1): W sums v / Y and U sums v / Y². Mortality is
    the Nelson-Aalen estimate summed over the event times of all patients.
    """
    scratch.inside[:] = 0
    grown, at_risk = 0, 0.0
    for i in people:
        if scratch.weight[i]:
            scratch.inside[i] = 1
            scratch.sorted[grown] = i
            grown += 1
            at_risk += scratch.weight[i]
    hazard = mortality = 0.0
    times = first = 0
    while first < grown:
        rank = sample.rank[scratch.sorted[first]]
        deaths, leaving, after = 0.0, 0.0, first
        while after < grown and sample.rank[scratch.sorted[after]] == rank:
            weight = scratch.weight[scratch.sorted[after]]
            deaths += weight * sample.event[scratch.sorted[after]]
            leaving += weight
            after += 1
        if deaths:
            times += 1
            hazard += deaths / at_risk
            mortality += deaths / at_risk * (sample.rank[-1] - rank + 1)
            variance = deaths * (at_risk - deaths) / (at_risk - 1) if at_risk > 1 else 0.0
            scratch.linear[times] = scratch.linear[times - 1] + variance / at_risk
            scratch.square[times] = scratch.square[times - 1] + variance / at_risk**2
        for i in scratch.sorted[first:after]:
            scratch.place[i], scratch.residual[i] = times, scratch.weight[i] * (sample.event[i] - hazard)
        first, at_risk = after, at_risk - leaving
    return grown, times, mortality


@compiled
def _split(
    sample: Sample, scratch: _Scratch, grown: int, times: int, genes: NDArray[np.int32], candidates: int, leaf: int
) -> tuple[int, float]:
    """The gene and threshold that split the node best; -1 = none does. Reorders `genes` as it draws from them."""
    best, gene, threshold, varying = -1.0, -1, 0.0, False
    for drawn in range(len(genes)):
        if drawn >= candidates and varying:
            break
        at = np.random.randint(drawn, len(genes))  # noqa: NPY002
        genes[drawn], genes[at] = genes[at], genes[drawn]
        tried = genes[drawn]
        values = sample.values[tried]
        _members(sample.order[tried], scratch.inside, scratch.sorted)
        score, cut = _best_cut(values, scratch, grown, times, leaf, best)
        varying = varying or values[scratch.sorted[0]] != values[scratch.sorted[grown - 1]]
        if score > best:
            low, high = np.float64(values[scratch.sorted[cut - 1]]), np.float64(values[scratch.sorted[cut]])
            best, gene, threshold = score, tried, low / 2 + high / 2
    return gene, threshold


@compiled
def _members(order: NDArray[np.int32], inside: NDArray[np.uint8], members: NDArray[np.int32]) -> None:
    """The patients of `order` (N,) that are `inside`, in that order; without a branch, which would be guessed wrong."""
    count = 0
    for i in order:
        members[count] = i
        count += inside[i]


@compiled
def _best_cut(
    values: NDArray[np.float32], scratch: _Scratch, grown: int, times: int, leaf: int, least: float
) -> tuple[float, int]:
    """The largest log-rank statistic (squared) above `least` over all cuts of one gene, and how many patients go left.

    Patients go left one by one. The numerator (observed - expected deaths on the left) is the sum of their residuals.
    The variance is Σ_t (a/Y)(1 - a/Y) v = Σ_t a v/Y - a² v/Y², with a(t) of the left at risk at t. A patient of weight
    w whose time is the k-th adds w to a(t) up to there, hence w (W(k) - w U(k) - 2 Σ_{t ≤ k} a v/Y²) to the variance;
    and the sum, for each place t of those to come, grows by w U(min(k, t)). So a cut costs T additions, no division.
    """
    linear, square, step = scratch.linear, scratch.square, scratch.step
    step[: times + 1] = linear[: times + 1]
    best, cut = least, 0
    excess = variance = 0.0
    for left in range(1, grown - leaf + 1):
        patient = scratch.sorted[left - 1]
        weight, place = scratch.weight[patient], scratch.place[patient]
        excess += scratch.residual[patient]
        variance += weight * (step[place] - weight * square[place])
        better = left >= leaf and variance > LEAST_VARIANCE and excess * excess > best * variance
        if better and values[patient] != values[scratch.sorted[left]]:
            best, cut = excess * excess / variance, left
        reached, twice = square[place], 2 * weight
        for t in range(times + 1):
            step[t] -= twice * (square[t] if square[t] < reached else reached)
    return best, cut


@compiled
def _partition(
    people: NDArray[np.int32], values: NDArray[np.float32], threshold: float, spare: NDArray[np.int32]
) -> int:
    """Bring the patients that go left to the front, all in their old order; how many they are."""
    left = right = 0
    for i in people:
        if values[i] <= threshold:
            people[left] = i
            left += 1
        else:
            spare[right] = i
            right += 1
    people[left:] = spare[:right]
    return left
