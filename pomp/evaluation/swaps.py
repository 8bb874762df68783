"""Pairs of patients whose slides and omics profiles look as if they had been swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
NEAR = 0.05
"""A slide and a profile fit if each is among this most similar share for the other, or the most similar of all."""


@dataclass(frozen=True, eq=False)
class SwapSearch:
    """What looks like a swap, and how much of it chance would show.

    Attributes:
        pairs: a row a pair, the largest gain first: a, b, own (mean similarity of each one's own slide and profile),
            swapped (the same with the profiles exchanged), gain (swapped - own).
        by_chance: mean number of such pairs if the profiles were dealt out to the patients at random.
    """

    pairs: pd.DataFrame
    by_chance: float


def find_swaps(similarity: Floats, patients: Sequence[str], deals: int = 100, seed: int = 0) -> SwapSearch:
    """Pairs (a, b) who would fit better with their omics profiles exchanged.

    The slide of a fits the profile of b, and that of b the profile of a; neither fits the own one; and the exchange
    gains similarity. A profile that was swapped is as any other to the slide, hence seldom a very bad match.

    Args:
        similarity: (N, N); rows are slides, columns omics profiles, both in the order of `patients`.
        patients: (N,) names.
        deals: how often profiles are dealt out at random.
        seed: of the deals.
    """
    count = len(patients)
    limit = max(1.0, NEAR * count)
    fits = (stats.rankdata(-similarity, axis=1) <= limit) & (stats.rankdata(-similarity, axis=0) <= limit)
    where = np.nonzero(fits)
    a, b = _exchanges(similarity, fits, where, np.arange(count))
    own, swapped = (similarity[a, a] + similarity[b, b]) / 2, (similarity[a, b] + similarity[b, a]) / 2
    names = np.asarray(patients, dtype=object)
    pairs = pd.DataFrame({"a": names[a], "b": names[b], "own": own, "swapped": swapped, "gain": swapped - own})
    generator = np.random.default_rng(seed)
    dealt = [len(_exchanges(similarity, fits, where, generator.permutation(count))[0]) for _ in range(deals)]
    return SwapSearch(pairs.sort_values("gain", ascending=False, ignore_index=True), float(np.mean(dealt)))


def _exchanges(
    similarity: Floats, fits: NDArray[np.bool_], where: tuple[Places, ...], profiles: Places
) -> tuple[Places, Places]:
    """Patients a < b who should exchange what they hold.

    Args:
        fits: (N, N) True where slide and profile fit.
        where: their rows and columns.
        profiles: (N,) column of the profile that each patient holds.
    """
    count = len(profiles)
    slides, holders = where[0], np.argsort(profiles)[where[1]]
    strangers = ~fits[np.arange(count), profiles]
    kept = strangers[slides] & strangers[holders]
    slides, holders = slides[kept], holders[kept]
    a, b = np.divmod(np.intersect1d(slides * count + holders, holders * count + slides), max(count, 1))
    a, b = a[a < b], b[a < b]
    held_by_a, held_by_b = profiles[a], profiles[b]
    own = similarity[a, held_by_a] + similarity[b, held_by_b]
    gains = similarity[a, held_by_b] + similarity[b, held_by_a] > own
    return a[gains], b[gains]
