"""How strong a ridge penalty is, chosen inside the training patients, as glmnet chooses it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pomp.baselines.penalised_cox import fit_penalised_cox

Array = NDArray[np.float64]

PENALTIES = tuple(float(alpha) for alpha in np.geomspace(1, 10_000, 9))
"""What is tried, half a decade apart; on components of mean variance 1, the last leaves next to nothing of them."""

UNTUNED = 100.0
"""The penalty where there are too few events for inner folds: a middle one."""

_INNER = 5
_EVENTS_A_FOLD = 2  # fewer say nothing of a penalty


def choose_penalty(
    matrix: Array, time_days: ArrayLike, event: ArrayLike, spread: Callable[[float], float | Array] = float
) -> float:
    """The one of `PENALTIES` with the highest cross-validated log partial likelihood (Verweij & van Houwelingen, 1993).

    A left-out part contributes the likelihood of everybody less that of those whom the model was fitted to. The inner
    folds deal events evenly, and are the same at every call.

    Args:
        matrix: (N, F) covariates of the training patients, finite.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        spread: a penalty → what `fit_penalised_cox` takes, such as a penalty for each covariate.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    inner = min(_INNER, int(died.sum()) // _EVENTS_A_FOLD)
    if inner < 2:
        return UNTUNED
    places = np.lexsort((np.random.default_rng(0).permutation(len(died)), died))
    fold = np.empty(len(died), dtype=int)
    fold[places] = np.arange(len(died)) % inner
    scores = np.zeros(len(PENALTIES))
    for kept in (fold != left_out for left_out in range(inner)):
        for place, alpha in enumerate(PENALTIES):
            fitted = fit_penalised_cox(matrix[kept], time[kept], died[kept], spread(alpha))
            hazard = np.asarray(fitted.predict(matrix), dtype=float)
            scores[place] += log_likelihood(hazard, time, died)
            scores[place] -= log_likelihood(hazard[kept], time[kept], died[kept])
    return PENALTIES[int(scores.argmax())]


def log_likelihood(log_hazard: Array, time_days: Array, event: NDArray[np.bool_]) -> float:
    """Log partial likelihood (Breslow's ties) of (N,) log hazards."""
    order = np.argsort(-time_days, kind="stable")
    hazard, time, died = log_hazard[order], time_days[order], event[order]
    at_risk = np.logaddexp.accumulate(hazard)
    last = np.searchsorted(-time, -time, side="right") - 1  # who have the same time are at risk together
    return float((hazard - at_risk[last])[died].sum())
