"""Genes of several cohorts under one order, so that one model reads them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pomp.omics.matrix import OmicsMatrix
from pomp.omics.selector import OmicsSelector


@dataclass(frozen=True)
class Vocabulary:
    """The genes that any of several cohorts chose, by omics type. Types and genes are told apart by their names alone.

    The order of the cohorts plays no part: types and the genes of each are sorted.
    """

    genes: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, selectors: Iterable[OmicsSelector]) -> Self:
        """The union of what fitted selectors chose."""
        union: dict[str, set[str]] = {}
        for selector in selectors:
            for panel in selector.panels_:
                union.setdefault(panel.omics, set()).update(panel.genes)
        return cls({omics: tuple(sorted(union[omics])) for omics in sorted(union)})

    def arrange(self, matrix: OmicsMatrix) -> OmicsMatrix:
        """One cohort's omics in the order of the vocabulary.

        A type that the cohort lacks is present in none of its patients. A gene that it did not measure is masked and 0,
        which is the mean after standardising: in the linear layer of Eq. 3 it speaks neither for nor against anything,
        as a gene at its mean does. The measured ones are not scaled up for it, so that a token does not grow with what
        is unknown.

        Raises:
            KeyError: the matrix has a type or gene that is none of the vocabulary.
        """
        count, types = len(matrix.patients), list(self.genes)
        shape = len(types), max(map(len, self.genes.values()))
        values, present = np.zeros((count, *shape), np.float32), np.zeros((count, len(types)), np.bool_)
        gene_mask = np.zeros(shape, np.bool_)
        for own, omics in enumerate(matrix.types):
            place, columns = types.index(omics), self._columns(omics, matrix)
            gene_mask[place, columns] = True
            values[:, place, columns] = matrix.values[:, own, : len(columns)]
            present[:, place] = matrix.present[:, own]
        return OmicsMatrix(
            values=values,
            present=present,
            gene_mask=gene_mask,
            types=tuple(types),
            genes=self.genes,
            patients=matrix.patients,
        )

    def _columns(self, omics: str, matrix: OmicsMatrix) -> list[int]:
        column = {gene: place for place, gene in enumerate(self.genes[omics])}
        return [column[gene] for gene in matrix.genes[omics]]

    def to_json(self) -> dict[str, Any]:
        return {omics: list(genes) for omics, genes in self.genes.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls({omics: tuple(genes) for omics, genes in data.items()})
