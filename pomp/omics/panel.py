"""The fitted genes of one omics type: everything a new patient needs, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.errors import CohortError
from pomp.omics.impute import GeneWiseKNNImputer
from pomp.omics.normalise import Normaliser

Floats = NDArray[np.float64]

CLIP = 5.0
"""Standard deviations beyond which a standardised value is cut."""


@dataclass(frozen=True)
class GenePanel:
    """Selected genes of one omics type, and how to bring a patient's values onto the training fold's scale.

    Attributes:
        omics: name of the type.
        reads: the columns of a table that are read: the selected genes, their neighbours, and for counts the genes of
            the library size. `normaliser` is fitted on these.
        genes: selected genes, by importance.
        mean, sd: (G,) of the genes in the training fold, after imputation.
    """

    omics: str
    reads: tuple[str, ...]
    normaliser: Normaliser
    imputer: GeneWiseKNNImputer
    mean: Floats
    sd: Floats

    @property
    def genes(self) -> tuple[str, ...]:
        return tuple(self.imputer.genes_)

    def transform(self, values: pd.DataFrame, patients: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Standardised values (N, G), 0 where the type is missing, and who has it (N,); each patient on its own.

        A patient has the type if `values` has a row with at least one number.

        Raises:
            CohortError: the table has none of the panel's genes.
        """
        if not values.columns.isin(self.genes).any():
            raise CohortError(
                f"The table of omics type '{self.omics}' has none of the {len(self.genes)} genes of this model, such "
                f"as '{self.genes[0]}'; its first column is '{next(iter(values.columns), '')}'. Use the same names."
            )
        rows = values.reindex(index=list(patients))
        present = rows.notna().any(axis=1).to_numpy()
        raw = np.ascontiguousarray(rows.loc[present].reindex(columns=list(self.reads)).to_numpy(np.float64))
        known = pd.DataFrame(self.normaliser.transform(raw), columns=list(self.reads))
        filled = self.imputer.transform(known).to_numpy()
        standardised = np.zeros((len(rows), len(self.genes)))
        standardised[present] = np.clip((filled - self.mean) / self.sd, -CLIP, CLIP)
        return standardised, present

    def to_json(self) -> dict[str, Any]:
        return {
            "omics": self.omics,
            "reads": list(self.reads),
            "normaliser": self.normaliser.to_json(),
            "imputer": self.imputer.to_json(),
            "mean": self.mean.tolist(),
            "sd": self.sd.tolist(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            omics=data["omics"],
            reads=tuple(data["reads"]),
            normaliser=Normaliser.from_json(data["normaliser"]),
            imputer=GeneWiseKNNImputer.from_json(data["imputer"]),
            mean=np.array(data["mean"], dtype=np.float64),
            sd=np.array(data["sd"], dtype=np.float64),
        )
