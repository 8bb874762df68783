"""The omics input of the model: one array a fold, every type padded to the same number of genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class OmicsMatrix:
    """Selected and standardised genes of N patients in T omics types, G genes a type at most.

    Attributes:
        values: (N, T, G) float32, standardised by the training fold's mean and standard deviation, within ±5; 0 where a
            gene is masked or the patient lacks the type.
        present: (N, T) bool, the patient has this type.
        gene_mask: (T, G) bool, False = padding, as the type has fewer than G genes; or, in a vocabulary that several
            cohorts share, a gene that this one did not measure.
        types: T names, in the cohort's order or the vocabulary's.
        genes: the genes of each type, in the order of `values`; at most G.
        patients: N ids, in the order of `values`.
    """

    values: NDArray[np.float32]
    present: NDArray[np.bool_]
    gene_mask: NDArray[np.bool_]
    types: tuple[str, ...]
    genes: dict[str, tuple[str, ...]]
    patients: tuple[str, ...]

    @classmethod
    def empty(cls, patients: Sequence[str]) -> Self:
        """Nobody has any omics: one nameless type with one gene of padding, for a model that reads slides alone."""
        count = len(patients)
        return cls(
            values=np.zeros((count, 1, 1), np.float32),
            present=np.zeros((count, 1), np.bool_),
            gene_mask=np.zeros((1, 1), np.bool_),
            types=(),
            genes={},
            patients=tuple(patients),
        )
