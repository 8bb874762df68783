"""What a selection may read of one omics type: nothing else reaches the fit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.omics_table import Kind, OmicsTable
from pomp.errors import TrainingError


@dataclass(frozen=True)
class TrainingRows:
    """The training patients of one omics type, their follow-up, and the normal samples of nobody who is tested.

    Patients and genes are sorted, and the numbers lie in memory gene by gene, because ties and the rounding of sums are
    decided by order, and no result may depend on how a file was written or a table was made.

    Attributes:
        name, kind: of the table.
        values: (N, G) of the training patients who have a value; NaN = missing.
        outcome: time_days and event of the same N patients; at least one event.
        normals: (M, G) normal samples with the same columns, or None.
    """

    name: str
    kind: Kind
    values: pd.DataFrame
    outcome: pd.DataFrame
    normals: pd.DataFrame | None

    @classmethod
    def of(cls, table: OmicsTable, outcome: pd.DataFrame, unseen: Collection[str] = ()) -> Self:
        """The rows of `table` whose patients are in `outcome` (index = patient; time_days, event).

        Args:
            unseen: patients whose normal samples are left out.

        Raises:
            TrainingError: no patient or no event is left.
        """
        patients = sorted(outcome.index.intersection(table.values.index))
        values = _gene_by_gene(table.values.loc[patients, sorted(table.values.columns)])
        empty = values.isna().all(axis=1)
        values = _gene_by_gene(values[~empty]) if empty.any() else values
        outcome = outcome.loc[values.index, ["time_days", "event"]]
        if not outcome["event"].any():
            raise TrainingError(
                f"Omics type '{table.name}' has {len(values)} of the training patients and no event among them: genes "
                "cannot be chosen. Leave the type out (cohort.omics), or use fewer folds."
            )
        normals = None if table.normals is None else _without(table.normals, unseen)[values.columns]
        return cls(table.name, table.kind, values, outcome, None if normals is None else _gene_by_gene(normals))


def _without(normals: pd.DataFrame, unseen: Collection[str]) -> pd.DataFrame:
    return normals.loc[[parse_barcode(str(sample)).patient not in unseen for sample in normals.index]]


def _gene_by_gene(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.asfortranarray(frame.to_numpy(np.float64)), frame.index, frame.columns)
