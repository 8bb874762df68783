"""What the clinical data and the genes tell together: the bar for whoever claims that omics add to the clinic."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.baselines.clinical_covariates import ClinicalCovariates
from pomp.baselines.penalised_cox import CLINICAL_ALPHA, fit_penalised_cox
from pomp.baselines.penalty import choose_penalty

Array = NDArray[np.float64]


class CombinedCox:
    """One Cox regression on clinical covariates and omics components, each penalised as in its own model.

    Args:
        clinical_alpha: as `alpha` of `ClinicalCox`.
        omics_alpha: as `alpha` of `RidgeCox`; chosen beside the clinical data, which may leave less to omics.
    """

    def __init__(self, clinical_alpha: float = CLINICAL_ALPHA, omics_alpha: float | None = None) -> None:
        self.clinical_alpha, self.omics_alpha = clinical_alpha, omics_alpha
        self.covariates = ClinicalCovariates()

    def fit(self, clinical: pd.DataFrame, components: Array, outcome: pd.DataFrame) -> Self:
        """Fit on training patients.

        Args:
            clinical: as `ClinicalCox.fit`.
            components: (N, K) of the patients of `outcome`, in their order.
            outcome: index patient; time_days, event. Its patients are the training patients.

        Raises:
            TrainingError: no column can serve as a covariate, or nobody died.
        """
        training = clinical.reindex(outcome.index)
        known = self.covariates.fit(training).transform(training)
        matrix, sizes = np.hstack([known, components]), [known.shape[1], components.shape[1]]
        followed = outcome["time_days"], outcome["event"]

        def spread(omics_alpha: float) -> Array:
            return np.repeat([self.clinical_alpha, omics_alpha], sizes)

        alpha = choose_penalty(matrix, *followed, spread) if self.omics_alpha is None else self.omics_alpha
        self.model_: Any = fit_penalised_cox(matrix, *followed, spread(alpha))
        return self

    def predict(self, clinical: pd.DataFrame, components: Array) -> Array:
        """(N,) log hazards of any patients, in the order of the rows of both."""
        matrix = np.hstack([self.covariates.transform(clinical), components])
        return np.asarray(self.model_.predict(matrix), dtype=float)
