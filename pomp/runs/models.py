"""The models of a run: its own, and the plain ones that were fitted on the same folds."""

from __future__ import annotations

import pandas as pd

from pomp.runs.run import Run
from pomp.runs.system_name import system_name

CLINICAL_COX = "clinical Cox"
"""Among the plain models, the one of clinical covariates alone."""


def predictions_by_model(run: Run) -> dict[str, pd.DataFrame]:
    """Out-of-fold predictions by model, that of the run first.

    Raises:
        RunError: the run has no predictions yet, or a table is damaged.
    """
    tables, others = {system_name(run.config): run.require_predictions()}, run.comparators()
    if others is not None:
        tables |= {str(model): part for model, part in others.groupby("model", sort=False)}
    return tables
