"""What age, sex, stage and grade alone can tell: the bar that omics and slides have to clear."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.baselines.clinical_covariates import ClinicalCovariates
from pomp.baselines.penalised_cox import CLINICAL_ALPHA, fit_penalised_cox


class ClinicalCox:
    """Ridge-penalised Cox regression on clinical covariates.

    Args:
        alpha: ridge penalty: the prior variance of a log hazard ratio (per standard deviation or level) is 1/alpha.
    """

    def __init__(self, alpha: float = CLINICAL_ALPHA) -> None:
        self.alpha = alpha
        self.covariates = ClinicalCovariates()

    def fit(self, clinical: pd.DataFrame, outcome: pd.DataFrame) -> Self:
        """Fit on training patients.

        Args:
            clinical: index patient; every column that is not an outcome is a covariate.
            outcome: index patient; time_days, event. Its patients are the training patients.

        Raises:
            TrainingError: no column can serve as a covariate, or nobody died.
        """
        training = clinical.reindex(outcome.index)
        matrix = self.covariates.fit(training).transform(training)
        self.model_: Any = fit_penalised_cox(matrix, outcome["time_days"], outcome["event"], self.alpha)
        return self

    def predict(self, clinical: pd.DataFrame) -> NDArray[np.float64]:
        """(N,) log hazards of any patients, in the order of the rows."""
        return np.asarray(self.model_.predict(self.covariates.transform(clinical)), dtype=float)
