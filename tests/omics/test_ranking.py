"""One signature for four rankings, and the order they give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from pomp.omics import ranking
from pomp.omics.cox_score import cox_score_test
from pomp.omics.elastic_net import entry_penalty
from pomp.omics.importance import forest_importance
from pomp.omics.ranking import RANKINGS, SelectorName, SurvivalRanking
from pomp.omics.stability_selection import selection_frequency
from pomp.omics.varying import VaryingGenes


def cohort(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """150 patients and 30 genes; G28 and G29 move the hazard."""
    random = np.random.default_rng(seed)
    values = pd.DataFrame(random.normal(size=(150, 30)), columns=[f"G{gene:02d}" for gene in range(30)])
    time = np.ceil(random.exponential(900 * np.exp(values["G28"] - values["G29"])))
    return values, pd.DataFrame({"time_days": time, "event": random.random(150) < 0.7})


VALUES, OUTCOME = cohort()
X, TIME, EVENT = VALUES.to_numpy(), OUTCOME["time_days"].to_numpy(), OUTCOME["event"].to_numpy()

MEANINGS = {
    "forest": lambda: forest_importance(X, TIME, EVENT, 20, 3),
    "cox_score": lambda: cox_score_test(X, TIME, EVENT).statistic ** 2,
    "elastic_net": lambda: entry_penalty(X, TIME, EVENT),
    "stability": lambda: selection_frequency(X, TIME, EVENT, 3),
}


@pytest.mark.parametrize("selector", RANKINGS)
def test_each_selector_means_what_it_says_and_finds_the_planted_genes(selector: SelectorName) -> None:
    fitted = SurvivalRanking(selector, genes=4, trees=20, seed=3).fit(VALUES, OUTCOME)
    np.testing.assert_array_equal(fitted.importances_, MEANINGS[selector]())
    assert {"G28", "G29"} <= set(fitted.get_feature_names_out())
    assert set(fitted.ranks_[28:]) == {1, 2}
    assert fitted.get_support().sum() == 4


TIES = [
    # importance, p-value, ranks of the genes C, A, B
    ([1.0, 3.0, 2.0], [0.5, 0.5, 0.5], [3, 1, 2]),
    ([1.0, 1.0, 1.0], [0.1, 0.3, 0.2], [1, 3, 2]),
    ([1.0, 1.0, 1.0], [0.2, 0.2, 0.2], [3, 1, 2]),
    ([0.0, -1.0, 0.0], [0.2, 0.0, 0.2], [2, 3, 1]),
    ([1.0, 1.0, 1.0], None, [3, 1, 2]),
]


@pytest.mark.parametrize(("importance", "p_value", "ranks"), TIES)
def test_ties(
    monkeypatch: pytest.MonkeyPatch, importance: list[float], p_value: list[float] | None, ranks: list[int]
) -> None:
    monkeypatch.setitem(ranking.RANKINGS, "cox_score", lambda *_: np.array(importance))  # type: ignore[arg-type]
    values = VALUES.iloc[:, :3].set_axis(["C", "A", "B"], axis=1)
    fitted = SurvivalRanking("cox_score", genes=2).fit(values, OUTCOME, None if p_value is None else np.array(p_value))
    assert fitted.ranks_.tolist() == ranks
    assert fitted.transform(values).columns.tolist() == [
        gene for gene, rank in zip("CAB", ranks, strict=True) if rank <= 2
    ]


def test_is_a_scikit_learn_estimator() -> None:
    estimator = SurvivalRanking("stability", genes=3, seed=5)
    copy = clone(estimator)
    assert copy.get_params() == {"selector": "stability", "genes": 3, "trees": 2000, "seed": 5}
    assert copy.set_params(selector="cox_score").fit(VALUES, OUTCOME).transform(VALUES).shape == (150, 3)
    chain = Pipeline([("varying", VaryingGenes()), ("ranking", copy)])
    flat = VALUES.assign(G00=1.0)
    pd.testing.assert_frame_equal(chain.fit(flat, OUTCOME).transform(flat), copy.fit(VALUES, OUTCOME).transform(VALUES))
