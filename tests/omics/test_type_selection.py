"""The settings of a choice of genes reach the steps that they are settings of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.config import OmicsConfig
from pomp.omics.ranking import RANKINGS, Bools, Floats
from pomp.omics.training_rows import TrainingRows
from pomp.omics.type_selection import select_genes
from tests.omics.cohorts import small_cohort

COHORT = small_cohort(patients=60, genes=24)


def summary(omics: str = "mrna", seed: int = 0, **settings: Any) -> pd.DataFrame:
    rows = TrainingRows.of(COHORT.tables[omics], COHORT.outcome)
    config = OmicsConfig(**{"selector": "cox_score", "genes": 1, "candidates": 20, **settings})
    return select_genes(rows, config, seed, lambda what: None).summary


def test_as_many_genes_are_ranked_as_differ_within_the_bounds() -> None:
    q_value = summary(alpha=0.999999, candidates=24)["q_value"]
    ranked = {alpha: len(summary(alpha=alpha)) for alpha in (1e-9, 0.3, 0.6, 0.999999)}
    assert ranked == {alpha: max(2, min(20, int((q_value < alpha).sum()))) for alpha in ranked}  # two for each one kept
    assert ranked[1e-9] == 2 < ranked[0.3] < ranked[0.6] < ranked[0.999999] == 20


@pytest.mark.parametrize(("contrast", "words"), [
    ("survival", "event by day"), ("normals", "vs normal (12)"), ("auto", "vs normal (12)"),
])  # fmt: skip
def test_the_groups_are_those_of_the_settings(contrast: str, words: str) -> None:
    assert summary("mirna", contrast=contrast)["contrast"].str.contains(words, regex=False).all()


def test_trees_and_seed_are_the_rankings_and_its_ties_go_to_the_smaller_p_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[tuple[int, int, bool]] = []

    def all_alike(x: Floats, time: Floats, event: Bools, trees: int, seed: int) -> Floats:
        given.append((trees, seed, bool(np.isnan(x).any())))
        return np.zeros(x.shape[1])

    monkeypatch.setitem(RANKINGS, "forest", all_alike)  # type: ignore[arg-type]
    found = summary(selector="forest", genes=8, trees=17, seed=5)
    assert given == [(17, 5, False)]
    assert found["p_value"].is_monotonic_increasing
    assert not found["gene"].is_monotonic_increasing
    assert found["selected"].tolist() == [True] * 8 + [False] * (len(found) - 8)


def test_who_has_any_gene_of_a_type_has_the_type_whether_it_is_read_or_not() -> None:
    table = COHORT.tables["mrna"]
    config = OmicsConfig(selector="cox_score", genes=1, candidates=20, neighbours=3)
    panel = select_genes(TrainingRows.of(table, COHORT.outcome), config, 0, lambda what: None).panel
    values, patient = table.values.fillna(6.0), COHORT.patients[0]
    values.loc[patient, list(panel.reads)] = np.nan
    assert values.loc[patient].notna().any()
    standardised, present = panel.transform(values, [patient])
    assert present.tolist() == [True]
    assert np.abs(standardised).max() < 0.1  # the training mean of what was measured
