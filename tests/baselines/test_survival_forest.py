"""The forest is scikit-survival's on the follow-up as it is, and finds what a linear model cannot."""

from __future__ import annotations

import numpy as np
import pytest
from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv

from pomp.baselines.penalised_cox import fit_penalised_cox
from pomp.baselines.survival_forest import PlainForest, deaths_before
from pomp.errors import TrainingError
from pomp.evaluation.concordance import concordance_index


def cohort(patients: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whoever is far from 0 in the first of five covariates, on either side, dies early. Times are in whole weeks."""
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(patients, 5))
    death = generator.exponential(1000 / np.exp(3 * (np.abs(matrix[:, 0]) - 1)))
    loss = generator.uniform(100, 3000, patients)
    return matrix, np.ceil(np.minimum(death, loss) / 7) * 7, death <= loss


def test_deaths_before_by_hand() -> None:
    times, event = np.array([3.0, 5, 5, 8, 9, 1]), np.array([True, False, True, False, True, False])
    assert deaths_before(times, event).tolist() == [1, 2, 2, 2, 3, 0]


def test_is_the_forest_on_the_days_themselves() -> None:
    matrix, time, event = cohort()
    reference = RandomSurvivalForest(20, min_samples_leaf=15, random_state=3).fit(matrix, Surv.from_arrays(event, time))
    found = PlainForest(trees=20, seed=3).fit(matrix, time, event)
    unseen, _, _ = cohort(seed=1)
    np.testing.assert_allclose(found.predict(unseen), reference.predict(unseen), rtol=1e-9)


def test_finds_what_is_not_linear() -> None:
    seen, unseen = cohort(), cohort(seed=1)
    forest = PlainForest(trees=50).fit(*seen).predict(unseen[0])
    linear = fit_penalised_cox(*seen, alpha=1.0).predict(unseen[0])
    assert concordance_index(unseen[1], unseen[2], forest) > 0.65
    assert concordance_index(unseen[1], unseen[2], linear) < 0.57


def test_the_same_seed_gives_the_same_risks_and_nobody_else_matters() -> None:
    matrix, time, event = cohort()
    first, again, other = (PlainForest(10, seed=seed).fit(matrix, time, event).predict(matrix) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    one = PlainForest(10).fit(matrix, time, event).predict(matrix[7:8])
    np.testing.assert_array_equal(one, first[7:8])


@pytest.mark.parametrize("patients", [12, 20, 30, 47])
def test_few_patients_still_split_a_tree(patients: int) -> None:
    """Trees see 63 % of the patients: with 15 of them in each leaf, up to 47 patients could not be told apart."""
    matrix, time, event = (part[:patients] for part in cohort())
    unseen, _, _ = cohort(seed=1)
    assert len(np.unique(PlainForest(trees=20).fit(matrix, time, event).predict(unseen))) > 5


def test_a_larger_cohort_keeps_its_leaves() -> None:
    matrix, time, event = (part[:60] for part in cohort())
    found = PlainForest(trees=20).fit(matrix, time, event)
    assert {tree.min_samples_leaf for tree in found.model_.estimators_} == {15}


def test_too_few_patients_for_any_split() -> None:
    with pytest.raises(TrainingError, match="No tree can be split, with 3 of the 5 training patients in a leaf"):
        PlainForest(trees=20).fit(np.arange(5.0)[:, None], np.arange(1, 6), np.ones(5))


def test_nobody_died() -> None:
    with pytest.raises(TrainingError, match="None of the 9 training patients has an event"):
        PlainForest().fit(np.eye(9), np.arange(1, 10), np.zeros(9))
