"""How alike patients are in a model's embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def cosine_similarity(rows: Floats, columns: Floats) -> Floats:
    """(N, M) cosines of the vectors (N, d) with the vectors (M, d); nan where one has a nan, or no length."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (rows, columns))
    return np.asarray(a @ b.T)


def patient_similarity(modalities: Sequence[Floats]) -> Floats:
    """(N, N) mean cosine of two patients over the modalities that both have; nan where they have none in common.

    Of patients who have all modalities, it is the cosine of their concatenated unit vectors.

    Args:
        modalities: at least one, (N, d) each; a row of nan where the patient lacks it.
    """
    cosines = np.stack([cosine_similarity(vectors, vectors) for vectors in modalities])
    shared = np.isfinite(cosines).sum(axis=0)
    mean = np.full(shared.shape, np.nan)
    np.divide(np.nansum(cosines, axis=0), shared, out=mean, where=shared > 0)
    return mean
