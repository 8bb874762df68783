"""Clinical columns as numbers, by what the training patients show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.errors import CohortError, TrainingError

Array = NDArray[np.float64]

MIN_PATIENTS = 5
"""Training patients a level of a category needs to get a column of its own."""

_TIME = re.compile(r"[._ ]?time$", re.IGNORECASE)
_ENDPOINT = re.compile(r"(os|dss|pfi|pfs|dfi|dfs|efs|rfs|redaction)", re.IGNORECASE)
_AFTERWARDS = re.compile(
    r"death|dead|died|vital|surviv|follow.?up|last.?contact|recur|relaps|progress|new.?tumou?r|tumou?r.?status"
    r"|treatment.?outcome|event|censor",
    re.IGNORECASE,
)
_STAGE = re.compile(r"(?:stage\s*)?(0|i{1,3}|iv|[1-4])[abcs]?[1-3]?", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\s*|\[.*\]|nan|n/?a|unknown|not (available|reported|applicable)", re.IGNORECASE)
_ROMAN = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0}


@dataclass(frozen=True)
class NumericColumn:
    """Standardised by the training patients' mean and deviation; what is missing takes their median."""

    name: str
    is_stage: bool
    median: float
    mean: float
    sd: float

    def encode(self, column: pd.Series) -> Array:
        """(N, 1)."""
        values = _numbers(column, self.is_stage)
        return ((np.where(np.isnan(values), self.median, values) - self.mean) / self.sd)[:, None]


@dataclass(frozen=True)
class CategoricalColumn:
    """A 0/1 column a level; other levels and missing values are 0 in all of them."""

    name: str
    levels: tuple[str, ...]

    def encode(self, column: pd.Series) -> Array:
        """(N, levels)."""
        text = _text(column).to_numpy()
        return np.column_stack([text == level for level in self.levels]).astype(float)


class ClinicalCovariates:
    """Age, sex, stage, grade and whatever else was known at the start → (N, F) numbers.

    Left out are endpoints (OS, DSS, PFI, DFI, their times, any column with a `.time` beside it), Redaction, and columns
    whose name speaks of what came after the diagnosis, such as vital_status or new_tumor_event.

    Attributes:
        columns_: the encoders in use, in the order of the clinical table.
    """

    columns_: tuple[NumericColumn | CategoricalColumn, ...]

    def fit(self, clinical: pd.DataFrame) -> Self:
        """Learn medians, means, deviations and levels from the training patients.

        Raises:
            TrainingError: no column tells patients apart.
        """
        found = (_encoder(str(name), clinical[name]) for name in clinical if not _is_outcome(str(name), clinical))
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


def stage_number(text: str) -> float:
    """AJCC stage as a number: 'Stage IIB' → 2, 'Stage 0' → 0; nan for 'Stage X', '[Discrepancy]' and the like."""
    found = _STAGE.fullmatch(text.strip())
    if found is None:
        return float("nan")
    numeral = found[1].lower()
    return _ROMAN[numeral] if numeral in _ROMAN else float(numeral)


def _is_outcome(name: str, clinical: pd.DataFrame) -> bool:
    endpoint = _TIME.sub("", name)
    has_time = any(_TIME.search(str(other)) and _TIME.sub("", str(other)) == endpoint for other in clinical.columns)
    return bool(_ENDPOINT.fullmatch(endpoint) or has_time or _AFTERWARDS.search(name))


def _encoder(name: str, column: pd.Series) -> NumericColumn | CategoricalColumn | None:
    """How the training patients' column is best read; None if it does not vary."""
    given = _text(column).dropna()
    if given.empty:
        return None
    is_stage = "stage" in name.lower() and given.map(stage_number).notna().any()
    values = _numbers(column, bool(is_stage))
    if is_stage or not np.isnan(values[_text(column).notna()]).any():
        median = float(np.nanmedian(values))
        filled = np.where(np.isnan(values), median, values)
        sd = float(filled.std())
        return NumericColumn(name, bool(is_stage), median, float(filled.mean()), sd) if sd > 0 else None
    counts = given.value_counts()
    levels = tuple(sorted(str(level) for level, count in counts.items() if MIN_PATIENTS <= count < len(column)))
    return CategoricalColumn(name, levels) if levels else None


def _text(column: pd.Series) -> pd.Series:
    """Values as trimmed text, NaN where nothing is said."""
    text = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return text.mask(text.map(lambda value: _PLACEHOLDER.fullmatch(value) is not None))


def _numbers(column: pd.Series, is_stage: bool) -> Array:
    """(N,) values, nan where they are missing or no number."""
    text = _text(column)
    read = text.map(stage_number, na_action="ignore") if is_stage else pd.to_numeric(text, errors="coerce")
    values = read.to_numpy(dtype=float)
    return np.where(np.isfinite(values), values, np.nan)
