"""Gene-wise imputation: by hand, and against scikit-learn on the transposed table."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import KNNImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pomp.errors import ConfigError, PompError, TrainingError
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


SHAPES = [
    # patients, genes, share missing, K
    (40, 60, 0.1, 5),
    (40, 60, 0.1, 1),
    (25, 30, 0.4, 5),  # the nearest 2 K are often missing too: more are kept
    (30, 150, 0.5, 10),
    (100, 20, 0.3, 3),
    (12, 9, 0.2, 20),  # fewer genes than neighbours
    (8, 700, 0.2, 4),
    (60, 1100, 0.02, 10),  # more than one block of genes
]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("patients", "genes", "share", "neighbours"), SHAPES)
def test_as_scikit_learn_with_genes_for_samples(
    patients: int, genes: int, share: float, neighbours: int, order: str
) -> None:
    values = holed(patients, genes, share)
    values = pd.DataFrame(np.array(values, order=order), values.index, values.columns)
    ours = GeneWiseKNNImputer(neighbours).fit_transform(values)
    mean = values.mean()
    theirs = KNNImputer(n_neighbors=neighbours, weights="distance").fit_transform((values - mean).T.to_numpy()).T
    np.testing.assert_allclose(ours - mean, theirs, atol=1e-9)
    assert list(ours.columns) == list(values.columns)
    assert list(ours.index) == list(values.index)


def test_as_scikit_learn_on_real_tables(shared_data: Path) -> None:
    path = shared_data / "tcga" / "BRCA" / "mrna_log2.csv.gz"
    values = pd.read_csv(path, index_col=0, nrows=150).iloc[:, :800]
    values = values.mask(np.random.default_rng(3).random(values.shape) < 0.02)
    mean = values.mean()
    theirs = KNNImputer(n_neighbors=10, weights="distance").fit_transform((values - mean).T.to_numpy()).T
    np.testing.assert_allclose(GeneWiseKNNImputer(10).fit_transform(values) - mean, theirs, atol=1e-9)


def by_definition(values: pd.DataFrame, patient: str, gene: str, neighbours: int) -> float:
    """One estimate, as the class describes it, without scikit-learn's rounding of distances near 0."""
    centred = values - values.mean()
    others = centred.drop(columns=gene)
    distance = np.sqrt((others.sub(centred[gene], axis=0) ** 2).mean() * len(values))
    offered = others.loc[patient].dropna()
    nearest = distance[offered.index].sort_values(kind="stable").iloc[:neighbours]
    weights = 1 / nearest.clip(lower=1e-12)
    return float(values[gene].mean() + (weights * offered[nearest.index]).sum() / weights.sum())


COPIES = pd.concat([holed(20, 30, 0.1), holed(20, 30, 0.1).add_prefix("copy_"), holed(20, 30, 0.1) * 1e-6], axis=1)
COPIES.columns = pd.Index([f"G{place:02d}" for place in range(COPIES.shape[1])])
CONSTANT = holed(20, 40, 0.1).assign(**{f"constant_{place}": 3.0 for place in range(30)})
UNITS = holed(20, 40, 0.1) * np.logspace(-150, 150, 40)


@pytest.mark.parametrize("values", [COPIES, CONSTANT, UNITS], ids=["copies", "constant genes", "units far apart"])
def test_by_definition_where_distances_are_0_tie_or_span_all_magnitudes(values: pd.DataFrame) -> None:
    filled = GeneWiseKNNImputer(4).fit_transform(values)
    for row, column in np.argwhere(values.isna().to_numpy()):
        patient, gene = values.index[row], values.columns[column]
        expected = by_definition(values, patient, gene, 4)
        assert filled.loc[patient, gene] == pytest.approx(expected, rel=1e-9, abs=1e-12), (patient, gene)


def test_a_copy_of_the_gene_decides_alone() -> None:
    values = holed(20, 10, 0)
    values["copy"] = values["G003"]
    values.loc["P007", "G003"] = NAN
    mean = values["G003"].mean()
    # The centred copy differs from the gene in mean only: by the same in every patient, so it stays the nearest.
    filled = GeneWiseKNNImputer(1).fit_transform(values).loc["P007", "G003"]
    assert filled == pytest.approx(values.loc["P007", "copy"] - values["copy"].mean() + mean)


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
    assert (few.n_features_in_, list(few.get_feature_names_out())) == (len(few.donors_), ["G050", "G007"])
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


def test_neighbours_do_not_depend_on_when_they_are_found() -> None:
    values, new = holed(40, 200, 0.02), holed(12, 200, 0.3, seed=2)
    late, early = GeneWiseKNNImputer(3).fit(values), GeneWiseKNNImputer(3).fit(values)
    late.transform(values.iloc[:5, :50])
    late.transform(values)
    assert late.to_json() == early.to_json()
    pd.testing.assert_frame_equal(late.transform(new), early.transform(new), check_exact=True)


def test_complete_genes_of_the_training_table_cost_no_search() -> None:
    values = holed(40, 200, 0)
    values.loc["P003", "G050"] = NAN
    imputer = GeneWiseKNNImputer(3)
    imputer.fit_transform(values)
    assert list(imputer.nearest_) == ["G050"]
    imputer.transform(values.assign(G007=NAN))
    assert set(imputer.nearest_) == {"G050", "G007"}


def test_a_patient_without_values_gets_the_means_and_costs_no_further_neighbours() -> None:
    values = holed(20, 100, 0.1)
    values.loc["P004"] = NAN
    imputer = GeneWiseKNNImputer(3)
    filled = imputer.fit_transform(values)
    np.testing.assert_allclose(filled.loc["P004"], values.mean(), rtol=1e-12)
    assert {len(places) for places, _ in imputer.nearest_.values()} == {6}


def test_more_neighbours_are_kept_where_a_training_patient_needs_them() -> None:
    values = holed(20, 100, 0)
    gone = GeneWiseKNNImputer(3).fit(values).restricted(["G050"]).donors_
    values.loc["P004", gone] = NAN  # the 6 nearest of G050, and itself
    imputer = GeneWiseKNNImputer(3).fit(values)
    imputer.transform(values)
    assert len(imputer.nearest_["G050"][0]) > 6
    estimate = imputer.transform(values).loc["P004", "G050"]
    assert estimate == pytest.approx(by_definition(values, "P004", "G050", 3))


def test_nothing_is_learnt_from_other_patients_than_the_training_ones() -> None:
    values = holed(40, 60, 0.1)
    imputer = GeneWiseKNNImputer(3).fit(values)
    before = imputer.to_json()
    imputer.transform(holed(15, 60, 0.2, seed=1) * 100)
    assert imputer.to_json() == before


def test_a_scikit_learn_transformer() -> None:
    values = holed(40, 60, 0.1)
    imputer = GeneWiseKNNImputer(3).fit(values, ["G007", "G002"])
    assert imputer.get_params() == {"neighbours": 3}
    assert clone(imputer).set_params(neighbours=4).get_params() == {"neighbours": 4}
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(imputer).transform(values)
    assert imputer.n_features_in_ == 60
    assert list(imputer.feature_names_in_) == list(values.columns)
    assert list(imputer.get_feature_names_out()) == ["G007", "G002"]
    pipeline = make_pipeline(GeneWiseKNNImputer(3), StandardScaler()).set_output(transform="pandas")
    died = np.arange(40) % 2
    scaled = pipeline.fit_transform(values, died)
    assert list(scaled.columns) == list(values.columns)
    np.testing.assert_allclose(scaled.to_numpy().std(axis=0), 1)
    again = pickle.loads(pickle.dumps(imputer))  # noqa: S301 - our own
    pd.testing.assert_frame_equal(again.transform(values), imputer.transform(values), check_exact=True)


def test_the_table_is_left_as_it_was() -> None:
    values = holed(40, 60, 0.1)
    copy = values.copy()
    filled = GeneWiseKNNImputer(3).fit_transform(values)
    filled.iloc[:, :] = 0.0
    pd.testing.assert_frame_equal(values, copy, check_exact=True)


REFUSED = [
    (table([[1, NAN], [2, NAN]], "AB"), None, 3, TrainingError, "Gene 'B' has no value in any of 2 training patients"),
    (table([[1, 2], [2, np.inf]], "AB"), None, 3, TrainingError, "Patient 'P1', gene 'B': inf is no measurement"),
    (table([[1, 2], [-np.inf, 2]], "AB"), None, 3, TrainingError, "Patient 'P1', gene 'A': -inf is no measurement"),
    (table([[1, 2], [2, 3]], "AA"), None, 3, TrainingError, "Gene 'A' has more than one column"),
    (table([[1, 2], [2, 3]], "AB"), ["A", "X"], 3, TrainingError, "Gene 'X' is to be imputed and is no column"),
    (TRAINING.iloc[:0], None, 3, TrainingError, "a table of 0 patients and 4 genes"),
    (TRAINING, None, 0, ConfigError, "neighbours = 0: a missing value needs at least 1 neighbour"),
]


@pytest.mark.parametrize(("values", "genes", "neighbours", "error", "message"), REFUSED)
def test_what_is_refused(
    values: pd.DataFrame, genes: list[str] | None, neighbours: int, error: type[PompError], message: str
) -> None:
    with pytest.raises(error, match=message):
        GeneWiseKNNImputer(neighbours).fit(values, genes)
