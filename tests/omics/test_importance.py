"""Permutation importance against its definition, tree by tree, and against R's ranger."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sksurv.metrics import concordance_index_censored

from pomp.bench.forest import importance_by_definition
from pomp.omics.forest import LEAF, grow_forest
from pomp.omics.importance import forest_importance, permutation, permutation_importance
from tests.omics.test_real import outcome_of

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def patients(count: int = 120, genes: int = 12, seed: int = 0, days: float = 1.0, censoring: float = 120.0) -> Arrays:
    """Gene 0 raises the hazard, gene 1 lowers it; times in steps of `days`, so that they tie."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, max(genes, 2)))
    death = random.exponential(40 * np.exp(-1.2 * x[:, 0] + 0.9 * x[:, 1]))
    censored = random.uniform(0, censoring, count)
    return x[:, :genes], np.ceil(np.minimum(death, censored) / days) * days, death <= censored


CASES = [
    ("as usual", patients(), 6),
    ("deep trees", patients(200, 4), 3),
    ("times tie", patients(days=20), 4),
    ("all times equal", patients(days=1000), 4),
    ("most are censored", patients(censoring=15), 4),
    ("values tie", (np.round(patients()[0]), *patients()[1:]), 4),
    ("one gene", patients(genes=1), 6),
    ("two patients", patients(2), 1),
]


@pytest.mark.parametrize(("cohort", "leaf"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_by_definition(cohort: Arrays, leaf: int) -> None:
    forest = grow_forest(*cohort, trees=15, seed=3, leaf=leaf)
    np.testing.assert_allclose(permutation_importance(forest), importance_by_definition(forest), rtol=0, atol=1e-12)


def test_the_fall_of_one_tree_by_scikit_survival() -> None:
    """The C-index before and after, from another program and on the days themselves."""
    x, time, event = patients(genes=1)
    forest = grow_forest(x, time, event, 1, 0)
    bag = np.flatnonzero(forest.drawn[0] == 0)
    days, died = time[forest.rows][bag], event[forest.rows][bag]
    values = forest.sample.values[0]
    order = np.argsort(values, kind="stable")
    mortality = forest.trees.mortality[0, forest.trees.leaf[0]]

    def concordance(these: np.ndarray) -> float:
        """A tree on one gene is a step function of it."""
        risk = mortality[order][np.searchsorted(values[order], these)]
        return float(concordance_index_censored(died, days, risk)[0])

    permuted = bag[permutation(forest.seeds[0], 0, len(bag))]
    expected = concordance(values[bag]) - concordance(values[permuted])
    assert expected > 0.05
    np.testing.assert_allclose(permutation_importance(forest), [expected], rtol=0, atol=1e-12)


def test_the_genes_that_matter_come_first() -> None:
    x, time, event = patients(genes=40)
    importance = forest_importance(x, time, event, 60, 0)
    assert set(np.argsort(-importance)[:2]) == {0, 1}


def test_noise_scatters_about_nought() -> None:
    x, time, event = patients(genes=40)
    noise = forest_importance(x, time, event, 200, 0)[2:]
    assert (noise < 0).any()
    assert abs(noise.mean()) < 0.002


def test_a_constant_gene_has_none() -> None:
    x, time, event = patients()
    x[:, 5] = 1.0
    assert forest_importance(x, time, event, 20, 0)[5] == 0.0


def test_seeded_whatever_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    x, time, event = patients()
    one, other = (forest_importance(x, time, event, 10, seed) for seed in (1, 2))
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    alone = forest_importance(x, time, event, 10, 1)
    np.testing.assert_array_equal(one, alone)
    assert not np.array_equal(one, other)


def test_the_order_of_patients_does_not_matter_where_times_differ() -> None:
    x, _, event = patients()
    time = np.random.default_rng(0).permutation(len(x)).astype(float)
    shuffled = np.random.default_rng(1).permutation(len(x))
    np.testing.assert_array_equal(
        forest_importance(x, time, event, 10, 1), forest_importance(x[shuffled], time[shuffled], event[shuffled], 10, 1)
    )


def test_permutations_differ_by_tree_and_by_gene() -> None:
    orders = [permutation(seed, gene, 30) for seed in (0, 1, 4294967295) for gene in (0, 1, 19999)]
    assert all(sorted(order) == list(range(30)) for order in orders)
    assert len({tuple(order) for order in orders}) == len(orders)


NO_SPLIT = [
    ("too few patients", patients(2 * LEAF - 1)),
    ("two patients", patients(2)),
    ("one patient", patients(1)),
    ("nobody dies", (*patients()[:2], np.zeros(120, bool))),
    ("no gene", (np.zeros((120, 0)), *patients()[1:])),
]


@pytest.mark.parametrize("cohort", [case[1] for case in NO_SPLIT], ids=[case[0] for case in NO_SPLIT])
def test_without_a_split_no_gene_matters(cohort: Arrays) -> None:
    importance = forest_importance(*cohort, trees=5, seed=3)
    assert importance.shape == (cohort[0].shape[1],)
    assert not importance.any()


def test_agrees_with_ranger_as_well_as_two_seeds_do(shared_data: Path) -> None:
    """TCGA-LIHC's mRNA: ranks of all genes and the top of the list, against the numbers kept of R's ranger."""
    kept = json.loads((Path(__file__).parent / "reference" / "ranger.json").read_text(encoding="utf-8"))
    folder = shared_data / "tcga" / "LIHC"
    x = pd.read_csv(folder / "mrna_zscore.csv.gz", index_col=0)
    outcome = outcome_of(folder)
    patients = sorted(outcome.index.intersection(x.index))
    assert (len(patients), list(x.columns)) == (kept["patients"], kept["genes"])
    values, outcome = x.loc[patients].to_numpy(np.float64), outcome.loc[patients]
    time, event = outcome["time_days"].to_numpy(np.float64), outcome["event"].to_numpy(np.bool_)
    ours = [forest_importance(values, time, event, kept["trees"], seed) for seed in (0, 1)]
    theirs = [np.array(forest["importance"]) for forest in kept["forests"]]
    within, between = [tuple(ours), tuple(theirs)], list(product(ours, theirs))
    for agreement, least in ((rank_correlation, 0.4), (shared_top, 0.7)):
        seeds = np.mean([agreement(*pair) for pair in within])
        assert seeds > least
        assert np.mean([agreement(*pair) for pair in between]) > seeds - 0.05


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(spearmanr(one, other).statistic)


def shared_top(one: np.ndarray, other: np.ndarray, count: int = 50) -> float:
    return len(set(np.argsort(-one)[:count]) & set(np.argsort(-other)[:count])) / count
