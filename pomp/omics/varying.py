"""Genes that say something: zero variance out."""

from __future__ import annotations

from typing import Self

import pandas as pd

from pomp.omics.gene_filter import GeneFilter


class VaryingGenes(GeneFilter):
    """Keeps the genes of which two training patients have different values; NaN is no value."""

    def fit(self, values: pd.DataFrame, outcome: pd.DataFrame | None = None) -> Self:
        """Look at the columns of `values` (N, G); `outcome` is not read."""
        self._see(values)
        self.support_ = (values.max() > values.min()).to_numpy()
        return self
