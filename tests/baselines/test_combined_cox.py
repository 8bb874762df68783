"""Clinical data and omics together: one likelihood, two penalties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from pomp.baselines.clinical_cox import ClinicalCox
from pomp.baselines.combined_cox import CombinedCox
from pomp.baselines.penalty import choose_penalty
from pomp.baselines.ridge_cox import RidgeCox
from pomp.errors import TrainingError
from pomp.evaluation.concordance import concordance_index


def cohort(patients: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Age and the first of three components drive the hazard, as much as each other."""
    generator = np.random.default_rng(seed)
    index = pd.Index([f"P{row:03d}" for row in range(patients)], name="patient")
    age, components = generator.normal(60, 10, patients), generator.normal(size=(patients, 3))
    death = generator.exponential(2000 / np.exp((age - 60) / 10 + components[:, 0]))
    loss = generator.uniform(100, 3000, patients)
    clinical = pd.DataFrame({"age": age, "OS": death <= loss, "OS.time": np.minimum(death, loss)}, index=index)
    outcome = pd.DataFrame({"time_days": clinical["OS.time"], "event": clinical["OS"]}, index=index)
    return clinical, components, outcome


def test_without_penalty_equals_lifelines() -> None:
    clinical, components, outcome = cohort()
    model = CombinedCox(clinical_alpha=1e-9, omics_alpha=1e-9).fit(clinical, components, outcome)
    age = (clinical["age"] - clinical["age"].mean()) / clinical["age"].std(ddof=0)
    frame = pd.DataFrame(components, index=clinical.index, columns=["a", "b", "c"]).assign(age=age).join(outcome)
    fitted = CoxPHFitter().fit(frame, "time_days", "event").params_
    np.testing.assert_allclose(model.model_.coef_, fitted[["age", "a", "b", "c"]], rtol=1e-5)


@pytest.mark.parametrize(
    ("penalties", "left"),
    [((1.0, 1e9), "the clinical data"), ((1e9, 100.0), "the components")],
    ids=["components held at 0", "clinical data held at 0"],
)
def test_each_penalty_is_of_its_own_part(penalties: tuple[float, float], left: str) -> None:
    """Held at 0 by its penalty, a part is as good as absent, and the other is its own model's."""
    clinical, components, outcome = cohort()
    found = CombinedCox(*penalties).fit(clinical, components, outcome).predict(clinical, components)
    alone = (
        ClinicalCox().fit(clinical, outcome).predict(clinical)
        if left == "the clinical data"
        else RidgeCox(100.0).fit(components, outcome["time_days"], outcome["event"]).predict(components)
    )
    np.testing.assert_allclose(found - found.mean(), alone - alone.mean(), atol=1e-4)


def test_the_penalty_on_omics_is_chosen_beside_the_clinical_data() -> None:
    clinical, components, outcome = cohort(120)
    age = ((clinical["age"] - clinical["age"].mean()) / clinical["age"].std(ddof=0)).to_numpy()[:, None]
    alpha = choose_penalty(
        np.hstack([age, components]),
        outcome["time_days"],
        outcome["event"],
        lambda alpha: np.array([1.0, *[alpha] * 3]),
    )
    chosen, given = (CombinedCox(omics_alpha=each).fit(clinical, components, outcome) for each in (None, alpha))
    np.testing.assert_array_equal(chosen.model_.coef_, given.model_.coef_)


def test_is_better_than_either_where_both_matter() -> None:
    clinical, components, outcome = cohort()
    unseen_clinical, unseen_components, truth = cohort(seed=1)
    both = CombinedCox().fit(clinical, components, outcome).predict(unseen_clinical, unseen_components)
    known = ClinicalCox().fit(clinical, outcome).predict(unseen_clinical)
    omics = RidgeCox().fit(components, outcome["time_days"], outcome["event"]).predict(unseen_components)
    together, *alone = (concordance_index(truth["time_days"], truth["event"], risk) for risk in (both, known, omics))
    assert together > max(alone) + 0.03


def test_only_the_outcome_s_patients_are_learnt_from() -> None:
    clinical, components, outcome = cohort()
    few = outcome.iloc[:200]
    one = CombinedCox().fit(clinical, components[:200], few)
    other = CombinedCox().fit(clinical.iloc[:200], components[:200], few)
    np.testing.assert_array_equal(one.predict(clinical, components), other.predict(clinical, components))


def test_clinical_columns_are_read_as_by_the_clinical_model() -> None:
    clinical, components, outcome = cohort()
    marred = clinical.astype({"age": object})
    marred.iloc[[3, 7], 0] = [">89", "ninety"]
    both, alone = CombinedCox().fit(marred, components, outcome), ClinicalCox().fit(marred, outcome)
    assert both.covariates.columns_ == alone.covariates.columns_
    assert both.covariates.transform(marred).shape == (300, 1)


FAILURES = {
    "no covariate": ({"age": 60.0}, {}, r"None of the clinical columns \(age, OS, OS\.time\) can serve as a covariate"),
    "nobody died": ({}, {"event": False}, "None of the 40 training patients has an event"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_fitted(case: str) -> None:
    columns, changed, said = FAILURES[case]
    clinical, components, outcome = cohort(40)
    with pytest.raises(TrainingError, match=said):
        CombinedCox().fit(clinical.assign(**columns), components, outcome.assign(**changed))
