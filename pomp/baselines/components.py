"""Principal components of all genes, on which every plain model of omics stands."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from pomp.errors import TrainingError

Array = NDArray[np.float64]


class Components:
    """Principal components of the training patients.

    They keep their own variances, so that a ridge penalty on them weighs on the lesser ones most, as a ridge on all
    genes would; together they are scaled to a mean variance of 1, so that a penalty does not depend on the number of
    genes.

    Args:
        count: components; fewer where there are fewer patients or genes.
    """

    def __init__(self, count: int = 30) -> None:
        self.count = count

    def fit(self, matrix: Array) -> Self:
        """Learn from (N, F) training patients.

        Raises:
            TrainingError: nothing varies.
        """
        if not matrix.size or not matrix.std(axis=0).any():
            raise TrainingError(f"The {len(matrix)} training patients have no omics value that varies between them.")
        self.mean_ = matrix.mean(axis=0)
        centred = matrix - self.mean_
        count = min(self.count, len(matrix) - 1, matrix.shape[1])
        axes, variance = _principal(centred, count)
        self.axes_ = axes / np.sqrt(variance.mean())
        return self

    def transform(self, matrix: Array) -> Array:
        """(N, F) → (N, K) of any patients."""
        return np.asarray((matrix - self.mean_) @ self.axes_)


def _principal(centred: Array, count: int) -> tuple[Array, Array]:
    """(F, K) principal axes and (K,) variances along them, the largest first; an axis without variance is 0.

    The eigenvectors of XXᵀ, N × N, give the axes of X (N, F) where genes outnumber patients, and those of XᵀX do where
    they do not. A singular value decomposition of all of X, which is 13 times the work on 600 patients × 12,500 genes,
    would only tell the axes apart that hardly vary.
    """
    patients, genes = centred.shape
    few = min(patients, genes)
    gram = centred @ centred.T if patients < genes else centred.T @ centred
    squares, vectors = eigh(gram, subset_by_index=[few - count, few - 1])
    squares, vectors = squares[::-1], vectors[:, ::-1]
    varies = squares > squares[0] * few * np.finfo(float).eps
    axes = centred.T @ vectors / np.sqrt(np.where(varies, squares, 1.0)) if patients < genes else vectors
    return axes * varies, np.where(varies, squares, 0.0) / (patients - 1)
