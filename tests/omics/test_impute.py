"""Gene-wise imputation: by hand, and against scikit-learn on the transposed table."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer

from pomp.omics.impute import GeneWiseKNNImputer

NAN = float("nan")


def table(rows: list[list[float]], genes: str = "ABCD") -> pd.DataFrame:
    return pd.DataFrame(rows, [f"P{row}" for row in range(len(rows))], list(genes), dtype=float)


TRAINING = table([[1, 11, 0, 5], [2, 12, 2, 5], [3, 13, 4, 8], [4, 14, 6, 2]])
"""Centred: A = B = (-1.5, -0.5, 0.5, 1.5), C = 2 A, D = (0, 0, 3, -3). Distances from A: B 0, C √5, D √29."""


NEW_PATIENTS = [
    # The nearest gene that was measured decides: B lies at distance 0, so A is 2 above its mean as B is.
    ([NAN, 14.5, 0, 0], 1, 2.5 + 2.0),
    # Without B: C alone.
    ([NAN, NAN, 4, 0], 1, 2.5 + 1.0),
    # Two of them: C (+1, weight 1/√5) and D (-2, weight 1/√29).
    ([NAN, NAN, 4, 3], 2, 2.5 + (1 / 5**0.5 - 2 / 29**0.5) / (1 / 5**0.5 + 1 / 29**0.5)),
    # Nothing measured: the training mean.
    ([NAN, NAN, NAN, NAN], 2, 2.5),
    # Measured: left as it is.
    ([-7, 14.5, 0, 0], 2, -7.0),
]


@pytest.mark.parametrize(("patient", "neighbours", "expected"), NEW_PATIENTS)
def test_by_hand(patient: list[float], neighbours: int, expected: float) -> None:
    imputer = GeneWiseKNNImputer(neighbours).fit(TRAINING)
    assert imputer.transform(table([patient])).loc["P0", "A"] == pytest.approx(expected, abs=1e-9)


def holed(patients: int, genes: int, share: float, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=(patients, 5)) @ random.normal(size=(5, genes)) + random.normal(8, 2, genes)
    x[random.random(x.shape) < share] = NAN
    names = [f"G{column:03d}" for column in range(genes)]
    return pd.DataFrame(x, [f"P{row:03d}" for row in range(patients)], names)


def test_as_scikit_learn_with_genes_for_samples() -> None:
    values = holed(40, 60, 0.1)
    ours = GeneWiseKNNImputer(5).fit(values).transform(values)
    mean = values.mean()
    theirs = KNNImputer(n_neighbors=5, weights="distance").fit_transform((values - mean).T.to_numpy()).T
    np.testing.assert_allclose(ours - mean, theirs, atol=1e-9)
    assert list(ours.columns) == list(values.columns)


def test_more_than_one_block_of_genes() -> None:
    values = holed(10, 300, 0.05)
    whole = GeneWiseKNNImputer(4).fit(values).transform(values)
    alone = GeneWiseKNNImputer(4).fit(values, ["G299"]).transform(values)
    pd.testing.assert_frame_equal(whole[["G299"]], alone)


def test_a_patient_is_filled_from_its_own_values_alone() -> None:
    imputer = GeneWiseKNNImputer(5).fit(holed(40, 60, 0.1))
    new = holed(15, 60, 0.2, seed=1)
    together = imputer.transform(new)
    for patient in new.index:
        pd.testing.assert_frame_equal(imputer.transform(new.loc[[patient]]), together.loc[[patient]], check_exact=True)


def test_a_restricted_imputer_fills_the_same_and_reads_less() -> None:
    values = holed(40, 200, 0.1)
    imputer = GeneWiseKNNImputer(3).fit(values)
    few = imputer.restricted(["G050", "G007"])
    new = holed(12, 200, 0.3, seed=2)
    pd.testing.assert_frame_equal(few.transform(new), imputer.transform(new)[["G050", "G007"]], check_exact=True)
    assert len(few.donors_) <= 2 + 2 * 6
    again = GeneWiseKNNImputer.from_json(json.loads(json.dumps(few.to_json())))
    pd.testing.assert_frame_equal(again.transform(new), few.transform(new), check_exact=True)


def test_a_column_that_a_new_table_lacks_is_imputed() -> None:
    imputer = GeneWiseKNNImputer(1).fit(TRAINING)
    assert imputer.transform(table([[14.5, 0, 0]], "BCD")).loc["P0", "A"] == pytest.approx(4.5)


def test_genes_never_measured_together_are_no_neighbours() -> None:
    values = table([[1, NAN, 0, 5], [2, NAN, 2, 5], [NAN, 13, 4, 8], [NAN, 14, 6, 2]])
    imputer = GeneWiseKNNImputer(1).fit(values)
    # A is nearest to C (centred -3, -1 against -0.5, 0.5: C is 3, 5 …) or D, never to B.
    assert imputer.transform(table([[NAN, 99, NAN, NAN]])).loc["P0", "A"] == pytest.approx(1.5)


def test_a_single_gene_falls_back_on_its_mean() -> None:
    imputer = GeneWiseKNNImputer(10).fit(table([[1], [3]], "A"))
    assert imputer.transform(table([[NAN]], "A")).loc["P0", "A"] == 2.0
