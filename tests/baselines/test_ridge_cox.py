"""Ridge Cox on principal components, and the plain omics matrix it reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.baselines.components import Components
from pomp.baselines.penalty import choose_penalty
from pomp.baselines.ridge_cox import CLIP, PlainOmics, RidgeCox
from pomp.data.omics_table import Kind, OmicsTable
from pomp.errors import TrainingError
from pomp.evaluation.concordance import concordance_index


def table(kind: Kind, values: dict[str, list[float]]) -> OmicsTable:
    """An omics table from patient → values."""
    frame = pd.DataFrame.from_dict(values, orient="index", dtype=float)
    frame.columns = [f"g{column}" for column in range(frame.shape[1])]
    return OmicsTable("type", kind, frame, None)


def test_training_statistics_by_hand() -> None:
    tables = {"mrna": table("log", {"A": [1, 7], "B": [3, 7], "C": [np.nan, 7], "D": [5, 7], "E": [99, 0]})}
    plain = PlainOmics().fit(tables, ["A", "B", "C", "D"])
    sd = np.sqrt(2)  # of 1, 3, 3 (the median), 5; the second gene is constant in training
    np.testing.assert_allclose(plain.transform(tables, ["D", "C", "A"]), np.array([[2], [0], [-2]]) / sd)
    assert plain.transform(tables, ["E"]).tolist() == [[CLIP]]


def test_a_type_a_patient_lacks_is_zero() -> None:
    tables = {
        "mrna": table("log", {"A": [1, 2], "B": [3, 1], "C": [5, 0]}),
        "mirna": table("log", {"A": [1], "B": [2], "C": [np.nan]}),  # C's row is empty, D's is not there
        "cnv": table("copies", {"Z": [1]}),  # none of the training patients
    }
    plain = PlainOmics().fit(tables, ["A", "B", "C"])
    found = plain.transform(tables, ["C", "A", "D"])
    assert found.shape == (3, 3)
    assert found[0, 2] == 0
    assert found[1, 2] == pytest.approx(-1)
    assert found[2].tolist() == [0, 0, 0]


def test_counts_are_taken_per_library_on_the_log_scale() -> None:
    generator = np.random.default_rng(0)
    counts = generator.poisson(generator.uniform(20, 2000, 200), size=(30, 200)).astype(float)
    names = [f"P{row:02d}" for row in range(30)]
    deep = counts.copy()
    deep[3] *= 10  # sequenced ten times as deep
    found = [
        PlainOmics().fit({"mirna": each}, names).transform({"mirna": each}, names)[3]
        for each in (table("counts", dict(zip(names, values.tolist(), strict=True))) for values in (counts, deep))
    ]
    np.testing.assert_allclose(found[0], found[1], atol=0.3)


def test_other_patients_do_not_matter() -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(size=(20, 8))
    names = [f"P{row:02d}" for row in range(20)]
    seen, unseen = names[:15], names[15:]
    one = {"mrna": table("zscore", dict(zip(names, values.tolist(), strict=True)))}
    values[15:] *= 100
    other = {"mrna": table("zscore", dict(zip(names, values.tolist(), strict=True)))}
    np.testing.assert_array_equal(
        PlainOmics().fit(one, seen).transform(one, unseen), PlainOmics().fit(other, seen).transform(one, unseen)
    )


def cohort(patients: int = 240, genes: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes that follow five factors, the first of which drives the hazard."""
    loadings = np.random.default_rng(99).normal(size=(5, genes))
    generator = np.random.default_rng(seed)
    factors = generator.normal(size=(patients, 5))
    matrix = factors @ loadings + generator.normal(size=(patients, genes))
    death, loss = generator.exponential(1000 / np.exp(factors[:, 0])), generator.uniform(100, 3000, patients)
    return matrix, np.minimum(death, loss), death <= loss


def test_finds_the_factor_and_ranks_new_patients() -> None:
    matrix, time, event = cohort()
    components = Components(10).fit(matrix)
    model = RidgeCox().fit(components.transform(matrix), time, event)
    unseen, time, event = cohort(seed=1)
    scores = components.transform(unseen)
    assert concordance_index(time, event, model.predict(scores)) > 0.68
    np.testing.assert_allclose(model.predict(scores[:1]), model.predict(scores)[:1], rtol=1e-9)


def test_the_training_patients_choose_the_penalty() -> None:
    matrix, time, event = cohort(100)
    components = Components(10).fit(matrix).transform(matrix)
    alpha = choose_penalty(components, time, event)
    chosen, given = (RidgeCox(each).fit(components, time, event).predict(components) for each in (None, alpha))
    np.testing.assert_array_equal(chosen, given)


def test_noise_is_worth_nothing() -> None:
    found = []
    for seed in range(10):
        generator = np.random.default_rng(seed)
        _, time, event = cohort(seed=seed)
        noise = generator.normal(size=(240, 300))
        components = Components().fit(noise[:160])
        model = RidgeCox().fit(components.transform(noise[:160]), time[:160], event[:160])
        found.append(concordance_index(time[160:], event[160:], model.predict(components.transform(noise[160:]))))
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)


def test_the_penalty_does_not_depend_on_scale_or_number_of_genes() -> None:
    matrix, time, event = cohort()
    risks = []
    for genes in (matrix, np.hstack([matrix, matrix]) * 3):
        components = Components().fit(genes).transform(genes)
        risks.append(RidgeCox().fit(components, time, event).predict(components))
    np.testing.assert_allclose(risks[1], risks[0], atol=1e-6)


def test_nobody_died() -> None:
    with pytest.raises(TrainingError, match="None of the 9 training patients has an event"):
        RidgeCox().fit(np.eye(9), np.arange(1, 10), np.zeros(9))
