"""Principal components of all genes, on which every plain model of omics stands."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

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
        self.pca_: Any = PCA(min(self.count, len(matrix) - 1, matrix.shape[1]), svd_solver="full").fit(matrix)
        self.scale_ = float(np.sqrt(self.pca_.explained_variance_.mean()))
        return self

    def transform(self, matrix: Array) -> Array:
        """(N, F) → (N, K) of any patients."""
        return np.asarray(self.pca_.transform(matrix) / self.scale_, dtype=float)
