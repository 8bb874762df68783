"""K-nearest-neighbour imputation in which the neighbours are genes (Troyanskaya et al. 2001)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pomp.errors import ConfigError, TrainingError
from pomp.omics.nearest import nearest_genes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPARE = 2
"""Neighbours kept for each one used, so that a patient who lacks the nearest can fall back on the next."""

MOST_SPARE = 16
"""As many are kept where a training patient would otherwise find fewer than K."""

LEAST_DISTANCE = 1e-12
"""A gene nearer than this (a copy) weighs as if it lay this far away: all the rest then counts for nothing."""

BLOCK = 1024
"""Columns looked at at once; bounds the memory."""


class GeneWiseKNNImputer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Fills a missing value from the same patient's values of the most similar genes.

    As Troyanskaya et al. (Missing value estimation methods for DNA microarrays, Bioinformatics 2001): similarity is the
    Euclidean distance between genes over the patients in whom both were measured (scaled up to all patients), and the
    estimate is the average of the K nearest genes that were measured in this patient, weighted by 1 / distance. Their
    values are log ratios, so that every gene lies about 0; here each gene's training mean is taken off first, for the
    same effect, and added again. Nothing is divided by the deviation: a gene that hardly moves is no good neighbour of
    one that moves a lot.

    Distances and means come from the training patients. A new patient is filled from its own values alone: from the K
    nearest that it has among the 2 K kept (up to 16 K where some training patient would find fewer than K among them),
    and with the gene's training mean where it has none of these.

    A gene's neighbours are found when they are first needed, so that filling the training table costs what its genes
    with gaps cost. Until then the imputer refers to that table, which must not be changed.

    Args:
        neighbours: K, at least 1.

    Attributes after `fit`:
        genes_: the genes that `transform` returns.
        donors_: every gene that `transform` reads.
        means_: (D,) training means of the donors.
        nearest_: of each gene that was needed so far: the places of its neighbours among the donors, nearest first, and
            their weights, 1 / distance.
    """

    def __init__(self, neighbours: int = 10) -> None:
        self.neighbours = neighbours

    def fit(self, values: pd.DataFrame, genes: Sequence[str] | None = None) -> Self:
        """Learn from training patients; the neighbours of a gene may be any column.

        Args:
            values: (N, columns), NaN = missing; patients in rows.
            genes: those that `transform` is to return. None: all columns.

        Raises:
            ConfigError: `neighbours` is less than 1.
            TrainingError: no patients, a column twice, one without values, an infinite value, or an unknown gene.
        """
        if self.neighbours < 1:
            raise ConfigError(f"neighbours = {self.neighbours}: a missing value needs at least 1 neighbour.")
        x, donors = values.to_numpy(np.float64), values.columns.tolist()
        _check(values, donors if genes is None else genes)
        self.means_ = _means(x, values)
        self.donors_, self.genes_ = donors, donors if genes is None else list(genes)
        self.nearest_: dict[str, tuple[Ints, Floats]] = {}
        self._training: Floats | None = x
        return self

    def fit_transform(self, values: pd.DataFrame, y: Any = None, genes: Sequence[str] | None = None) -> pd.DataFrame:
        """The training patients themselves, filled. `y` is there for pipelines, and not read."""
        return self.fit(values, genes).transform(values)

    def transform(self, values: pd.DataFrame) -> pd.DataFrame:
        """(N, columns) to (N, genes_) without NaN; a column that `values` lacks is missing in every patient.

        Raises:
            NotFittedError: before `fit` (scikit-learn's).
        """
        check_is_fitted(self)
        same = values.columns.tolist() == self.donors_  # pandas would copy the table all the same
        x = (values if same else values.reindex(columns=self.donors_)).to_numpy(np.float64)
        columns = self._columns(self.genes_)
        gaps = np.flatnonzero(_with_gaps(x)[columns])
        self._find([self.genes_[gene] for gene in gaps])
        filled = x.copy() if self.genes_ == self.donors_ else x[:, columns]
        for gene in gaps:
            patients = np.flatnonzero(np.isnan(filled[:, gene]))
            places, weights = self.nearest_[self.genes_[gene]]
            offered = x[patients[:, None], places] - self.means_[places]
            filled[patients, gene] = _estimate(offered, weights, self.neighbours) + self.means_[columns[gene]]
        return pd.DataFrame(filled, index=values.index, columns=self.genes_)

    def restricted(self, genes: Sequence[str]) -> GeneWiseKNNImputer:
        """An imputer of fewer genes, which keeps only what these need; it fills the same values."""
        check_is_fitted(self)
        self._find(genes)
        columns = self._columns(genes)
        kept = np.unique(np.concatenate([columns, *(self.nearest_[gene][0] for gene in genes)]))
        small = GeneWiseKNNImputer(self.neighbours)
        small.genes_, small.donors_ = list(genes), [self.donors_[column] for column in kept]
        small.means_ = self.means_[kept]
        small.nearest_ = {
            gene: (np.searchsorted(kept, self.nearest_[gene][0]), self.nearest_[gene][1]) for gene in genes
        }
        small._training = None
        return small

    def to_json(self) -> dict[str, Any]:
        """Everything `transform` needs, as plain data."""
        check_is_fitted(self)
        self._find(self.genes_)
        return {
            "neighbours": self.neighbours,
            "genes": self.genes_,
            "donors": self.donors_,
            "means": self.means_.tolist(),
            "nearest": [self.nearest_[gene][0].tolist() for gene in self.genes_],
            "weights": [self.nearest_[gene][1].tolist() for gene in self.genes_],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        imputer = cls(data["neighbours"])
        imputer.genes_, imputer.donors_ = data["genes"], data["donors"]
        imputer.means_ = np.array(data["means"], dtype=np.float64)
        imputer.nearest_ = {
            gene: (np.array(places, dtype=np.int64), np.array(weights, dtype=np.float64))
            for gene, places, weights in zip(data["genes"], data["nearest"], data["weights"], strict=True)
        }
        imputer._training = None
        return imputer

    @property
    def n_features_in_(self) -> int:
        """How many genes `transform` reads."""
        return len(self.donors_)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """(D,) the genes that `transform` reads."""
        return np.array(self.donors_, dtype=object)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[np.object_]:
        """(G,) the genes that `transform` returns. `input_features` is scikit-learn's, and not read."""
        check_is_fitted(self)
        return np.array(self.genes_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _columns(self, genes: Sequence[str]) -> Ints:
        place = {gene: column for column, gene in enumerate(self.donors_)}
        return np.array([place[gene] for gene in genes], dtype=np.int64)

    def _find(self, genes: Sequence[str]) -> None:
        """Find the neighbours of those genes that have none yet; twice as many again of those still short of K."""
        genes = [gene for gene in genes if gene not in self.nearest_]
        if self._training is None or not genes:
            return
        x, most = self._training, max(1, min(MOST_SPARE * self.neighbours, len(self.donors_) - 1))
        enough = np.minimum(self.neighbours, [np.count_nonzero(~np.isnan(patient)) for patient in x])
        keep = min(SPARE * self.neighbours, most)
        while genes:
            columns = self._columns(genes)
            places, distances = nearest_genes(x, self.means_, columns, keep)
            for gene, near, distance in zip(genes, places, distances, strict=True):
                some = np.isfinite(distance)
                self.nearest_[gene] = near[some], 1 / np.maximum(distance[some], LEAST_DISTANCE)
            if keep == most:
                return
            genes = [g for g, c, near in zip(genes, columns, places, strict=True) if _short(x, c, near, enough)]
            keep = min(2 * keep, most)


def _check(values: pd.DataFrame, genes: Sequence[str]) -> None:
    if values.empty:
        raise TrainingError(f"Nothing can be imputed from a table of {len(values)} patients and {len(genes)} genes.")
    twice = values.columns[values.columns.duplicated()]
    if len(twice):
        raise TrainingError(f"Gene '{twice[0]}' has more than one column: keep one, or merge them.")
    unknown = [gene for gene in genes if gene not in values.columns]
    if unknown:
        raise TrainingError(
            f"Gene '{unknown[0]}' is to be imputed and is no column of the training table (as {len(unknown)} of "
            f"{len(genes)} genes): use the table's names."
        )


def _blocks(columns: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, columns, BLOCK))


def _means(x: Floats, values: pd.DataFrame) -> Floats:
    """(D,) means of the values there are; raises where there are none, or infinite ones."""
    means = np.empty(x.shape[1])
    for block in _blocks(x.shape[1]):
        part, names = x[:, block], values.columns[block]
        seen = ~np.isnan(part)
        count = seen.sum(axis=0)
        if not count.all():
            empty = names[count == 0]
            raise TrainingError(
                f"Gene '{empty[0]}' has no value in any of {len(x)} training patients, so nothing can be learnt of it: "
                "leave it out."
            )
        if np.isinf(part).any():
            row, column = np.argwhere(np.isinf(part))[0]
            raise TrainingError(
                f"Patient '{values.index[row]}', gene '{names[column]}': {part[row, column]} is no measurement. "
                "Leave the cell empty, or correct it."
            )
        means[block] = np.where(seen, part, 0.0).sum(axis=0) / count
    return means


def _with_gaps(x: Floats) -> Bools:
    """(D,) whether any patient lacks the gene."""
    gaps = np.zeros(x.shape[1], np.bool_)
    for block in _blocks(x.shape[1]):
        gaps[block] = np.isnan(x[:, block]).any(axis=0)
    return gaps


def _estimate(offered: Floats, weights: Floats, neighbours: int) -> Floats:
    """(M,) weighted means of the first K numbers in each row of `offered` (M, L), nearest first; 0 without any."""
    usable = ~np.isnan(offered)
    usable &= np.cumsum(usable, axis=1) <= neighbours
    used = np.where(usable, weights, 0.0)
    total = used.sum(axis=1)
    return np.asarray((used * np.where(usable, offered, 0.0)).sum(axis=1) / np.where(total > 0, total, 1.0))


def _short(x: Floats, column: int, near: Ints, enough: Ints) -> bool:
    """Whether a patient who lacks the gene has fewer of those near it (L,) than are `enough` for it (N,)."""
    patients = np.flatnonzero(np.isnan(x[:, column]))
    usable = (~np.isnan(x[patients[:, None], near])).sum(axis=1)
    return bool(near[-1] >= 0 and (usable < enough[patients]).any())
