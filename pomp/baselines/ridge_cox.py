"""What all genes together tell a linear model: ridge Cox on principal components, the honest bar for omics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.baselines.penalised_cox import fit_penalised_cox
from pomp.baselines.penalty import choose_penalty
from pomp.data.omics_table import OmicsTable
from pomp.omics.normalise import Normaliser

Array = NDArray[np.float64]

CLIP = 5.0
"""Standardised values stay within ±CLIP."""


@dataclass(frozen=True, eq=False)
class PlainTable:
    """One omics type without gene selection: normalised, median-imputed, standardised by the training patients."""

    normaliser: Normaliser
    varies: NDArray[np.bool_]  # (G,) genes that vary in training
    median: Array  # (F,) of these
    mean: Array
    sd: Array

    @classmethod
    def fit(cls, table: OmicsTable, patients: Sequence[str]) -> Self:
        """From those of the training patients who have the type, at least one."""
        raw = _measured(table, patients)[0]
        normaliser = Normaliser.fit(raw, table.kind)
        values = normaliser.transform(raw)
        known = ~np.isnan(values).all(axis=0)
        median = np.zeros(values.shape[1])
        median[known] = np.nanmedian(values[:, known], axis=0)
        filled = np.where(np.isnan(values), median, values)
        varies = np.asarray(known & (np.ptp(filled, axis=0) > 0))
        filled = filled[:, varies]
        return cls(normaliser, varies, median[varies], filled.mean(axis=0), filled.std(axis=0))

    def transform(self, table: OmicsTable, patients: Sequence[str]) -> Array:
        """(N, F); 0, the training mean, for a patient without the type."""
        raw, having = _measured(table, patients)
        values = self.normaliser.transform(raw)[:, self.varies]
        filled = np.where(np.isnan(values), self.median, values)
        matrix = np.zeros((len(patients), int(self.varies.sum())))
        matrix[having] = np.clip((filled - self.mean) / self.sd, -CLIP, CLIP)
        return matrix


class PlainOmics:
    """All genes of all omics types side by side, prepared with training statistics only."""

    tables_: dict[str, PlainTable]

    def fit(self, tables: Mapping[str, OmicsTable], patients: Sequence[str]) -> Self:
        """Learn from the training patients' rows of each table; a type that none of them has is left out."""
        self.tables_ = {
            name: PlainTable.fit(table, patients)
            for name, table in tables.items()
            if _measured(table, patients)[1].any()
        }
        return self

    def transform(self, tables: Mapping[str, OmicsTable], patients: Sequence[str]) -> Array:
        """(N, F): patients in the given order, the genes of all types that vary in training."""
        parts = [plain.transform(tables[name], patients) for name, plain in self.tables_.items()]
        return np.hstack([np.zeros((len(patients), 0)), *parts])


class RidgeCox:
    """Ridge-penalised Cox regression on principal components, as `Components` gives them.

    Args:
        alpha: ridge penalty on the components' coefficients; None: the training patients choose it (`choose_penalty`).
    """

    def __init__(self, alpha: float | None = None) -> None:
        self.alpha = alpha

    def fit(self, components: Array, time_days: ArrayLike, event: ArrayLike) -> Self:
        """Fit on (N, K) training patients, with their follow-up (N,) and events (N,).

        Raises:
            TrainingError: nobody died.
        """
        alpha = choose_penalty(components, time_days, event) if self.alpha is None else self.alpha
        self.model_: Any = fit_penalised_cox(components, time_days, event, alpha)
        return self

    def predict(self, components: Array) -> Array:
        """(N, K) → (N,) log hazards."""
        return np.asarray(self.model_.predict(components), dtype=float)


def _measured(table: OmicsTable, patients: Sequence[str]) -> tuple[Array, NDArray[np.bool_]]:
    """Rows of the patients who have the type (not merely an empty row), and who of `patients` that is (N,) bool."""
    rows = table.values.reindex(list(patients)).to_numpy(dtype=float)
    having = ~np.isnan(rows).all(axis=1)
    return rows[having], having
