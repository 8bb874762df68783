"""Clinical Cox: against lifelines' ridge, and what it must not see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from pomp.baselines.clinical_cox import ClinicalCox
from pomp.errors import TrainingError
from pomp.evaluation.concordance import concordance_index


def cohort(patients: int = 300, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Age and stage drive the hazard; sex does not."""
    generator = np.random.default_rng(seed)
    index = pd.Index([f"P{row:03d}" for row in range(patients)], name="patient")
    age, stage = generator.normal(60, 10, patients), generator.integers(1, 5, patients)
    death = generator.exponential(2000 / np.exp((age - 60) / 20 + 0.6 * (stage - 2)))
    loss = generator.uniform(100, 3000, patients)
    clinical = pd.DataFrame(
        {"age": age, "stage": [f"Stage {('I', 'II', 'III', 'IV')[s - 1]}" for s in stage],
         "sex": generator.choice(["F", "M"], patients), "OS": death <= loss, "OS.time": np.minimum(death, loss)},
        index=index,
    )  # fmt: skip
    outcome = pd.DataFrame({"time_days": clinical["OS.time"], "event": clinical["OS"]}, index=index)
    return clinical, outcome


def test_without_penalty_equals_lifelines() -> None:
    clinical, outcome = cohort()
    model = ClinicalCox(alpha=1e-9).fit(clinical.drop(columns="sex"), outcome)
    frame = pd.DataFrame(model.covariates.transform(clinical), index=clinical.index).join(outcome)
    fitted = CoxPHFitter().fit(frame, "time_days", "event")
    np.testing.assert_allclose(model.model_.coef_, fitted.params_, rtol=1e-5)


def test_ranks_new_patients_and_ignores_the_outcome_columns() -> None:
    clinical, outcome = cohort()
    model = ClinicalCox().fit(clinical, outcome)
    unseen, truth = cohort(seed=1)
    risk = model.predict(unseen)
    assert concordance_index(truth["time_days"], truth["event"], risk) > 0.65
    np.testing.assert_array_equal(model.predict(unseen.drop(columns=["OS", "OS.time"])), risk)


def test_a_patient_s_risk_depends_on_nobody_else() -> None:
    clinical, outcome = cohort()
    model = ClinicalCox().fit(clinical, outcome)
    unseen, _ = cohort(seed=1)
    np.testing.assert_allclose(model.predict(unseen.iloc[[7]]), model.predict(unseen)[7:8], rtol=1e-12)


def test_only_the_outcome_s_patients_are_learnt_from() -> None:
    clinical, outcome = cohort()
    few = outcome.iloc[:200]
    one, other = ClinicalCox().fit(clinical, few), ClinicalCox().fit(clinical.iloc[:200], few)
    np.testing.assert_array_equal(one.predict(clinical), other.predict(clinical))


def test_one_cell_that_is_no_number_costs_nothing() -> None:
    clinical, outcome = cohort()
    unseen, truth = cohort(seed=1)
    whole = ClinicalCox().fit(clinical, outcome).predict(unseen)
    marred = clinical.astype({"age": object})
    marred.iloc[7, 0] = "ninety"
    found = ClinicalCox().fit(marred, outcome).predict(unseen)
    expected = concordance_index(truth["time_days"], truth["event"], whole)
    assert concordance_index(truth["time_days"], truth["event"], found) == pytest.approx(expected, abs=0.005)


def test_cells_of_patients_not_learnt_from_are_without_a_say() -> None:
    clinical, outcome = cohort()
    few = outcome.iloc[:200]
    scrambled = clinical.astype({"age": object})
    scrambled.iloc[200:, 0] = "61,5"
    one, other = ClinicalCox().fit(clinical, few), ClinicalCox().fit(scrambled, few)
    np.testing.assert_array_equal(one.predict(clinical[:200]), other.predict(scrambled[:200]))


def test_nobody_died() -> None:
    clinical, outcome = cohort(40)
    with pytest.raises(TrainingError, match="None of the 40 training patients has an event"):
        ClinicalCox().fit(clinical, outcome.assign(event=False))
