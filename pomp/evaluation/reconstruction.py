"""How well an omics type that was hidden from the model is predicted from the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
COLUMNS = ["patient", "fold", "type", "genes", "pearson", "spearman", "others"]


def reconstruction_scores(table: pd.DataFrame) -> pd.DataFrame:
    """A row a patient and type: patient, fold, type, genes, pearson, spearman, others.

    `pearson` and `spearman` are the correlations of the observed with the reconstructed values over the genes of the
    type. `others` is the mean Pearson correlation with what was reconstructed for the other patients of the fold: a
    model that predicts the same for everybody has as much of it. nan where a profile is constant, or alone in its fold.

    Args:
        table: a row a patient and gene: patient, fold, type, gene, observed, reconstructed.
    """
    parts = [
        _fold_scores(part).assign(fold=part["fold"].iloc[0], type=part["type"].iloc[0])
        for _, part in table.groupby(["fold", "type"], sort=True, observed=True)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _fold_scores(part: pd.DataFrame) -> pd.DataFrame:
    wide = part.pivot_table(index="patient", columns="gene", values=["observed", "reconstructed"], observed=True)
    observed = wide["observed"].to_numpy(dtype=float)  # (N, genes)
    made = wide["reconstructed"].to_numpy(dtype=float)
    every = _correlations(observed, made)
    own = np.diag(every)
    known = np.isfinite(every)
    np.fill_diagonal(known, False)
    others = np.full(len(own), np.nan)
    np.divide(np.where(known, every, 0).sum(axis=1), known.sum(axis=1), out=others, where=known.any(axis=1))
    by_rank = _correlations(stats.rankdata(observed, axis=1), stats.rankdata(made, axis=1))
    return pd.DataFrame(
        {"patient": wide.index.to_numpy(), "genes": len(wide["observed"].columns), "pearson": own,
         "spearman": np.diag(by_rank), "others": others}
    )  # fmt: skip


def _correlations(rows: Floats, columns: Floats) -> Floats:
    """(N, M) Pearson correlations of the profiles (N, genes) with the profiles (M, genes); nan for constant ones."""
    return np.asarray(_standardised(rows) @ _standardised(columns).T)


def _standardised(values: Floats) -> Floats:
    """Each row around 0 and of length 1; nan where nothing but rounding varies."""
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(length > 1e-12 * np.abs(values).max(initial=1.0), length, np.nan))
