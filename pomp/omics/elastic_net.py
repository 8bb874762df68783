"""Which genes an elastic-net Cox model takes up first as its penalty falls."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from pomp.errors import TrainingError
from pomp.wording import count

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MIXING = 0.5
"""Share of the lasso in the penalty: genes that move together enter together, where the lasso takes one of them."""

STEPS = 100
WEAKEST = 0.01
"""The path: penalties from the one that shuts out every gene down to a hundredth of it, in equal ratios."""


def entry_penalty(x: Floats, time: Floats, event: Bools) -> Floats:
    """The largest penalty at which each gene is in an elastic-net Cox model, as a share of the first gene's.

    The order of entry ranks as many genes as are asked for, and has no strength to tune. The strength that
    cross-validation likes best would not do: it often leaves fewer genes than are wanted, or none.

    Args:
        x: (N, G) values without NaN, on any scale: they are standardised here, as the penalty is the same for all.
        time: (N,) days.
        event: (N,) True = the event was seen; at least one.

    Returns:
        (G,) in [0, 1]: 1 = enters first; 0 = does not vary, or enters nowhere on the path. Genes that enter between the
        same two steps of the path share a value.

    Raises:
        TrainingError: the fit did not converge.

    Source: Simon et al., Regularization paths for Cox's proportional hazards model via coordinate descent, J. Stat.
    Softw. 2011 (the path; fitted by scikit-survival, ties as Breslow).
    """
    penalty = np.zeros(x.shape[1])
    spread = x.std(axis=0)
    varies = spread > 0
    if varies.any():
        penalties, coefficients = _path((x[:, varies] - x[:, varies].mean(axis=0)) / spread[varies], time, event)
        penalty[varies] = np.where(coefficients != 0, penalties, 0.0).max(axis=1)
    return penalty / (penalty.max() or 1.0)


def _path(x: Floats, time: Floats, event: Bools) -> tuple[Floats, Floats]:
    """Penalties (P,), falling, and the coefficients (G, P) of the model at each."""
    model = CoxnetSurvivalAnalysis(n_alphas=STEPS, alpha_min_ratio=WEAKEST, l1_ratio=MIXING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "all coefficients are zero", UserWarning)  # the ranking then says so
            warnings.simplefilter("error", ConvergenceWarning)  # a path cut short is no ranking
            model.fit(np.asfortranarray(x), Surv.from_arrays(event, time))
    except (ArithmeticError, ConvergenceWarning) as error:
        raise TrainingError(
            f"The elastic-net Cox model of {count(x.shape[1], 'gene')} in {count(len(x), 'patient')} with "
            f"{count(int(event.sum()), 'event')} did not converge ({error}). Choose another omics.selector, or fewer "
            "omics.candidates."
        ) from error
    return model.alphas_, model.coef_
