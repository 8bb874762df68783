"""The plain models, honestly over five folds of real TCGA cohorts.

Ridge Cox: the figures of an earlier, separate measurement. The others: this code's own, a guard against drift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import CohortConfig
from pomp.data.cohort import read_cohort
from pomp.data.splits import make_splits
from pomp.evaluation.concordance import concordance_index
from pomp.runs.comparators import MODELS, comparator_risks

MEASURED = {
    # patients, then the mean C-index of each model in the order of MODELS
    "LIHC": (307, (0.65, 0.68, 0.69, 0.66)),
    "STAD": (333, (0.64, 0.56, 0.65, 0.52)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_honest_c_index(shared_data: Path, name: str) -> None:
    patients, expected = MEASURED[name]
    cohort = read_cohort(shared_data / "tcga" / name, CohortConfig(complete_cases=True, omics=("mrna", "mirna")))
    assert len(cohort.patients) == patients
    folds = make_splits(cohort.outcome, folds=5, seed=0).folds
    risks = pd.concat([comparator_risks(cohort, fold) for fold in folds])
    found = [
        np.mean([concordance_index(part["time_days"], part["event"], part["risk"]) for _, part in own.groupby("fold")])
        for _, own in risks.groupby("model", sort=False)
    ]
    assert list(risks["model"].unique()) == list(MODELS)
    assert found == pytest.approx(expected, abs=0.03)
