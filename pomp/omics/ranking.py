"""How the genes that passed the differential test are ranked by survival: one signature, four ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.omics.cox_score import cox_score_test
from pomp.omics.elastic_net import entry_penalty
from pomp.omics.gene_filter import GeneFilter
from pomp.omics.importance import forest_importance
from pomp.omics.stability_selection import selection_frequency

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SelectorName = Literal["forest", "cox_score", "elastic_net", "stability"]


class Ranking(Protocol):
    """(N, G) values without NaN, (N,) days, (N,) event → (G,) importance, larger = more; it may use trees and seed."""

    def __call__(self, x: Floats, time: Floats, event: Bools, trees: int, seed: int) -> Floats: ...


RANKINGS: Mapping[SelectorName, Ranking] = {
    "forest": forest_importance,
    "cox_score": lambda x, time, event, trees, seed: cox_score_test(x, time, event).statistic ** 2,
    "elastic_net": lambda x, time, event, trees, seed: entry_penalty(x, time, event),
    "stability": lambda x, time, event, trees, seed: selection_frequency(x, time, event, seed),
}
"""What `importance` means, by `OmicsConfig.selector`.

forest: mean fall of the out-of-bag C-index when the gene is permuted, in [-1, 1].
cox_score: χ² of the univariate Cox score test on one degree of freedom.
elastic_net: penalty at which the gene enters an elastic-net Cox model, as a share of the first gene's, in [0, 1].
stability: share of 100 random halves of the patients in which the gene is among the best, in [0, 1].
"""


class SurvivalRanking(GeneFilter):
    """Keeps the genes of the largest importance; ties go to the smaller p-value, then by name.

    Attributes after `fit`:
        importances_: (G,) importance of each gene, in the order of the columns.
        ranks_: (G,) place of each gene, 1 = first.
    """

    def __init__(self, selector: SelectorName = "forest", genes: int = 300, trees: int = 2000, seed: int = 0) -> None:
        self.selector = selector
        self.genes = genes
        self.trees = trees
        self.seed = seed

    def fit(self, values: pd.DataFrame, outcome: pd.DataFrame, p_value: Floats | None = None) -> Self:
        """Rank the columns of `values` (N, G), no NaN, by the `outcome` of the same N patients (time_days, event).

        Args:
            p_value: (G,) of the differential test. None: ties go by name alone.
        """
        self._see(values)
        x = np.ascontiguousarray(values.to_numpy(np.float64))
        time, event = outcome["time_days"].to_numpy(np.float64), outcome["event"].to_numpy(np.bool_)
        self.importances_ = RANKINGS[self.selector](x, time, event, self.trees, self.seed)
        ties = np.zeros(x.shape[1]) if p_value is None else p_value
        order = np.lexsort((values.columns.to_numpy(str), ties, -self.importances_))
        self.ranks_ = np.empty(x.shape[1], dtype=np.int64)
        self.ranks_[order] = np.arange(1, x.shape[1] + 1)
        self.support_ = self.ranks_ <= self.genes
        return self
