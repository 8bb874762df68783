"""How often a patient would be in the other risk group, had the training fold been another sample of patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def bootstrap_medians(risks: ArrayLike, resamples: int = 1000, seed: int = 0) -> Floats:
    """(resamples,) sorted medians of the risks (N,) when patients are drawn again, with replacement.

    The model stays as it is: this covers where the cut between the groups lies, not how training would differ.

    Raises:
        ValueError: there is no risk.
    """
    values = np.asarray(risks, dtype=float)
    if not len(values):
        raise ValueError("no training risks: the cut between the groups has no distribution")
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    return np.sort(np.median(values[drawn], axis=1))


def change_of_group(risk: ArrayLike, cutoff: ArrayLike, medians: ArrayLike) -> Floats:
    """Share of the medians that put a patient into the group other than the one at `cutoff`.

    A patient is in the high-risk group if the risk is above the cut.

    Args:
        risk: (N,) risks, or one.
        cutoff: (N,) the cut that was used, or one for all.
        medians: (R,) sorted, of `bootstrap_medians`.
    """
    risks, cuts = np.asarray(medians, dtype=float), np.asarray(cutoff, dtype=float)
    values = np.asarray(risk, dtype=float)
    high = np.searchsorted(risks, values, side="left") / len(risks)  # share of medians below the risk
    return np.asarray(np.where(values > cuts, 1 - high, high))
