"""Agreement of gene sets: by hand, and against the authors' own program for the interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pomp.evaluation.stability import nogueira, selection_stability

NAN = float("nan")


def choices(*sets: str) -> np.ndarray:
    """One letter a gene."""
    names = sorted(set("".join(sets)))
    return np.array([[gene in one for gene in names] for one in sets], dtype=float)


INDEX = [
    # (sets, genes, Φ, lower, upper)
    # k̄/p = 3/10, chance 0.21; two genes of frequency ½ vary by 2 · ¼ each: Φ = 1 - 0.1 / 0.21. Two sets: no interval.
    (("abc", "abd"), 10, 1 - 0.1 / 0.21, NAN, NAN),
    # k̄/p = 3/12, chance 3/16; frequencies 1, 2/3 and four of 1/3: Φ = 1 - 3/2 · (5 · 2/9) / 12 / (3/16) = 7/27.
    # Limits from the Python program that the authors publish with the paper.
    (("abc", "ab", "aefg"), 12, 7 / 27, 0.11417635254421707, 0.4043421659743013),
    (("ab", "ab", "ab"), 9, 1, 1, 1),
    # Three sets without a common gene: chance 0.1275, Φ = 1 - 3/2 · (9 · 2/9) / 20 / 0.1275.
    (("abc", "def", "ghi"), 20, 1 - 0.15 / 0.1275, 1 - 0.15 / 0.1275, 1 - 0.15 / 0.1275),
    (("abc",), 9, NAN, NAN, NAN),
    (("ab", "ab", "ab"), 2, NAN, NAN, NAN),  # every gene, always: nothing was chosen
    (("", "", ""), 9, NAN, NAN, NAN),
]


@pytest.mark.parametrize(("sets", "genes", "expected", "lower", "upper"), INDEX)
def test_index(sets: tuple[str, ...], genes: int, expected: float, lower: float, upper: float) -> None:
    index, interval = nogueira(choices(*sets), genes)
    assert index == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert interval.lower == pytest.approx(lower, abs=1e-12, nan_ok=True)
    assert interval.upper == pytest.approx(upper, abs=1e-12, nan_ok=True)


def test_random_sets_are_at_chance_and_inside_the_interval() -> None:
    random = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        chosen = (random.random((60, 80)) < 0.2).astype(float)
        index, interval = nogueira(chosen, 80)
        assert abs(index) < 0.03
        inside += interval.lower <= 0 <= interval.upper
    assert inside / 200 == pytest.approx(0.95, abs=0.04)


def test_the_interval_is_cut_at_what_is_possible() -> None:
    """One gene, chosen by one of three folds: Φ is near 0, and its limits would be far beyond -1/2 and 1."""
    index, interval = nogueira(choices("a", "", ""), 30)
    assert index == pytest.approx(1 - (1 / 3) / 30 / (1 / 90 * 89 / 90))
    assert (interval.lower, interval.upper) == (-1 / 2, 1)


def test_a_wider_level_reaches_further() -> None:
    narrow, wide = (nogueira(choices("abc", "ab", "aefg"), 12, level)[1] for level in (0.8, 0.99))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def table(folds: dict[Any, str], omics: str = "mrna", tested: int = 10, passed: str = "abcdefgh") -> pd.DataFrame:
    """As the summaries of a run's folds: the genes that passed the test, of which some are selected."""
    rows = [(fold, omics, gene, gene in chosen, tested) for fold, chosen in folds.items() for gene in passed]
    return pd.DataFrame(rows, columns=["fold", "omics", "gene", "selected", "tested"])


def test_by_hand() -> None:
    (found,) = selection_stability(table({0: "abc", 1: "ab", 2: "aefg"}, tested=12))
    assert (found.omics, found.sets, found.genes, found.chosen) == ("mrna", 3, 12, 3.0)
    assert found.jaccard == pytest.approx((2 / 3 + 1 / 6 + 1 / 5) / 3)
    assert found.overlap == pytest.approx((2 / 2 + 1 / 3 + 1 / 2) / 3)
    assert found.expected_overlap == pytest.approx((3 / 12 + 4 / 12 + 4 / 12) / 3)
    assert found.index == pytest.approx(7 / 27)
    assert found.interval.lower == pytest.approx(0.11417635254421707)
    assert list(found.times_chosen.items()) == [("a", 3), ("b", 2), ("c", 1), ("e", 1), ("f", 1), ("g", 1)]


def test_types_apart_and_in_their_order() -> None:
    both = pd.concat([table({0: "ab", 1: "ab"}, "rna"), table({0: "ab", 1: "cd"}, "cnv", tested=40)])
    rna, cnv = selection_stability(both)
    assert (rna.omics, rna.jaccard, rna.index) == ("rna", 1.0, 1.0)
    assert (cnv.omics, cnv.jaccard, cnv.overlap, cnv.genes) == ("cnv", 0.0, 0.0, 40)


def test_rows_not_selected_may_be_left_out_and_the_largest_number_tested_counts() -> None:
    rows = table({"0, seed 1": "abc", "1, seed 1": "abd", "0, seed 2": "abe"})
    rows.loc[rows["fold"] == "1, seed 1", "tested"] = 11
    assert selection_stability(rows[rows["selected"]]) == selection_stability(rows)
    assert selection_stability(rows)[0].genes == 11


def test_a_fold_that_chose_nothing_counts() -> None:
    (found,) = selection_stability(table({0: "ab", 1: "ab", 2: ""}))
    assert (found.sets, found.jaccard) == (3, pytest.approx(1 / 3))
    assert found.overlap == 1.0  # of the one pair that has a smaller set with genes
    assert found.times_chosen == {"a": 2, "b": 2}


def test_one_fold_agrees_with_nobody() -> None:
    (found,) = selection_stability(table({0: "ab"}))
    assert np.isnan([found.jaccard, found.overlap, found.expected_overlap, found.index, found.interval.lower]).all()
    assert (found.sets, found.times_chosen) == (1, {"a": 1, "b": 1})


def test_no_rows() -> None:
    assert selection_stability(table({})) == []
