"""How far several models agree on a map of the same regions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MapAgreement:
    """Agreement of K models on M regions.

    Attributes:
        models: K.
        top_share: (M,) share of the models, 0 to 1, for which the region is in the top quarter: fewer than M/4 regions
            have a larger value. By chance alone it would be about 1/4 everywhere.
        spearman: mean over all pairs of models of Spearman's rank correlation of their values; 1 = the same order. A
            model that gives all regions the same value has none and does not count; nan where no pair is left.
    """

    models: int
    top_share: Floats
    spearman: float


def map_agreement(values: Floats) -> MapAgreement:
    """Agreement on the values (K, M) that K models give to the same M regions.

    Raises:
        ValueError: a value is not finite, or there is no model or no region.
    """
    models, regions = values.shape
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"Finite values of at least one model and region are needed, not {models} × {regions} ones.")
    larger = regions - stats.rankdata(values, method="max", axis=1)
    return MapAgreement(models, (larger < regions / 4).mean(axis=0), _mean_correlation(values))


def _mean_correlation(values: Floats) -> float:
    told = [ranks for ranks in stats.rankdata(values, axis=1) if np.ptp(ranks) > 0]
    found = [float(np.corrcoef(one, other)[0, 1]) for one, other in combinations(told, 2)]
    return float(np.mean(found)) if found else float("nan")
