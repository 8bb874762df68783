"""Clinical columns as numbers, by what the training patients show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.clinical import Notation, known_at_start, known_text, read_column, to_numbers
from pomp.errors import CohortError, TrainingError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NumericColumn:
    """Standardised by the training patients' mean and deviation; what is missing takes their median."""

    name: str
    notation: Notation
    median: float
    mean: float
    sd: float

    def encode(self, column: pd.Series) -> Array:
        """(N, 1)."""
        values = to_numbers(known_text(column), self.notation)
        return ((np.where(np.isnan(values), self.median, values) - self.mean) / self.sd)[:, None]


@dataclass(frozen=True)
class CategoricalColumn:
    """A 0/1 column a level; other levels and missing values are 0 in all of them."""

    name: str
    levels: tuple[str, ...]

    def encode(self, column: pd.Series) -> Array:
        """(N, levels)."""
        text = known_text(column).to_numpy()
        return np.column_stack([text == level for level in self.levels]).astype(float)


class ClinicalCovariates:
    """Age, sex, stage, grade and whatever else was known at the start → (N, F) numbers.

    Which columns those are, `known_at_start` tells by their names; how each is read, `read_column` by its values of
    the training patients.

    Attributes:
        columns_: the encoders in use, in the order of the clinical table.
    """

    columns_: tuple[NumericColumn | CategoricalColumn, ...]

    def fit(self, clinical: pd.DataFrame) -> Self:
        """Learn medians, means, deviations and levels from the training patients.

        Raises:
            TrainingError: no column tells patients apart.
        """
        found = (_encoder(name, clinical[name]) for name in known_at_start(clinical.columns))
        self.columns_ = tuple(encoder for encoder in found if encoder is not None)
        if not self.columns_:
            names = ", ".join(map(str, clinical.columns)) or "there are none"
            raise TrainingError(
                f"None of the clinical columns ({names}) can serve as a covariate. "
                "Add age, sex, stage or grade to clinical.csv to have the clinical-only comparison."
            )
        return self

    def transform(self, clinical: pd.DataFrame) -> Array:
        """(N, F) of any patients.

        Raises:
            CohortError: a column that the training patients had is missing.
        """
        missing = [encoder.name for encoder in self.columns_ if encoder.name not in clinical.columns]
        if missing:
            raise CohortError(f"clinical.csv has no column {', '.join(missing)}, which the training patients had.")
        return np.hstack([encoder.encode(clinical[encoder.name]) for encoder in self.columns_])


def _encoder(name: str, column: pd.Series) -> NumericColumn | CategoricalColumn | None:
    """How the training patients' column is best read; None if it tells nothing."""
    text = known_text(column)
    reading = read_column(name, text)
    if reading.left_out:
        return None
    if reading.notation is None:
        return CategoricalColumn(name, reading.levels)
    values = to_numbers(text, reading.notation)
    median = float(np.nanmedian(values))
    filled = np.where(np.isnan(values), median, values)
    sd = float(filled.std())
    return NumericColumn(name, reading.notation, median, float(filled.mean()), sd) if sd > 0 else None
