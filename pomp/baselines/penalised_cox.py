"""Cox regression with a ridge penalty, the last step of every plain baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from pomp.errors import TrainingError

CLINICAL_ALPHA = 1.0
"""Ridge penalty on clinical covariates, of which there are few: the same for all cohorts."""


def fit_penalised_cox(
    matrix: NDArray[np.float64], time_days: ArrayLike, event: ArrayLike, alpha: float | NDArray[np.float64]
) -> Any:
    """scikit-survival's Cox model, maximising the log partial likelihood (Efron ties) minus alpha/2·‖β‖².

    That is a normal prior with variance 1/alpha on every coefficient.

    Args:
        matrix: (N, F) covariates, finite.
        time_days: (N,) follow-up.
        event: (N,) True where the patient died.
        alpha: strength of the penalty, positive; one for all covariates, or one each (F,).

    Raises:
        TrainingError: nobody died, or nobody was at risk beside the one who did: there is nothing to learn from.
    """
    return CoxPHSurvivalAnalysis(alpha=alpha, ties="efron").fit(matrix, survival_target(time_days, event))


def survival_target(time_days: ArrayLike, event: ArrayLike) -> Any:
    """What scikit-survival's models are fitted to: follow-up (N,), and True (N,) where the patient died.

    Raises:
        TrainingError: nobody died, or nobody was at risk beside the one who did: there is nothing to learn from.
    """
    time, died = np.asarray(time_days, dtype=float), np.asarray(event, dtype=bool)
    if not died.any():
        raise TrainingError(
            f"None of the {len(died)} training patients has an event: use fewer folds or more patients."
        )
    if (time >= time[died].min()).sum() == 1:
        raise TrainingError(
            f"The only event of the {len(died)} training patients came after everybody else's follow-up, so that it "
            "compares nobody: use fewer folds or more patients."
        )
    return Surv.from_arrays(died, time)
