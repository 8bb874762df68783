"""One omics type of a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal["counts", "log", "zscore", "beta", "m", "binary", "copies"]
"""What the numbers are: raw counts, log expression, z-scores, methylation as beta or M-values, mutated or not, copy
number."""


@dataclass(frozen=True)
class UnusedSample:
    """A sample of a table whose values nothing reads, and why."""

    sample: str  # its label in the file
    patient: str
    used: str  # label of the sample that is read in its place; empty if none is
    reason: str


@dataclass(frozen=True)
class OmicsTable:
    """Tumour values, one row a patient, and the normal samples of the same table."""

    name: str
    kind: Kind
    values: pd.DataFrame  # index: patient, unique and sorted; columns: genes, sorted; float64, NaN = missing
    normals: pd.DataFrame | None  # index: sample barcode, sorted; the same columns; None if there are none
    unused: tuple[UnusedSample, ...] = ()  # in the order of their labels
