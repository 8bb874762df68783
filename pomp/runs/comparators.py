"""The plain models that every run is compared with, on the same patients of the same folds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.baselines.clinical_cox import ClinicalCox
from pomp.baselines.combined_cox import CombinedCox
from pomp.baselines.components import Components
from pomp.baselines.ridge_cox import PlainOmics, RidgeCox
from pomp.baselines.survival_forest import PlainForest
from pomp.data.cohort import Cohort
from pomp.data.splits import Fold
from pomp.errors import PompError
from pomp.runs.models import CLINICAL_COX
from pomp.training.fold_names import fold_words

log = logging.getLogger(__name__)
COMPONENTS = 30
Array = NDArray[np.float64]


def comparator_risks(cohort: Cohort, fold: Fold) -> pd.DataFrame:
    """Out-of-fold risks of the models in `MODELS`; always fitted on the training fold.

    Columns: model, patient, fold, time_days, event, risk. A model that cannot be fitted is left out and logged.
    """
    unseen = cohort.outcome.loc[list(fold.test), ["time_days", "event"]].rename_axis("patient").reset_index()
    patients, parts = PlainPatients(cohort, fold), []
    for name, predict in MODELS.items():
        try:
            risk = predict(patients)
        except PompError as error:
            log.warning("%s is left out of %s: %s", name, fold_words(fold.index), error)
            continue
        parts.append(unseen.assign(model=name, fold=fold.index, risk=risk))
    columns = ["model", "patient", "fold", "time_days", "event", "risk"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


class PlainPatients:
    """A fold's patients as plain models read them; components are worked out once for all models."""

    def __init__(self, cohort: Cohort, fold: Fold) -> None:
        self.cohort, self.fold = cohort, fold
        self.seen = cohort.outcome.loc[list(fold.train)]

    @property
    def clinical(self) -> pd.DataFrame:
        """Of the test patients."""
        return self.cohort.clinical.loc[list(self.fold.test)]

    @cached_property
    def components(self) -> tuple[Array, Array]:
        """(N, K) of the training patients, and of the test patients.

        Raises:
            TrainingError: no omics value varies.
        """
        tables, train, test = self.cohort.omics, self.fold.train, self.fold.test
        omics = PlainOmics().fit(tables, train)
        known = omics.transform(tables, train)
        components = Components(COMPONENTS).fit(known)
        return components.transform(known), components.transform(omics.transform(tables, test))


def _clinical(patients: PlainPatients) -> Array:
    return ClinicalCox().fit(patients.cohort.clinical, patients.seen).predict(patients.clinical)


def _on_components(model: RidgeCox | PlainForest, patients: PlainPatients) -> Array:
    train, test = patients.components
    return model.fit(train, patients.seen["time_days"], patients.seen["event"]).predict(test)


def _combined(patients: PlainPatients) -> Array:
    train, test = patients.components
    return CombinedCox().fit(patients.cohort.clinical, train, patients.seen).predict(patients.clinical, test)


MODELS: dict[str, Callable[[PlainPatients], Array]] = {
    CLINICAL_COX: _clinical,
    f"ridge Cox ({COMPONENTS} components)": lambda patients: _on_components(RidgeCox(), patients),
    "clinical + ridge Cox": _combined,
    "random survival forest": lambda patients: _on_components(PlainForest(), patients),
}
"""The plain models by name, in the order in which they are shown. A run keeps the names that it was finished with."""
