"""Do patients who die earlier carry the higher risk? Harrell's C, the paper's Eq. 16, and Uno's C.

Everywhere: N patients; time_days (N,), event (N,) True where the patient died, risk (N,) higher = earlier death.
A pair (i, j) is comparable when i is known to have died before j: event_i, and time_i < time_j or j is censored at the
very time of i's death. Two deaths at one time are no pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROWS = 1024  # events a block: bounds memory at _ROWS × N


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
    return _weighted(time_days, event, risk, np.ones(len(np.asarray(event))))


def paper_concordance(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike) -> float:
    """Eq. (16): c = 1/n Σ_{i: e_i = 1} Σ_{t_j > t_i} I[c_i > c_j], n the number of such pairs.

    To the letter: t_j > t_i and c_i > c_j are strict, so tied risks count as wrong, and a patient censored at the very
    time of a death is in no pair with it. nan without a pair. `concordance_index` is what the field calls the C-index.
    """
    time, died, score = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool), np.asarray(risk, dtype=float)
    pairs = correct = 0
    for rows in _blocks(died):
        later = time > time[rows, None]  # (R, N)
        pairs += int(later.sum())
        correct += int((later & (score[rows, None] > score)).sum())
    return correct / pairs if pairs else float("nan")


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
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    counted = died & (time < tau) if tau is not None else died
    uncensored = _uncensored_probability(train_time, train_event, time[counted])
    if not (uncensored > 0).all():
        return float("nan")
    weights = np.zeros(len(time))
    weights[counted] = uncensored**-2.0
    return _weighted(time, died, risk, weights)


def _weighted(time_days: ArrayLike, event: ArrayLike, risk: ArrayLike, weights: NDArray[np.float64]) -> float:
    """Concordant over comparable pairs, each pair weighted by its death's weight (N,)."""
    pairs = correct = 0.0
    for rows in _blocks(np.asarray(event, dtype=bool) & (weights > 0)):
        later = outlived(time_days, event, rows)
        pairs += float(weights[rows] @ later.sum(axis=1))
        correct += float(weights[rows] @ (later * concordant(risk, rows)).sum(axis=1))
    return correct / pairs if pairs else float("nan")


def _blocks(event: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of the events, at most `_ROWS` at a time."""
    rows = np.flatnonzero(event)
    return [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]


def _uncensored_probability(time_days: ArrayLike, event: ArrayLike, at: NDArray[np.float64]) -> NDArray[np.float64]:
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
