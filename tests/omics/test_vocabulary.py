"""Several cohorts under one order of types and genes: what each gives, what it lacks, and what decides it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pomp.data.omics_table import OmicsTable
from pomp.omics import OmicsMatrix, OmicsSelector, Vocabulary
from tests.omics.cohorts import CONFIG, Small, small_cohort

LIVER, BREAST = small_cohort(seed=0), small_cohort(seed=5)
TRAINING, TEST = LIVER.patients[:65], LIVER.patients[65:]


def fit(cohort: Small) -> OmicsSelector:
    return OmicsSelector(CONFIG, seed=1).fit(cohort.tables, cohort.outcome.loc[TRAINING])


def widened(vocabulary: Vocabulary, cohort: Small) -> OmicsSelector:
    return OmicsSelector.of_genes(vocabulary.genes, cohort.tables, cohort.outcome.loc[TRAINING], CONFIG)


@pytest.fixture(scope="module")
def liver() -> OmicsSelector:
    return fit(LIVER)


@pytest.fixture(scope="module")
def breast() -> OmicsSelector:
    return fit(BREAST)


@pytest.fixture(scope="module")
def vocabulary(liver: OmicsSelector, breast: OmicsSelector) -> Vocabulary:
    return Vocabulary.of([liver, breast])


def matrix_of(types: dict[str, tuple[str, ...]], values: list[list[list[float]]]) -> OmicsMatrix:
    """Made by hand: 0 stands for padding too, which is the tail of a type with fewer genes."""
    filled = np.array(values, np.float32)
    mask = np.array([[place < len(genes) for place in range(filled.shape[2])] for genes in types.values()])
    patients = tuple(f"P{row}" for row in range(len(filled)))
    return OmicsMatrix(filled, np.ones(filled.shape[:2], np.bool_), mask, tuple(types), types, patients)


def test_values_by_hand() -> None:
    vocabulary = Vocabulary({"cnv": ("x",), "mirna": ("a", "b", "c", "d")})
    own = matrix_of({"mirna": ("d", "a")}, [[[4.0, 1.0]], [[-4.0, -1.0]]])
    found = vocabulary.arrange(own)
    assert found.types == ("cnv", "mirna")
    assert found.values.tolist() == [[[0, 0, 0, 0], [1, 0, 0, 4]], [[0, 0, 0, 0], [-1, 0, 0, -4]]]
    assert found.gene_mask.tolist() == [[False] * 4, [True, False, False, True]]
    assert found.present.tolist() == [[False, True]] * 2
    assert (found.genes, found.patients) == (vocabulary.genes, own.patients)


def test_the_union_of_all_choices_sorted_whatever_the_order_of_the_cohorts(
    liver: OmicsSelector, breast: OmicsSelector, vocabulary: Vocabulary
) -> None:
    assert Vocabulary.of([breast, liver]) == vocabulary
    assert list(vocabulary.genes) == ["mirna", "mrna", "mutation"]
    for one, other in zip(liver.panels_, breast.panels_, strict=True):
        assert list(vocabulary.genes[one.omics]) == sorted({*one.genes, *other.genes})
    assert len(vocabulary.genes["mrna"]) > CONFIG.genes  # they did not choose the same
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_genes_chosen_here_keep_their_values_to_the_bit(liver: OmicsSelector, vocabulary: Vocabulary) -> None:
    own = liver.transform(LIVER.tables, LIVER.patients)
    wide = vocabulary.arrange(widened(vocabulary, LIVER).transform(LIVER.tables, LIVER.patients))
    for place, omics in enumerate(own.types):
        there = wide.types.index(omics)
        columns = [vocabulary.genes[omics].index(gene) for gene in own.genes[omics]]
        assert np.array_equal(wide.values[:, there, columns], own.values[:, place, : len(columns)])
        assert np.array_equal(wide.present[:, there], own.present[:, place])


def test_genes_that_another_cohort_chose_are_on_this_ones_scale(liver: OmicsSelector, vocabulary: Vocabulary) -> None:
    matrix = vocabulary.arrange(widened(vocabulary, LIVER).transform(LIVER.tables, TRAINING))
    place = matrix.types.index("mrna")
    assert matrix.gene_mask[place].sum() == len(vocabulary.genes["mrna"])
    values = matrix.values[:, place, matrix.gene_mask[place]].astype(float)
    assert values.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert values.std(axis=0) == pytest.approx(1, abs=1e-5)


def without(cohort: Small, omics: str, change: str, genes: list[str]) -> Small:
    """The cohort without these genes of a type, by what `change` says."""
    values = cohort.tables[omics].values.copy()
    if change == "no column":
        values = values.drop(columns=genes)
    else:
        rows = values.index[: len(values) * 3 // 5] if change == "mostly missing" else values.index
        values.loc[rows, genes] = np.nan if change == "mostly missing" else 7.0
    return replace(cohort, tables={**cohort.tables, omics: OmicsTable(omics, cohort.tables[omics].kind, values, None)})


@pytest.mark.parametrize("change", ["no column", "mostly missing", "all the same"])
def test_a_gene_that_a_cohort_did_not_measure_is_masked_and_0(change: str, liver: OmicsSelector) -> None:
    lacking = list(liver.panels_[0].genes[:3])
    poor = without(BREAST, "mrna", change, lacking)
    selector = fit(poor)
    vocabulary = Vocabulary.of([liver, selector])
    matrix = vocabulary.arrange(widened(vocabulary, poor).transform(poor.tables, poor.patients))
    place = matrix.types.index("mrna")
    columns = [vocabulary.genes["mrna"].index(gene) for gene in lacking]
    assert not matrix.gene_mask[place, columns].any()
    assert matrix.gene_mask[place].sum() == len(vocabulary.genes["mrna"]) - 3
    assert not matrix.values[:, place, columns].any()


def test_a_type_that_a_cohort_lacks_is_present_in_none_of_its_patients(liver: OmicsSelector) -> None:
    poor = replace(BREAST, tables={name: table for name, table in BREAST.tables.items() if name != "mirna"})
    selector = fit(poor)
    vocabulary = Vocabulary.of([selector, liver])
    matrix = vocabulary.arrange(widened(vocabulary, poor).transform(poor.tables, poor.patients))
    place = vocabulary.arrange(liver.transform(LIVER.tables, TEST)).types.index("mirna")
    assert matrix.types[place] == "mirna"
    assert not matrix.present[:, place].any()
    assert not matrix.gene_mask[place].any()
    assert not matrix.values[:, place].any()


def test_a_wider_selector_is_written_and_read_without_a_change(liver: OmicsSelector, vocabulary: Vocabulary) -> None:
    wide = widened(vocabulary, LIVER)
    again = OmicsSelector.from_json(json.loads(json.dumps(wide.to_json())))
    one, other = (selector.transform(LIVER.tables, TEST) for selector in (wide, again))
    assert np.array_equal(one.values, other.values)
    assert one.genes == other.genes


def test_test_patients_decide_neither_the_vocabulary_nor_a_scale(liver: OmicsSelector, vocabulary: Vocabulary) -> None:
    """Their values and follow-up are replaced by noise, in this cohort and in the other."""
    scrambled = []
    for cohort in (LIVER, BREAST):
        random = np.random.default_rng(9)
        tables = {}
        for name, table in cohort.tables.items():
            values = table.values.copy()
            rows = values.index.intersection(TEST)
            values.loc[rows] = random.permutation(values.loc[rows].to_numpy().ravel()).reshape(
                len(rows), values.shape[1]
            )
            tables[name] = replace(table, values=values)
        outcome = cohort.outcome.copy()
        outcome.loc[TEST, "time_days"] = random.uniform(30, 3000, len(TEST))
        outcome.loc[TEST, "event"] = random.random(len(TEST)) < 0.5
        scrambled.append(replace(cohort, tables=tables, outcome=outcome))
    fitted = [fit(cohort) for cohort in scrambled]
    assert Vocabulary.of(fitted) == vocabulary
    wide = widened(vocabulary, scrambled[0])
    assert json.dumps(wide.to_json()) == json.dumps(widened(vocabulary, LIVER).to_json())
    pd.testing.assert_frame_equal(fitted[0].summary_, liver.summary_, check_exact=True)
