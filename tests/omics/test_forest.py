"""Survival trees by hand and against scikit-survival's; the forest out of bag."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numba
import numpy as np
import pytest
from sksurv.ensemble import RandomSurvivalForest
from sksurv.tree import SurvivalTree
from sksurv.util import Surv

from pomp.compiled import compiled
from pomp.errors import TrainingError
from pomp.evaluation.concordance import concordance_index
from pomp.omics.forest import SurvivalForest, Trees, grow_forest
from pomp.omics.forest.survival_forest import sort_by_time
from pomp.omics.forest.threads import in_threads, limit_threads
from pomp.omics.forest.trees import grow_trees

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def patients(seed: int, count: int = 150, genes: int = 12, step: float = 0.0) -> Arrays:
    """Gene 0 raises the hazard, gene 1 lowers it; whole days, so that times tie; values in steps, if any, tie too."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, genes)).astype(np.float32).astype(np.float64)
    x = np.round(x / step) * step if step else x
    death = np.ceil(random.exponential(40 * np.exp(-1.2 * x[:, 0] + 0.9 * x[:, 1])))
    censored = np.ceil(random.uniform(10, 120, count))
    return x, np.minimum(death, censored), death <= censored


def grown(x: np.ndarray, time: np.ndarray, event: np.ndarray, drawn: np.ndarray, leaf: int) -> Trees:
    """One tree that tries every gene at every node; patients come sorted by time, deaths first."""
    sample, rows = sort_by_time(x, time, event)
    assert rows.tolist() == list(range(len(x)))
    return grow_trees(sample, drawn[None].astype(np.int32), np.zeros(1, np.uint32), x.shape[1], leaf)


FOUR = np.array([[1.0], [2], [3], [4]])

BY_HAND = [
    # Log-rank statistics of the cuts 1 | 3, 2 | 2 and 3 | 1: 3, 2.88 and 1.78.
    ("leaf of one", FOUR, [1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1], 1, [1.5, 2.5, 3.5], [4, 3, 2, 1]),
    ("leaf of two", FOUR, [1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1], 2, [2.5], [5, 5, 2, 2]),
    ("censored last", FOUR, [1, 2, 3, 4], [1, 0, 1, 0], [1, 1, 1, 1], 2, [2.5], [1, 1, 0.5, 0.5]),
    ("the first drawn twice", FOUR, [1, 2, 3, 4], [1, 1, 1, 1], [2, 1, 1, 1], 2, [2.5], [17 / 3, 17 / 3, 2, 2]),
    ("the second not drawn", FOUR, [1, 2, 3, 4], [1, 1, 1, 1], [1, 0, 1, 2], 1, [2.0, 3.5], [4, 4, 2, 1]),
    ("tied values stay together", FOUR // 2, [1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1], 1, [0.5, 1.5], [4, 3.5, 3.5, 1]),
    ("tied deaths", FOUR, [2, 2, 2, 5], [1, 1, 1, 0], [1, 1, 1, 1], 3, [], [0.75] * 4),
    ("nobody dies", FOUR, [1, 2, 3, 4], [0, 0, 0, 0], [1, 1, 1, 1], 1, [], [0, 0, 0, 0]),
]


@pytest.mark.parametrize(
    ("x", "time", "event", "drawn", "leaf", "thresholds", "mortality"),
    [case[1:] for case in BY_HAND],
    ids=[case[0] for case in BY_HAND],
)
def test_trees_by_hand(
    x: np.ndarray,
    time: list[float],
    event: list[int],
    drawn: list[int],
    leaf: int,
    thresholds: list[float],
    mortality: list[float],
) -> None:
    trees = grown(x, np.array(time, float), np.array(event, bool), np.array(drawn), leaf)
    assert trees.threshold[trees.gene >= 0].tolist() == thresholds
    np.testing.assert_allclose(trees.mortality[0, trees.leaf[0]], mortality, rtol=1e-12)


@pytest.mark.parametrize("step", [0.0, 0.5], ids=["distinct values", "tied values"])
@pytest.mark.parametrize("leaf", [8, 15])
@pytest.mark.parametrize("seed", range(6))
def test_trees_are_those_of_scikit_survival(seed: int, leaf: int, step: float) -> None:
    """With every gene tried at every node and one bootstrap sample, the same splits and the same leaves.

    In none of these trees do two genes tie for the best split.
    """
    x, time, event = patients(seed, step=step)
    order = np.lexsort((~event, time))
    x, time, event = x[order], time[order], event[order]
    drawn = np.bincount(np.random.default_rng(seed).integers(len(x), size=len(x)), minlength=len(x))
    ours = grown(x, time, event, drawn, leaf)
    theirs = SurvivalTree(min_samples_leaf=leaf, low_memory=True)
    theirs.fit(x, Surv.from_arrays(event, time), sample_weight=drawn.astype(float))
    nodes = theirs.tree_.node_count
    splits = ours.gene[0, :nodes] >= 0
    np.testing.assert_array_equal(ours.gene[0, :nodes], np.maximum(theirs.tree_.feature, -1))
    np.testing.assert_array_equal(ours.threshold[0, :nodes][splits], theirs.tree_.threshold[splits])
    np.testing.assert_allclose(ours.mortality[0, :nodes], theirs.tree_.value[:, 0, 0], rtol=1e-9)
    np.testing.assert_allclose(ours.mortality[0, ours.leaf[0]], theirs.predict(x), rtol=1e-9)


def test_out_of_bag_concordance_is_that_of_scikit_survival() -> None:
    """The same distribution over seeds: means within three standard errors of their difference."""
    x, time, event = patients(3, 200, 30)
    ours = [concordance_index(time, event, grow_forest(x, time, event, 60, seed).oob_risk()) for seed in range(20)]
    settings = {"n_estimators": 60, "min_samples_leaf": 15, "low_memory": True, "oob_score": True}
    theirs = [
        RandomSurvivalForest(**settings, random_state=seed).fit(x, Surv.from_arrays(event, time)).oob_score_
        for seed in range(10)
    ]
    error = np.hypot(np.std(ours, ddof=1) / np.sqrt(20), np.std(theirs, ddof=1) / np.sqrt(10))
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * error
    assert np.mean(ours) > 0.7


def test_a_constant_gene_is_drawn_again() -> None:
    x, time, event = patients(0)
    x[:, 1:] = 1.0
    forest = grow_forest(x, time, event, 20, 0, candidates=1)
    assert (forest.trees.gene[:, 0] == 0).all()


def test_a_node_tries_the_root_of_the_genes() -> None:
    # Three of nine: neither of the two that matter is among them in C(7, 3) / C(9, 3) = 35/84.
    roots = grow_forest(*patients(0, genes=9), trees=300, seed=0).trees.gene[:, 0]
    assert np.isin(roots, [0, 1]).mean() == pytest.approx(1 - 35 / 84, abs=0.08)


def test_oob_risk_by_definition() -> None:
    x, time, event = patients(1)
    forest = grow_forest(x, time, event, 12, 5)
    expected = np.full(len(x), np.nan)
    for place, row in enumerate(forest.rows):
        seen = [dropped(forest.trees, tree, x[row]) for tree in range(12) if not forest.drawn[tree, place]]
        expected[row] = np.mean(seen) if seen else np.nan
    np.testing.assert_allclose(forest.oob_risk(), expected, rtol=1e-12)


def dropped(trees: Trees, tree: int, x: np.ndarray) -> float:
    node = 0
    while trees.gene[tree, node] >= 0:
        node = node + 1 if x[trees.gene[tree, node]] <= trees.threshold[tree, node] else trees.right[tree, node]
    return float(trees.mortality[tree, node])


def test_a_patient_that_every_tree_saw_has_no_oob_risk() -> None:
    x, time, event = patients(0)
    forest = grow_forest(x, time, event, 1, 0)
    assert np.array_equal(np.isnan(forest.oob_risk()[forest.rows]), forest.drawn[0] > 0)


def equal(one: SurvivalForest, other: SurvivalForest) -> bool:
    return all(np.array_equal(mine, yours) for mine, yours in zip(one.trees, other.trees, strict=True))


def test_seeded_whatever_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    x, time, event = patients(0)
    forest = grow_forest(x, time, event, 9, 1)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    alone = grow_forest(x, time, event, 9, 1)
    assert equal(forest, alone)
    assert not equal(forest, grow_forest(x, time, event, 9, 2))


def test_a_process_beside_others_has_fewer_threads_and_never_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 4)
    shares: list[int] = []
    for most in (6, 3, 5, 1):
        limit_threads(most)
        in_threads(lambda first, step: shares.append(step) if first == 0 else None)
    assert shares == [4, 3, 3, 1]


def test_a_longer_forest_begins_with_the_same_trees() -> None:
    x, time, event = patients(0)
    short, long = grow_forest(x, time, event, 5, 1), grow_forest(x, time, event, 8, 1)
    assert np.array_equal(short.drawn, long.drawn[:5])
    assert np.array_equal(short.trees.mortality, long.trees.mortality[:5])


NOT_FINITE = [(np.nan, "value nan"), (-np.inf, "value -inf"), (1e39, "value 1e+39")]


@pytest.mark.parametrize(("value", "quoted"), NOT_FINITE)
def test_values_that_cannot_be_compared(value: float, quoted: str) -> None:
    x, time, event = patients(0)
    x[7, 2] = value
    with pytest.raises(TrainingError, match=rf"{quoted.replace('+', '[+]')} \(row 7, column 2\): impute"):
        grow_forest(x, time, event, 2, 0)


@pytest.mark.parametrize(("rows", "times"), [(0, 0), (5, 4)])
def test_lengths_that_differ(rows: int, times: int) -> None:
    with pytest.raises(TrainingError, match=f"x has {rows} rows, time {times} and event {times}"):
        grow_forest(np.zeros((rows, 2)), np.zeros(times), np.zeros(times, bool), 2, 0)


def test_a_later_process_does_not_compile_again() -> None:
    """Its first forest is read from numba's cache."""
    code = (
        "import numpy as np; from pomp.omics.forest import grow_forest; from pomp.omics.forest.trees import _grow;"
        "grow_forest(np.zeros((3, 1)), np.arange(3.0), np.ones(3, bool), 1, 0);"
        "print(sum(_grow.stats.cache_hits.values()), sum(_grow.stats.cache_misses.values()))"
    )
    x, time, event = patients(0)
    grow_forest(x, time, event, 1, 0)
    child = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    assert child.stdout.split() == ["1", "0"]


def test_without_a_place_for_the_cache_functions_are_compiled_all_the_same() -> None:
    """A function without a file has none, as one in a read-only package of a user without a home."""
    names: dict[str, Any] = {}
    exec(compile("def double(x):\n    return 2 * x", "<no file>", "exec"), names)  # noqa: S102
    double = compiled(names["double"])
    assert double(21) == 42
    assert double.nopython_signatures
