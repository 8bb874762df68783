"""Do patients who die earlier carry the higher risk? Harrell's C, the paper's Eq. 16, and Uno's C.

Everywhere: N patients; time_days (N,), event (N,) True where the patient died, risk (N,) higher = earlier death.
A pair (i, j) is comparable when i is known to have died before j: event_i, and time_i < time_j or j is censored at the
very time of i's death. Two deaths at one time are no pair.

Pairs are counted, not listed: N patients take O(N log N) steps. Arrays of different lengths raise ValueError.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
UNO_FOLLOW_UP = 0.9


class _Pairs(NamedTuple):
    """What each death is compared with, (N,) each, 0 for the censored: in all, with a lower risk, with an equal one."""

    comparable: Ints
    lower: Ints
    tied: Ints


def outlived(time_days: ArrayLike, event: ArrayLike, rows: ArrayLike) -> NDArray[np.bool_]:
    """(R, N) True where patient j is known to outlive the patient of row i; `rows` (R,) are indices of events."""
    time, censored, rows = np.asarray(time_days, dtype=float), ~np.asarray(event, dtype=bool), np.asarray(rows)
    death = time[rows, None]
    return np.asarray((time > death) | ((time == death) & censored))


def concordant(risk: ArrayLike, rows: ArrayLike) -> NDArray[np.float64]:
    """(R, N) 1 where the patient of row i has the higher risk than j, 1/2 where they tie, 0 where lower."""
    values = np.asarray(risk, dtype=float)
    return np.asarray((1 + np.sign(values[np.asarray(rows), None] - values)) / 2)


def concordance_index(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Harrell's C: the share of comparable pairs in which the earlier death has the higher risk; risk ties count 1/2.

    nan without a comparable pair, or if a risk is nan. Risks tie only if equal (scikit-survival allows 1e-8).

    Source: Harrell et al., JAMA 1982;247:2543-2546.
    """
    time, died, score = _by_time(time_days, event, risk)
    found = _pairs(time, died, score, censored_outlive=True)
    pairs = int(found.comparable.sum())
    if pairs == 0 or np.isnan(score).any():
        return float("nan")
    return (int(found.lower.sum()) + int(found.tied.sum()) / 2) / pairs


def paper_concordance(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Eq. (16): c = 1/n Σ_{i: e_i = 1} Σ_{t_j > t_i} I[c_i > c_j], n the number of such pairs.

    To the letter: t_j > t_i and c_i > c_j are strict, so tied risks, and risks that are nan, count as wrong, and a
    patient censored at the very time of a death is in no pair with it. nan without a pair. `concordance_index` is what
    the field calls the C-index.
    """
    time, died, score = _by_time(time_days, event, risk)
    found = _pairs(time, died, score, censored_outlive=False)
    pairs = int(found.comparable.sum())
    return int(found.lower.sum()) / pairs if pairs else float("nan")


def uno_concordance(
    train_time: ArrayLike,
    train_event: ArrayLike,
    time_days: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    tau: float | None = None,
) -> float:
    """Uno's C: Harrell's with each death weighted by 1/G(t)², G the chance of being uncensored until then.

    Unlike Harrell's it does not drift with the amount of censoring.

    Args:
        train_time: (M,) follow-up of the patients from whom G is estimated (Kaplan-Meier of the censoring).
        train_event: (M,) their events.
        time_days: (N,) follow-up of the patients that are scored.
        event: (N,) their events.
        risk: (N,) their risks.
        tau: only deaths before this time count. None: all of them.

    Returns:
        nan without a comparable pair, and where G is 0 or unknown at a counted death: choose a smaller tau.

    Source: Uno et al., Statistics in Medicine 2011;30:1105-1117.
    """
    time, died, score = _by_time(time_days, event, risk)
    counted = died & (time < tau) if tau is not None else died
    uncensored = uncensored_probability(train_time, train_event, time[counted])
    if not (uncensored > 0).all() or np.isnan(score).any():
        return float("nan")
    weights = uncensored**-2.0
    comparable, lower, tied = (counts[counted] for counts in _pairs(time, died, score, censored_outlive=True))
    pairs = float(weights @ comparable)
    return float(weights @ (lower + tied / 2)) / pairs if pairs else float("nan")


def uno_tau(train_time: ArrayLike) -> float:
    """Uno's τ: the day by which UNO_FOLLOW_UP of the training patients' follow-up (M,) has ended.

    Beyond it few are left: weights of 1/G² in the hundreds would let two or three late deaths decide a fold's score.
    """
    return float(np.quantile(np.asarray(train_time, dtype=float), UNO_FOLLOW_UP))


def _by_time(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike) -> tuple[Floats, Bools, Floats]:
    """The patients by rising time, in new arrays of one length: what is compiled trusts that."""
    time, died, score = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(risk, dtype=float)
    if not time.shape == died.shape == score.shape == (len(time),):
        shapes = f"{time.shape}, {died.shape} and {score.shape}"
        raise ValueError(f"time_days, event and risk have the shapes {shapes}: give one number a patient in each")
    order = np.argsort(time)
    return time[order], died[order], score[order]


def _pairs(time: Floats, event: Bools, risk: Floats, censored_outlive: bool) -> _Pairs:
    """Count each death's pairs. `censored_outlive`: who is censored at the time of a death is in a pair with it."""
    return _Pairs(*_count(time, event, risk, np.argsort(risk), censored_outlive))


@compiled
def _count(time: Floats, event: Bools, risk: Floats, by_risk: Ints, censored_outlive: bool) -> tuple[Ints, Ints, Ints]:
    """From the latest time to the earliest: the deaths look at who has been seen, counted in a tree by risk.

    A nan has no order: such a time makes no pair, such a risk is lower than none and none is lower than it.
    """
    patients = len(time)
    rank = _ranks(risk, by_risk)
    tree, same = np.zeros(patients + 1, np.int64), np.zeros(patients + 1, np.int64)
    comparable, lower, tied = np.zeros((3, patients), np.int64)
    seen, stop = 0, patients
    while stop and np.isnan(time[stop - 1]):
        stop -= 1
    while stop:
        start = stop - 1
        while start and time[start - 1] == time[start]:
            start -= 1
        if censored_outlive:
            seen += _add(tree, same, rank[start:stop], event[start:stop], False)
        for i in range(start, stop):
            if event[i]:
                comparable[i], tied[i] = seen, same[rank[i]]
                lower[i] = 0 if np.isnan(risk[i]) else _lower(tree, rank[i])
        if not censored_outlive:
            seen += _add(tree, same, rank[start:stop], event[start:stop], False)
        seen += _add(tree, same, rank[start:stop], event[start:stop], True)
        stop = start
    return comparable, lower, tied


@compiled
def _ranks(values: Floats, order: Ints) -> Ints:
    """(N,) place of each value among the distinct ones, from 1; `order` sorts them, nan last and each of its own."""
    ranks = np.zeros(len(values), np.int64)
    for place in range(len(order)):
        here, before = order[place], order[place - 1]
        ranks[here] = 1 if place == 0 else ranks[before] + (values[here] != values[before])
    return ranks


@compiled
def _add(tree: Ints, same: Ints, rank: Ints, event: Bools, died: bool) -> int:
    """Put those patients of one time who died, or who were censored, into the tree; how many they are.

    Node k of the tree counts the ranks k - b + 1 … k, b the lowest bit of k (Fenwick, Software: Practice and
    Experience 1994;24:327-336).
    """
    added = 0
    for i in range(len(rank)):
        if event[i] == died:
            added += 1
            k = rank[i]
            same[k] += 1
            while k < len(tree):
                tree[k] += 1
                k += k & -k
    return added


@compiled
def _lower(tree: Ints, rank: int) -> int:
    """How many in the tree rank lower."""
    count, k = 0, rank - 1
    while k > 0:
        count += tree[k]
        k -= k & -k
    return count


def uncensored_probability(time_days: ArrayLike, event: ArrayLike, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """G (K,) at the times `at`: Kaplan-Meier with censoring as the event; nan beyond the last time.

    Deaths come before censorings of the same time, hence leave the risk set first.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    unique, inverse = np.unique(time, return_inverse=True)
    deaths = np.bincount(inverse, weights=died)
    losses = np.bincount(inverse, weights=~died)
    at_risk = np.cumsum((deaths + losses)[::-1])[::-1] - deaths
    steps = np.cumprod(1 - losses / np.maximum(at_risk, 1))
    values = np.concatenate([[1.0], steps])[np.searchsorted(unique, at, side="right")]
    return np.where(at <= unique[-1], values, np.nan)
