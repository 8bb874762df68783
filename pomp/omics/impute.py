"""K-nearest-neighbour imputation in which the neighbours are genes (Troyanskaya et al. 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPARE = 2
"""Neighbours kept for each one used, so that a patient who lacks the nearest can fall back on the next."""

CHUNK = 256
"""Genes whose distances are computed at once; bounds the memory."""


class GeneWiseKNNImputer:
    """Fills a missing value from the same patient's values of the most similar genes.

    As Troyanskaya et al. (Missing value estimation methods for DNA microarrays, Bioinformatics 2001): similarity is the
    Euclidean distance between genes over the patients in whom both were measured (scaled up to all patients), and the
    estimate is the average of the K nearest genes that were measured in this patient, weighted by 1 / distance. Their
    values are log ratios, so that every gene lies about 0; here each gene's training mean is taken off first, for the
    same effect, and added again. Nothing is divided by the deviation: a gene that hardly moves is no good neighbour of
    one that moves a lot.

    Distances and means come from the training patients. A new patient is filled from its own values alone, and with the
    gene's training mean where it has none of the neighbours (of whom 2 K are kept).

    Attributes after `fit`:
        genes_: the genes that `transform` returns.
        donors_: every gene that `transform` reads.
        means_: (D,) training means of the donors.
        neighbours_: (G, ≤ 2 K) places among the donors, nearest first.
        weights_: (G, ≤ 2 K) 1 / distance; 0 = no patient has both genes.
    """

    def __init__(self, neighbours: int = 10) -> None:
        self.neighbours = neighbours

    def fit(self, values: pd.DataFrame, genes: Sequence[str] | None = None) -> Self:
        """Find the neighbours of `genes` (default: all) among all columns of `values` (N, columns), NaN = missing.

        Every column must have at least one value.
        """
        self.donors_ = [str(name) for name in values.columns]
        self.genes_ = self.donors_ if genes is None else list(genes)
        x = np.ascontiguousarray(values.to_numpy(np.float64))
        self.means_ = np.nanmean(x, axis=0)
        columns = self._columns()
        blocks = [columns[start : start + CHUNK] for start in range(0, len(columns), CHUNK)]
        nearest = _nearest(x - self.means_, blocks, min(SPARE * self.neighbours, x.shape[1] - 1))
        self.neighbours_, self.weights_ = nearest
        return self

    def transform(self, values: pd.DataFrame) -> pd.DataFrame:
        """(N, columns) to (N, genes_) without NaN; a column that `values` lacks is missing in every patient."""
        x = np.ascontiguousarray(values.reindex(columns=self.donors_).to_numpy(np.float64))
        columns = self._columns()
        filled = x[:, columns]
        patient, gene = np.nonzero(np.isnan(filled))
        offered = (x - self.means_)[patient[:, None], self.neighbours_[gene]]
        usable = ~np.isnan(offered) & (self.weights_[gene] > 0)
        usable &= np.cumsum(usable, axis=1) <= self.neighbours
        weights = np.where(usable, self.weights_[gene], 0.0)
        total = weights.sum(axis=1)
        estimate = (weights * np.where(usable, offered, 0.0)).sum(axis=1) / np.where(total > 0, total, 1.0)
        filled[patient, gene] = estimate + self.means_[columns][gene]
        return pd.DataFrame(filled, index=values.index, columns=self.genes_)

    def restricted(self, genes: Sequence[str]) -> GeneWiseKNNImputer:
        """An imputer of fewer genes, which keeps only what these need; it fills the same values."""
        place = {gene: row for row, gene in enumerate(self.genes_)}
        rows = np.array([place[gene] for gene in genes], dtype=np.int64)
        kept, renumbered = np.unique(
            np.concatenate([self._columns()[rows], self.neighbours_[rows].ravel()]), return_inverse=True
        )
        small = GeneWiseKNNImputer(self.neighbours)
        small.genes_ = list(genes)
        small.donors_ = [self.donors_[column] for column in kept]
        small.means_ = self.means_[kept]
        small.neighbours_ = renumbered[len(rows) :].reshape(len(rows), self.neighbours_.shape[1])
        small.weights_ = self.weights_[rows]
        return small

    def to_json(self) -> dict[str, Any]:
        return {
            "neighbours": self.neighbours,
            "genes": self.genes_,
            "donors": self.donors_,
            "means": self.means_.tolist(),
            "nearest": self.neighbours_.tolist(),
            "weights": self.weights_.tolist(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        imputer = cls(data["neighbours"])
        imputer.genes_, imputer.donors_ = data["genes"], data["donors"]
        imputer.means_ = np.array(data["means"], dtype=np.float64)
        shape = len(imputer.genes_), -1 if imputer.genes_ else 0
        imputer.neighbours_ = np.array(data["nearest"], dtype=np.int64).reshape(shape)
        imputer.weights_ = np.array(data["weights"], dtype=np.float64).reshape(shape)
        return imputer

    def _columns(self) -> Ints:
        place = {gene: column for column, gene in enumerate(self.donors_)}
        return np.array([place[gene] for gene in self.genes_], dtype=np.int64)


def _nearest(x: Floats, blocks: Sequence[Ints], keep: int) -> tuple[Ints, Floats]:
    """Columns (G, keep) and weights (G, keep) of the genes nearest to the genes in `blocks`; x (N, D) is centred."""
    seen = ~np.isnan(x)
    zeros, mask = np.where(seen, x, 0.0), seen.astype(np.float64)
    neighbours, weights = [], []
    for block in blocks:
        rough = _squared_distances(zeros, mask, block)
        rough[np.arange(len(block)), block] = np.inf
        found = np.sort(np.argpartition(rough, max(keep - 1, 0), axis=1)[:, :keep], axis=1)
        exact = _distances(x, block, found)
        order = np.argsort(exact, axis=1, kind="stable")
        neighbours.append(np.take_along_axis(found, order, axis=1))
        weights.append(1 / np.maximum(np.take_along_axis(exact, order, axis=1), 1e-12))
    return np.concatenate(neighbours), np.concatenate(weights)


def _squared_distances(zeros: Floats, mask: Floats, block: Ints) -> Floats:
    """Σ (a - b)² over the patients who have both, by the mean; as three matrix products, exact to rounding."""
    shared = mask[:, block].T @ mask
    squares = zeros**2
    sums = squares[:, block].T @ mask + mask[:, block].T @ squares - 2 * (zeros[:, block].T @ zeros)
    return np.where(shared > 0, sums / np.maximum(shared, 1), np.inf)


def _distances(x: Floats, block: Ints, found: Ints) -> Floats:
    """Euclidean distances (B, K) without the rounding of matrix products; infinite where no patient has both."""
    distances = np.full(found.shape, np.inf)
    for row, gene in enumerate(block):
        squares = (x[:, found[row]] - x[:, [gene]]) ** 2
        shared = (~np.isnan(squares)).sum(axis=0)
        some = shared > 0
        distances[row, some] = np.sqrt(np.nansum(squares[:, some], axis=0) / shared[some] * len(x))
    return distances
