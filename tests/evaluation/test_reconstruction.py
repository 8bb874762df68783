"""Correlations of what was hidden with what was predicted: by hand, and against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.evaluation.reconstruction import reconstruction_scores

NAN = float("nan")


def long(patient: str, observed: list[float], made: list[float], fold: int = 0, omics: str = "mrna") -> pd.DataFrame:
    genes = [f"g{k}" for k in range(len(observed))]
    return pd.DataFrame(
        {"patient": patient, "fold": fold, "type": omics, "gene": genes, "observed": observed, "reconstructed": made}
    )


def test_by_hand() -> None:
    scores = reconstruction_scores(
        pd.concat(
            [long("a", [1, 2, 3], [10, 20, 30]), long("b", [3, 2, 1], [1, 4, 1]), long("c", [1, 2, 6], [0, 0, 0])]
        )
    ).set_index("patient")
    assert scores.loc["a", ["pearson", "spearman"]].tolist() == pytest.approx([1, 1])
    # b: (3 2 1) and (1 4 1) do not go together; made for a, (10 20 30) is the very opposite of b's profile.
    assert scores.loc["b", ["pearson", "spearman", "others"]].tolist() == pytest.approx([0, 0, -1], abs=1e-12)
    assert np.isnan(scores.loc["c", "pearson"])  # the same for every gene has no correlation
    # c against a: centred (-2 -1 3) · (-1 0 1) / (√14 √2); against b: centred (-1 2 -1) → (2 - 2 - 3) / (√14 √6).
    assert scores.loc["c", "others"] == pytest.approx((5 / np.sqrt(28) - 3 / np.sqrt(84)) / 2)
    assert scores["genes"].tolist() == [3, 3, 3]


def test_agrees_with_pandas() -> None:
    random = np.random.default_rng(1)
    parts = [
        long(f"p{k}", *random.normal(size=(2, 12)).tolist(), fold=fold, omics=omics)
        for k in range(4) for fold in (0, 1) for omics in ("mrna", "cnv")
    ]  # fmt: skip
    table = pd.concat(parts)
    scores = reconstruction_scores(table)
    assert len(scores) == 16
    for row in scores.itertuples():
        own = table[(table["patient"] == row.patient) & (table["fold"] == row.fold) & (table["type"] == row.type)]
        assert row.pearson == pytest.approx(own["observed"].corr(own["reconstructed"]))
        assert row.spearman == pytest.approx(own["observed"].corr(own["reconstructed"], method="spearman"))


def test_the_same_for_everybody_is_no_better_than_what_was_made_for_others() -> None:
    random = np.random.default_rng(4)
    average = random.normal(size=20)
    parts = [long(f"p{k}", (average + random.normal(size=20)).tolist(), average.tolist()) for k in range(6)]
    scores = reconstruction_scores(pd.concat(parts))
    np.testing.assert_allclose(scores["pearson"], scores["others"])


def test_one_patient_has_no_others() -> None:
    (row,) = reconstruction_scores(long("a", [1, 2], [1, 2])).itertuples()
    assert row.pearson == pytest.approx(1)
    assert np.isnan(row.others)


def test_no_rows() -> None:
    assert reconstruction_scores(long("a", [], [])).empty
