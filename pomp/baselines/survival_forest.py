"""What the components tell a model that is neither linear nor additive: scikit-survival's random survival forest."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sksurv.ensemble import RandomSurvivalForest

from pomp.baselines.penalised_cox import survival_target
from pomp.errors import TrainingError

Array = NDArray[np.float64]
LEAST_LEAF = 3
"""Patients of whom a leaf's cumulative hazard is still worked out."""


class PlainForest:
    """A random survival forest with log-rank splits, √F covariates tried at a node.

    Source: Ishwaran et al., "Random survival forests", Ann. Appl. Stat. 2008;2:841-860.

    Args:
        trees: of the forest.
        leaf: patients in a leaf at the least: randomForestSRC's `nodesize` for survival. Of fewer than four times as
            many patients, a quarter of them: a tree sees about 63 % of the patients, and could not be split otherwise.
        seed: of bootstrap samples and candidates.
    """

    def __init__(self, trees: int = 200, leaf: int = 15, seed: int = 0) -> None:
        self.trees, self.leaf, self.seed = trees, leaf, seed

    def fit(self, matrix: Array, time_days: ArrayLike, event: ArrayLike) -> Self:
        """Fit on (N, F) training patients, with their follow-up (N,) and events (N,).

        Raises:
            TrainingError: nobody died, or there are too few patients for any tree to be split.
        """
        died = np.asarray(event, dtype=bool)
        leaf = min(self.leaf, max(LEAST_LEAF, len(matrix) // 4))
        model: Any = RandomSurvivalForest(
            self.trees, min_samples_leaf=leaf, n_jobs=1, random_state=self.seed, low_memory=True
        )
        self.model_ = model.fit(matrix, survival_target(deaths_before(np.asarray(time_days, float), died), died))
        if all(tree.tree_.node_count == 1 for tree in self.model_.estimators_):
            raise TrainingError(
                f"No tree can be split, with {leaf} of the {len(matrix)} training patients in a leaf at the least: all "
                "risks would be the same."
            )
        return self

    def predict(self, matrix: Array) -> Array:
        """(N, F) → (N,) mortality: cumulative hazard summed over all event times; higher = earlier death."""
        return np.asarray(self.model_.predict(matrix), dtype=float)


def deaths_before(time_days: Array, event: NDArray[np.bool_]) -> Array:
    """(N,) how many different times of death each follow-up has reached, the own included.

    All that log-rank tests and mortality see of time is who is at risk at each death, so a forest grown on these is the
    same forest; but it is grown in half the time, since it has only as many times to look at as there are deaths.
    """
    return np.searchsorted(np.unique(time_days[event]), time_days, side="right").astype(float)
