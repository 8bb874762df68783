"""Both baselines, honestly over five folds of real TCGA cohorts.

Ridge Cox: the figures of an earlier, separate measurement. Clinical Cox: this code's own, a guard against drift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pomp.baselines.clinical_cox import ClinicalCox
from pomp.baselines.ridge_cox import PlainOmics, RidgeCox
from pomp.config import CohortConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import make_splits
from pomp.evaluation.concordance import concordance_index


def c_by_fold(cohort: Cohort) -> tuple[list[float], list[float]]:
    """Harrell's C of clinical and of ridge Cox in each test fold."""
    clinical, ridge = [], []
    for fold in make_splits(cohort.outcome, folds=5, seed=0).folds:
        seen, unseen = cohort.outcome.loc[list(fold.train)], cohort.outcome.loc[list(fold.test)]
        truth = unseen["time_days"], unseen["event"]
        known = ClinicalCox().fit(cohort.clinical, seen)
        clinical.append(concordance_index(*truth, known.predict(cohort.clinical.loc[list(fold.test)])))
        omics = PlainOmics().fit(cohort.omics, fold.train)
        model = RidgeCox().fit(omics.transform(cohort.omics, fold.train), seen["time_days"], seen["event"])
        ridge.append(concordance_index(*truth, model.predict(omics.transform(cohort.omics, fold.test))))
    return clinical, ridge


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "patients", "clinical", "ridge"), [("LIHC", 307, 0.65, 0.68), ("STAD", 333, 0.64, 0.56)]
)
def test_honest_c_index(shared_data: Path, name: str, patients: int, clinical: float, ridge: float) -> None:
    cohort = read_cohort(shared_data / "tcga" / name, CohortConfig(complete_cases=True, omics=("mrna", "mirna")))
    assert len(cohort.patients) == patients
    found = c_by_fold(cohort)
    assert np.mean(found[0]) == pytest.approx(clinical, abs=0.03)
    assert np.mean(found[1]) == pytest.approx(ridge, abs=0.03)
