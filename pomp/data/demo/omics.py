"""The demo's omics tables, with the flaws of real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.demo.design import DemoDesign, TableDesign

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class DemoTable:
    """A table as it is written, and the genes that follow the omics factor."""

    values: pd.DataFrame  # index patient, columns genes; counts are Int64, M-values float; missing values are NA
    programme: tuple[str, ...]


def draw_table(factors: pd.DataFrame, table: TableDesign, design: DemoDesign, rng: np.random.Generator) -> DemoTable:
    """Draw one omics type for the patients of `factors`, a few of whom lack it."""
    genes = np.array([f"{table.prefix}{number:04d}" for number in range(1, table.genes + 1)])
    order = rng.permutation(table.genes)
    programme, constant = np.sort(order[: table.programme]), order[-design.constant :]
    signal = _signal(factors["omics"].to_numpy(), programme, table.genes, design, rng)
    values = _counts(signal, rng) if table.kind == "counts" else _m_values(signal, rng)
    values[:, constant] = 0.0 if table.kind == "counts" else -4.0
    _spoil(values, order[: -design.constant], table.kind, design, rng)
    frame = pd.DataFrame(values, index=factors.index, columns=genes)
    if table.kind == "counts":
        frame = frame.astype("Int64")
    absent = rng.choice(len(frame), design.without_type, replace=False)
    return DemoTable(values=frame.drop(index=factors.index[absent]), programme=tuple(genes[programme]))


def _signal(
    omics: Matrix, programme: NDArray[np.int64], genes: int, design: DemoDesign, rng: np.random.Generator
) -> Matrix:
    """(patients, genes) of unit variance: nuisance factors everywhere, the omics factor in the programme genes."""
    n = len(omics)
    nuisance = rng.standard_normal((n, design.nuisance_factors))
    weights = rng.normal(0, design.nuisance_weight, (design.nuisance_factors, genes))
    own = np.sqrt(1 - design.nuisance_factors * design.nuisance_weight**2)
    rest = nuisance @ weights + own * rng.standard_normal((n, genes))
    loading = np.zeros(genes)
    signs = rng.choice([-1.0, 1.0], len(programme))
    loading[programme] = signs * rng.uniform(*design.loading, len(programme))
    return np.asarray(omics[:, None] * loading + rest * np.sqrt(1 - loading**2))


def _counts(signal: Matrix, rng: np.random.Generator) -> Matrix:
    """Negative binomial counts, of variance mean + dispersion·mean²; library sizes differ between patients."""
    n, genes = signal.shape
    base = rng.normal(np.log(300), 1.0, genes)
    library = rng.normal(0, 0.25, (n, 1))
    mean = np.exp(base + library + 0.7 * signal)
    dispersion = rng.uniform(0.02, 0.12, genes)
    rate = rng.gamma(1 / dispersion, dispersion, (n, genes)) * mean
    return rng.poisson(rate).astype(np.float64)


def _m_values(signal: Matrix, rng: np.random.Generator) -> Matrix:
    """Methylation as log2 of methylated over unmethylated: two humps of genes, rounded as such tables are."""
    genes = signal.shape[1]
    centre = np.where(rng.random(genes) < 0.5, -2.5, 2.0) + rng.normal(0, 0.7, genes)
    return np.asarray(np.round(centre + rng.uniform(0.4, 1.0, genes) * signal, 4))


def _spoil(
    values: Matrix, genes: NDArray[np.int64], kind: Literal["counts", "m"], design: DemoDesign, rng: np.random.Generator
) -> None:
    """Put a few outliers and missing values among `genes`, in place."""
    rows = rng.integers(0, len(values), design.outliers)
    columns = rng.choice(genes, design.outliers, replace=False)
    if kind == "counts":
        values[rows, columns] = (values[rows, columns] + 1) * 40
    else:
        values[rows, columns] = np.sign(values[rows, columns]) * 15.0
    mask = rng.random((len(values), len(genes))) < design.missing
    where = np.nonzero(mask)
    values[where[0], genes[where[1]]] = np.nan
