"""The tests by kind: against R 4.2, and each at its edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from pomp.data.omics_table import Kind
from pomp.omics.contrast import Contrast
from pomp.omics.deseq import wald_test
from pomp.omics.differential import DifferentialGenes, TestName, differential_test, pick_candidates
from pomp.omics.moderated import moderated_t
from pomp.omics.normalise import Normaliser

NAN = float("nan")


def groups(seed: int = 0, genes: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of 12 and 15 samples; G0 is four times as high in the first group, G1 in the second, G2 is all 0."""
    random = np.random.default_rng(seed)
    mean = np.exp(random.normal(4, 1, genes))
    ratio = np.ones(genes)
    ratio[:3] = 4, 0.25, 0
    names = [f"G{gene}" for gene in range(genes)]
    first = random.negative_binomial(5, 5 / (5 + mean * ratio), (12, genes))
    second = random.negative_binomial(5, 5 / (5 + mean * (ratio > 0)), (15, genes))
    return pd.DataFrame(first, columns=names, dtype=float), pd.DataFrame(second, columns=names, dtype=float)


def test_wald_test_finds_the_planted_genes() -> None:
    result = wald_test(*groups())
    assert set(result.nsmallest(2, "p_value").index) == {"G0", "G1"}
    assert result.loc["G0", "statistic"] > 5
    assert result.loc["G1", "statistic"] < -5
    assert result.loc["G2"].tolist() == [0.0, 1.0]
    assert not result.isna().any(axis=None)


def test_wald_test_rounds_fractional_counts() -> None:
    first, second = groups()
    pd.testing.assert_frame_equal(wald_test(first + 0.3, second), wald_test(first, second))


SPARSE = {
    "all zero": 0.0,
    "next to none": 0.02,
    "samples without a usable gene": 0.1,
    "no gene above 0 in every sample": 0.5,
}


@pytest.mark.parametrize("mean", SPARSE.values(), ids=SPARSE.keys())
def test_wald_test_of_hardly_any_reads(mean: float) -> None:
    random = np.random.default_rng(0)
    names = [f"G{gene}" for gene in range(50)]
    first, second = (pd.DataFrame(random.poisson(mean, (size, 50)), columns=names) for size in (40, 30))
    result = wald_test(first, second)
    assert result.index.tolist() == names
    assert not result.isna().any(axis=None)
    assert result["p_value"].between(0, 1).all()


def test_counts_with_gaps_get_the_moderated_t_test() -> None:
    first, second = groups()
    gaps = first.copy()
    gaps.loc[3, ["G0", "G5"]] = NAN
    genes = list(first.columns.drop("G2"))
    normaliser = Normaliser.fit(gaps.to_numpy(), "counts")
    result = differential_test(Contrast("a vs b", gaps, second), normaliser, genes)
    assert result.index.tolist() == genes
    assert result.index[result["test"] == "moderated t"].tolist() == ["G0", "G5"]
    assert set(result["test"]) == {"moderated t", "DESeq2 Wald"}
    assert result.loc["G0", "p_value"] < 1e-4
    assert result.loc["G0", "statistic"] > 0


KINDS: list[tuple[Kind, TestName, str]] = [
    ("log", "moderated_t", "moderated t"),
    ("beta", "moderated_t", "moderated t"),
    ("log", "wilcoxon", "Wilcoxon"),
    ("beta", "wilcoxon", "Wilcoxon"),
    ("copies", "moderated_t", "Wilcoxon"),
    ("binary", "moderated_t", "Fisher"),
    ("binary", "wilcoxon", "Fisher"),
]


@pytest.mark.parametrize(("kind", "choice", "test"), KINDS)
def test_each_kind_has_its_test(kind: Kind, choice: TestName, test: str) -> None:
    random = np.random.default_rng(0)
    x = (random.random((30, 4)) > 0.5).astype(float)
    x[:, 1] = np.arange(30) < 12
    frame = pd.DataFrame(x, columns=list("ABCD"))
    contrast = Contrast("first vs second", frame[:12], frame[12:])
    result = differential_test(contrast, Normaliser.fit(x, kind), ["B", "D"], choice)
    assert result.columns.tolist() == ["contrast", "test", "statistic", "p_value", "q_value"]
    assert (result.index.tolist(), result.index.name) == (["B", "D"], "gene")
    assert result["test"].tolist() == [test] * 2
    assert result["contrast"].tolist() == ["first vs second"] * 2
    assert result.loc["B", "statistic"] > 0
    assert result.loc["B", "p_value"] < 0.01
    small, large = result["p_value"]
    assert result["q_value"].tolist() == pytest.approx([min(2 * small, large), large])


def test_differential_genes_is_a_scikit_learn_estimator() -> None:
    random = np.random.default_rng(0)
    time = np.arange(1.0, 61.0)
    values = pd.DataFrame(random.normal(size=(60, 20)), columns=[f"G{gene:02d}" for gene in range(20)])
    values["G07"] += 3.0 * (time > 30)
    values.loc[2, "G03"] = NAN
    outcome = pd.DataFrame({"time_days": time, "event": True})
    estimator = DifferentialGenes(Normaliser.fit(values.to_numpy(), "log"), test="wilcoxon", least=2)
    fitted = clone(estimator).fit(values, outcome)
    by_hand = differential_test(
        Contrast("event by day 30 (30) vs followed longer (30)", values[:30], values[30:]),
        estimator.normaliser,
        values.columns,
        "wilcoxon",
    )
    pd.testing.assert_frame_equal(fitted.tested_, by_hand)
    assert fitted.transform(values).columns.tolist() == pick_candidates(by_hand, 0.05, 2, 2000)
    assert "G07" in fitted.get_feature_names_out()
    some = fitted.fit(values, outcome, ["G01", "G07", "G09"])
    assert some.tested_.index.tolist() == ["G01", "G07", "G09"]
    assert some.get_support().sum() == 2
    normals = estimator.set_params(normals=values[:12], contrast="normals").fit(values, outcome)
    assert normals.tested_["contrast"].iloc[0] == "tumour (60) vs normal (12)"


def test_one_wild_z_score_does_not_hide_a_gene() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 50))
    x[:30, 0] += 2
    x[40, 0] = 3965.0
    frame = pd.DataFrame(x, columns=[f"G{gene}" for gene in range(50)])
    result = differential_test(Contrast("", frame[:30], frame[30:]), Normaliser.fit(x, "zscore"), ["G0", "G1"])
    assert moderated_t(x, np.arange(60) < 30).p_value[0] > 0.1
    assert result.loc["G0", "p_value"] < 0.01


TESTED = pd.DataFrame(
    {
        "statistic": [1.0, -9.0, 8.0, 3.0, -3.0],
        "p_value": [0.5, 0.0, 0.0, 0.02, 0.02],
        "q_value": [0.5, 0, 0, 0.03, 0.03],
    },
    index=pd.Index(["A", "B", "C", "E", "D"], name="gene"),
)


@pytest.mark.parametrize(
    ("alpha", "least", "most", "expected"),
    [
        (0.05, 1, 100, ["B", "C", "E", "D"]),
        (0.01, 1, 100, ["B", "C"]),
        (0.03, 1, 100, ["B", "C"]),  # q decides, not p, and has to be smaller
        (0.01, 3, 100, ["B", "C", "D"]),  # E and D share p and size: by name
        (0.01, 9, 100, ["A", "B", "C", "E", "D"]),
        (0.05, 1, 1, ["B"]),  # B and C share p: the larger statistic
        (0.05, 3, 2, ["B", "C", "D"]),  # the least counts for more than the most
    ],
)
def test_pick_candidates(alpha: float, least: int, most: int, expected: list[str]) -> None:
    assert pick_candidates(TESTED, alpha, least, most) == expected
