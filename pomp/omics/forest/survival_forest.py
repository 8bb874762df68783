"""A random survival forest, and what it says of the patients that each tree has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from pomp.errors import TrainingError
from pomp.omics.forest.trees import Sample, Trees, grow_trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAF = 15
"""Patients in a leaf at the least: randomForestSRC's `nodesize` for survival."""


@dataclass(frozen=True)
class SurvivalForest:
    """B trees over N patients, who are kept in the order of `sample`, by time."""

    sample: Sample
    trees: Trees
    drawn: NDArray[np.int32]  # (B, N) how often each tree's bootstrap sample holds each patient
    seeds: NDArray[np.uint32]  # (B,) of each tree's generator
    rows: NDArray[np.intp]  # (N,) where each patient stands in the table it came from

    def oob_risk(self) -> Floats:
        """Mortality of each patient, averaged over the trees that have not seen it; (N,) in the order of the table.

        nan where all of them have. Mortality is the cumulative hazard summed over all event times; higher = earlier
        death.
        """
        mortality = np.take_along_axis(self.trees.mortality, self.trees.leaf, axis=1)
        unseen = self.drawn == 0
        risk = np.full(len(self.rows), np.nan)
        np.divide((mortality * unseen).sum(axis=0), unseen.sum(axis=0), out=risk, where=unseen.any(axis=0))
        return risk[np.argsort(self.rows)]


def grow_forest(
    x: Floats, time: Floats, event: Bools, trees: int, seed: int, candidates: int | None = None, leaf: int = LEAF
) -> SurvivalForest:
    """Grow a forest, one bootstrap sample a tree. A longer forest of the same seed begins with the same trees.

    The result depends on the seed and not on the number of threads (one a core, or NUMBA_NUM_THREADS).

    Args:
        x: (N, G) finite values, which are compared in single precision.
        time: (N,) days.
        event: (N,) True = the event was seen.
        trees: trees of the forest.
        seed: of bootstrap and candidate genes.
        candidates: genes tried at a node. None: √G.
        leaf: patients in a leaf at the least.

    Raises:
        TrainingError: no patient, lengths that differ, or a value that is missing or beyond single precision.
    """
    patients, genes = x.shape
    if not patients == len(time) == len(event) or not patients:
        raise TrainingError(
            f"A forest needs as many times and events as patients, and one or more: x has {patients} rows, time "
            f"{len(time)} and event {len(event)}. Take all three from the same patients."
        )
    sample, rows = sort_by_time(x, time, event)
    bootstrap, growth = np.random.SeedSequence(seed).spawn(2)
    picks = np.random.default_rng(bootstrap).integers(patients, size=(trees, patients))
    drawn = np.zeros((trees, patients), np.int32)
    np.add.at(drawn, (np.arange(trees)[:, None], picks), 1)
    seeds = growth.generate_state(trees).astype(np.uint32)
    grown = grow_trees(sample, drawn, seeds, isqrt(genes) if candidates is None else candidates, leaf)
    return SurvivalForest(sample, grown, drawn, seeds, rows)


def sort_by_time(x: Floats, time: Floats, event: Bools) -> tuple[Sample, NDArray[np.intp]]:
    """The sample that trees grow from, and the row of `x` that each of its patients comes from."""
    rows = np.lexsort((~event, time))
    time, event = time[rows], event[rows]
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(x[rows].T, dtype=np.float32)
    if not np.isfinite(values).all():
        gene, patient = np.argwhere(~np.isfinite(values))[0]
        raise TrainingError(
            f"A forest cannot compare the value {x[rows[patient], gene]} (row {rows[patient]}, column {gene}): impute "
            "missing values, and transform or leave out what is beyond 3e38."
        )
    rank = np.searchsorted(np.unique(time[event]), time, side="right")
    return Sample(values, _order(values), rank, event), rows


def _order(values: NDArray[np.float32]) -> NDArray[np.int32]:
    """Patients by value, ties by patient; (G, N).

    A value of single precision leaves the lower 29 bits of a double free. They take the patient, so that one plain sort
    of numbers does for a stable sort of indices, several times slower.
    """
    patients = values.shape[1]
    keys = values.astype(np.float64)
    bits = keys.view(np.uint64)
    bits |= np.arange(patients, dtype=np.uint64)
    keys.sort(axis=1)
    return (bits & np.uint64((1 << 29) - 1)).astype(np.int32)
