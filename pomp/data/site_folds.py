"""Whole hospitals dealt into folds as near-equal in patients and in events as hospitals allow.

scikit-learn's `StratifiedGroupKFold` puts one group after another where it fits best and moves none again. On TCGA-BRCA
that gives a fold 43 of the 101 events and others 12; moving and exchanging sites until nothing gets better gives folds
34, as many as the one largest site has, and 15 to 19.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pomp.data.problems import enumerate_some
from pomp.errors import CohortError

Shares = NDArray[np.float64]
"""(S, 2) of all patients, and of all events, the share that each site has."""

_DECIMALS = 12
"""Of a gain. The rest is rounding, which must not decide between equals: folds are the same on every machine."""


def divide_sites(sites: NDArray[np.str_], event: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold in which each patient is tested, (N,); all patients of a site in the same.

    Sites are dealt at random. Then, as long as it makes the folds more equal, one of them moves to another fold or two
    change places, whichever gains most. Equal is meant of the folds' shares of patients and of events alike: the sum of
    their squares is least where all are the same. A site cannot be parted, so one with more than its share of the
    patients makes its fold larger.

    Args:
        sites: (N,) of each patient.
        event: (N,).
        folds: at least two.
        seed: of the dealing; other seeds give other folds, nearly as equal.

    Raises:
        CohortError: there are fewer sites, or sites with an event, than folds, or a fold would have no event.
    """
    names, index = np.unique(sites, return_inverse=True)
    counts = np.stack([np.bincount(index), np.bincount(index, weights=event)], axis=1).astype(np.float64)
    _check_sites(names, counts, folds)
    number = np.random.default_rng(seed).integers(folds, size=len(names))
    _even_out(counts / counts.sum(axis=0), number, folds)
    for k in range(folds):
        if not counts[number == k, 1].any():
            there = enumerate_some(list(names[number == k])) or "no site"
            raise CohortError(
                f"No patient of fold {k + 1} of {folds} has an event, so that it cannot be tested: {there}. Use fewer "
                "folds, another seed, or folds by patients (folds_by)."
            )
    return number[index]


def _check_sites(names: NDArray[np.str_], counts: NDArray[np.float64], folds: int) -> None:
    for found, what in ((names, ""), (names[counts[:, 1] > 0], " with an event")):
        if len(found) < folds:
            hospitals = "hospital" if len(found) == 1 else "hospitals"
            fewer = f"Use at most {len(found)} folds, or make" if len(found) > 1 else "Make"
            raise CohortError(
                f"{len(found)} {hospitals}{what} ({enumerate_some(list(found))}) cannot fill {folds} folds: each is "
                f"tested on hospitals of its own. {fewer} folds by patients (folds_by)."
            )


def _even_out(shares: Shares, number: NDArray[np.int64], folds: int) -> None:
    """Change the folds of sites, in place, until neither a move nor an exchange makes them more equal."""
    total = np.zeros((folds, 2))
    np.add.at(total, number, shares)
    while True:
        moved, exchanged = _gain_of_moves(shares, number, total), _gain_of_exchanges(shares, number, total)
        if max(moved.max(), exchanged.max()) <= 0:
            return
        if moved.max() >= exchanged.max():
            site, fold = np.unravel_index(moved.argmax(), moved.shape)
            changes = [(site, fold)]
        else:
            one, other = np.unravel_index(exchanged.argmax(), exchanged.shape)
            changes = [(one, number[other]), (other, number[one])]
        for site, fold in changes:
            total[number[site]] -= shares[site]
            total[fold] += shares[site]
            number[site] = fold


def _gain_of_moves(shares: Shares, number: NDArray[np.int64], total: Shares) -> NDArray[np.float64]:
    """(S, K) by how much the sum of squares falls when a site moves to a fold: |a|² − |a − s|² + |b|² − |b + s|²."""
    own, squares = total[number], (shares**2).sum(axis=1)
    left = 2 * (own * shares).sum(axis=1) - squares
    gain: NDArray[np.float64] = left[:, None] - 2 * shares @ total.T - squares[:, None]
    gain[np.arange(len(number)), number] = 0.0
    return gain.round(_DECIMALS)


def _gain_of_exchanges(shares: Shares, number: NDArray[np.int64], total: Shares) -> NDArray[np.float64]:
    """(S, S) by how much it falls when two sites change places: −2(a − b)·d − 2|d|², d = s_other − s_one."""
    difference = shares[None] - shares[:, None]
    apart = total[number][:, None] - total[number][None]
    gain: NDArray[np.float64] = -2 * (apart * difference).sum(axis=2) - 2 * (difference**2).sum(axis=2)
    gain[number[:, None] == number[None]] = 0.0
    return gain.round(_DECIMALS)
