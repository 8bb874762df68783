"""The plain models of a fold: fitted on its training patients alone, and left out where they cannot be fitted."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pomp.baselines.components import Components
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import Fold
from pomp.runs.comparators import MODELS, comparator_risks
from tests.runs.omics_cohort import write_omics_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read_cohort(write_omics_cohort(tmp_path_factory.mktemp("cohorts") / "own", "P", 3, patients=60))


@pytest.fixture
def fold(cohort: Cohort) -> Fold:
    return Fold(1, cohort.patients[:45], cohort.patients[45:])


def test_every_model_scores_every_test_patient(cohort: Cohort, fold: Fold) -> None:
    found = comparator_risks(cohort, fold)
    assert list(found["model"].unique()) == [
        "clinical Cox", "ridge Cox (30 components)", "clinical + ridge Cox", "random survival forest",
    ]  # fmt: skip
    for _, part in found.groupby("model"):
        assert tuple(part["patient"]) == fold.test
        assert set(part["fold"]) == {1}
        assert np.isfinite(part["risk"]).all()
        pd.testing.assert_series_equal(
            part.set_index("patient")["time_days"], cohort.outcome.loc[list(fold.test), "time_days"]
        )
    assert found.groupby("patient")["risk"].nunique().eq(len(MODELS)).all()


def test_the_same_fold_gives_the_same_risks(cohort: Cohort, fold: Fold) -> None:
    pd.testing.assert_frame_equal(comparator_risks(cohort, fold), comparator_risks(cohort, fold), check_exact=True)


def test_outcomes_of_test_patients_change_nothing(cohort: Cohort, fold: Fold) -> None:
    outcome = cohort.outcome.copy()
    outcome.loc[list(fold.test), ["time_days", "event"]] = [77.0, True]
    found = comparator_risks(replace(cohort, outcome=outcome), fold)
    pd.testing.assert_series_equal(found["risk"], comparator_risks(cohort, fold)["risk"], check_exact=True)


def test_components_are_worked_out_once(cohort: Cohort, fold: Fold, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []
    fit = Components.fit
    monkeypatch.setattr(Components, "fit", lambda self, matrix: (fits.append(len(matrix)), fit(self, matrix))[1])
    comparator_risks(cohort, fold)
    assert fits == [45]


LEFT_OUT = {
    "no clinical column": ({"clinical"}, ["ridge Cox (30 components)", "random survival forest"]),
    "no omics": ({"omics"}, ["clinical Cox"]),
    "nothing": ({"clinical", "omics"}, []),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_cannot_be_fitted_is_left_out_and_logged(
    case: str, cohort: Cohort, fold: Fold, caplog: pytest.LogCaptureFixture
) -> None:
    lacking, expected = LEFT_OUT[case]
    poor = replace(
        cohort,
        clinical=cohort.clinical.iloc[:, :0] if "clinical" in lacking else cohort.clinical,
        omics={} if "omics" in lacking else cohort.omics,
    )
    with caplog.at_level(logging.WARNING):
        found = comparator_risks(poor, fold)
    assert list(found["model"].unique()) == expected
    assert list(found.columns) == ["model", "patient", "fold", "time_days", "event", "risk"]
    assert [record.getMessage().split(" is left out of fold 2: ")[0] for record in caplog.records] == [
        name for name in MODELS if name not in expected
    ]
