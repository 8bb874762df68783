"""Numbers by patient, omics type and gene as a table with a row each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.omics.matrix import OmicsMatrix


def gene_rows(
    patients: Sequence[str], there: NDArray[np.bool_], omics: OmicsMatrix, **numbers: NDArray[np.float32]
) -> pd.DataFrame:
    """Columns patient, type, gene and those of `numbers`, in this order of rows too; padding has no row.

    Args:
        patients: N of them.
        there: (N, T) whose types are listed.
        omics: whose T types and G genes they are.
        numbers: name → (N, T, G).
    """
    listed = there[:, :, None] & omics.gene_mask
    patient, kind, gene = listed.nonzero()
    return pd.DataFrame(
        {
            "patient": np.array(patients, dtype=object)[patient],
            "type": np.array(omics.types, dtype=object)[kind],
            "gene": gene_names(omics)[kind, gene],
            **{name: values[listed] for name, values in numbers.items()},
        }
    )


def gene_names(omics: OmicsMatrix) -> NDArray[np.object_]:
    """(T, G) the genes of each type, with empty names for padding."""
    names = np.full(omics.gene_mask.shape, "", dtype=object)
    for row, kind in zip(names, omics.types, strict=False):  # `OmicsMatrix.empty` has a row and no type
        row[: len(omics.genes[kind])] = omics.genes[kind]
    return names
