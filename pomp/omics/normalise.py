"""Every kind of omics table on a scale where differences mean the same for low and high values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pomp.data.omics_table import Kind

Floats = NDArray[np.float64]

LIMIT = 10.0
"""Largest size of a z-score or M-value: 10 standard deviations, or a methylation of 0.1 % or 99.9 %.

Public z-score tables hold values in the thousands (a division by a deviation near 0). Left as they are, one of them
decides its gene's mean and deviation, and every other patient's value shrinks to nothing."""


@dataclass(frozen=True)
class Normaliser:
    """From the values of a table to log-like values, by what the training patients show.

    counts: divided by the patient's library size, then log2(x + 1). beta: M = log2(β / (1 - β)). zscore, m, beta:
    within ±LIMIT. log, binary, copies: as they are. NaN stays NaN.

    Attributes:
        kind: of the table.
        log_reference: (G,) log of each gene's reference count; NaN = the gene takes no part in the library size.
            Empty unless the kind is counts.
    """

    kind: Kind
    log_reference: Floats

    @classmethod
    def fit(cls, values: Floats, kind: Kind) -> Self:
        """`values` (N, G) of the training patients; no row is all NaN."""
        return cls(kind, _log_reference(values) if kind == "counts" else np.zeros(0))

    def transform(self, values: Floats) -> Floats:
        """(N, G) to (N, G), each patient on its own."""
        if self.kind == "counts":
            return np.log2(values / library_size(values, self.log_reference)[:, None] + 1)
        if self.kind == "beta":
            beta = np.clip(values, 2.0**-LIMIT, 1 - 2.0**-LIMIT)
            values = np.log2(beta / (1 - beta))
        return np.clip(values, -LIMIT, LIMIT) if self.kind in {"beta", "m", "zscore"} else values

    def restricted(self, columns: NDArray[np.int64]) -> Self:
        """The same for fewer genes; those of the library size must be among them."""
        return replace(self, log_reference=self.log_reference[columns]) if self.kind == "counts" else self

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "log_reference": [None if np.isnan(v) else v for v in self.log_reference.tolist()]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(data["kind"], np.array(data["log_reference"], dtype=np.float64))


def _log_reference(counts: Floats) -> Floats:
    """Log geometric mean of the genes that no training patient lacks, as DESeq2's median of ratios takes it.

    Where no gene is above 0 in every patient (small RNAs in large cohorts), DESeq2's `poscounts`: every gene with any
    count, zeros adding 0 to the sum of logs.
    """
    logs = _log_positive(counts)
    everywhere = ~np.isnan(logs).any(axis=0)
    if everywhere.any():
        return np.where(everywhere, logs.mean(axis=0), np.nan)
    seen = ~np.isnan(logs).all(axis=0)
    reference = np.where(seen, np.nansum(logs, axis=0) / len(counts), np.nan)
    return np.asarray(reference + np.log(library_size(counts, reference)).mean())


def library_size(counts: Floats, log_reference: Floats) -> Floats:
    """Size factor of each patient (N,): the median ratio of its counts to the reference, over its genes above 0.

    A patient without any count in the reference genes gets 1.
    Source: Anders & Huber, Genome Biology 2010, Eq. 5; Love et al., Genome Biology 2014.
    """
    ratios = _log_positive(counts) - log_reference
    factors = np.ones(len(counts))
    known = ~np.isnan(ratios).all(axis=1)
    factors[known] = np.exp(np.nanmedian(ratios[known], axis=1))
    return factors


def _log_positive(counts: Floats) -> Floats:
    return np.log(np.where(counts > 0, counts, np.nan))
