"""The plain models that every run is compared with, on the same patients of the same folds."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from pomp.baselines.clinical_cox import ClinicalCox
from pomp.baselines.ridge_cox import PlainOmics, RidgeCox
from pomp.data.cohort import Cohort
from pomp.data.splits import Fold
from pomp.errors import PompError

log = logging.getLogger(__name__)
COMPONENTS = 30


def comparator_risks(cohort: Cohort, fold: Fold) -> pd.DataFrame:
    """Out-of-fold risks of clinical-only Cox and of ridge Cox on omics components; always fitted on the training fold.

    Columns: model, patient, fold, time_days, event, risk. A model that cannot be fitted is left out and logged.
    """
    unseen = cohort.outcome.loc[list(fold.test), ["time_days", "event"]].rename_axis("patient").reset_index()
    parts = []
    for name, predict in (("clinical Cox", _clinical), (f"ridge Cox ({COMPONENTS} components)", _ridge)):
        try:
            risk = predict(cohort, fold)
        except PompError as error:
            log.warning("%s is left out of fold %d: %s", name, fold.index, error)
            continue
        parts.append(unseen.assign(model=name, fold=fold.index, risk=risk))
    columns = ["model", "patient", "fold", "time_days", "event", "risk"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _clinical(cohort: Cohort, fold: Fold) -> np.ndarray:
    model = ClinicalCox().fit(cohort.clinical, cohort.outcome.loc[list(fold.train)])
    return model.predict(cohort.clinical.loc[list(fold.test)])


def _ridge(cohort: Cohort, fold: Fold) -> np.ndarray:
    omics = PlainOmics().fit(cohort.omics, fold.train)
    seen = cohort.outcome.loc[list(fold.train)]
    model = RidgeCox(COMPONENTS).fit(omics.transform(cohort.omics, fold.train), seen["time_days"], seen["event"])
    return model.predict(omics.transform(cohort.omics, fold.test))
