"""The plain models that every run is compared with, on the same patients of the same folds."""

from __future__ import annotations

import logging

import pandas as pd
from pomp.data.cohort import Cohort
from pomp.data.splits import Fold

from pomp.errors import PompError

log = logging.getLogger(__name__)
COMPONENTS = 30


def comparator_risks(cohort: Cohort, fold: Fold) -> pd.DataFrame:
    """Out-of-fold risks of clinical-only Cox and of ridge Cox on omics components; always fitted on the training fold.

    Columns: model, patient, fold, time_days, event, risk. A model that cannot be fitted is left out and logged.
    """
    seen, unseen = cohort.outcome.loc[list(fold.train)], cohort.outcome.loc[list(fold.test)]
    parts = []
    for name, predict in (("clinical Cox", _clinical), (f"ridge Cox ({COMPONENTS} components)", _ridge)):
        try:
            risk = predict(cohort, seen, fold)
        except PompError as error:
            log.warning("%s is left out of fold %d: %s", name, fold.index, error)
            continue
        part = unseen[["time_days", "event"]].rename_axis("patient").reset_index()
        parts.append(part.assign(model=name, fold=fold.index, risk=risk))
    columns = ["model", "patient", "fold", "time_days", "event", "risk"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
