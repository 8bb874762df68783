"""Every kind on its scale; size factors by hand and against pydeseq2."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydeseq2.preprocessing import deseq2_norm

from pomp.data.omics_table import Kind
from pomp.omics.normalise import Normaliser, library_size

NAN = float("nan")

COLUMNWISE: list[tuple[Kind, list[float], list[float]]] = [
    ("log", [-3.0, 0.0, 25.0, NAN], [-3.0, 0.0, 25.0, NAN]),
    ("binary", [0.0, 1.0, NAN], [0.0, 1.0, NAN]),
    ("copies", [-2.0, 0.0, 2.0, NAN], [-2.0, 0.0, 2.0, NAN]),
    ("zscore", [-3.7, 0.2, 3965.5, -99.0, NAN], [-3.7, 0.2, 10.0, -10.0, NAN]),
    ("m", [-5.9, 6.1, 50.0, NAN], [-5.9, 6.1, 10.0, NAN]),
    ("beta", [0.5, 0.8, 0.2, NAN], [0.0, 2.0, -2.0, NAN]),  # log2(0.8 / 0.2) = 2
    ("beta", [0.0, 1.0], [-np.log2(1023), np.log2(1023)]),
]


@pytest.mark.parametrize(("kind", "values", "expected"), COLUMNWISE)
def test_columnwise_kinds(kind: Kind, values: list[float], expected: list[float]) -> None:
    x = np.array([values]).T
    np.testing.assert_allclose(Normaliser.fit(x, kind).transform(x)[:, 0], expected, atol=1e-12)


COUNTS = np.array([[4.0, 100, 10, 0], [16, 400, 40, 3], [8, 200, 20, 1]])
"""The second patient was sequenced four times as deep as the first; geometric means 8, 200, 20."""


def test_library_size_by_hand() -> None:
    normaliser = Normaliser.fit(COUNTS, "counts")
    np.testing.assert_allclose(library_size(COUNTS, normaliser.log_reference), [0.5, 2.0, 1.0])
    np.testing.assert_allclose(normaliser.transform(COUNTS)[:, 0], np.log2([9.0, 9.0, 9.0]))
    np.testing.assert_allclose(normaliser.transform(COUNTS)[:, 3], np.log2([1.0, 2.5, 2.0]))


def test_size_factors_as_pydeseq2() -> None:
    counts = np.random.default_rng(0).poisson(np.exp(np.random.default_rng(1).normal(2.5, 1, 80)), (30, 80)) * 1.0
    _, expected = deseq2_norm(counts.astype(int))
    np.testing.assert_allclose(library_size(counts, Normaliser.fit(counts, "counts").log_reference), expected)


def test_where_every_gene_has_a_zero() -> None:
    # poscounts by hand: log references ln(8)/2 and ln(2)/2; ratios 8/√8 and 2/√2; their geometric mean is 2.
    counts = np.array([[8.0, 0.0], [0.0, 2.0]])
    factors = library_size(counts, Normaliser.fit(counts, "counts").log_reference)
    np.testing.assert_allclose(factors, [8**0.5 / 2, 2**0.5 / 2])


NEW_PATIENTS = [
    ([8.0, 200, 20, 0], 1.0),
    ([80.0, 2000, 200, 0], 10.0),
    ([80.0, NAN, 200, NAN], 10.0),  # what is missing takes no part
    ([0.0, 0, 40, 0], 2.0),  # nor what is 0
    ([0.0, 0, 0, 7], 1.0),  # nothing to go by
    ([NAN, NAN, NAN, NAN], 1.0),
]


@pytest.mark.parametrize(("counts", "expected"), NEW_PATIENTS)
def test_a_new_patient_is_measured_by_the_training_reference(counts: list[float], expected: float) -> None:
    reference = Normaliser.fit(COUNTS, "counts").log_reference
    assert library_size(np.array([counts]), reference)[0] == pytest.approx(expected)


def test_restricted_and_reloaded() -> None:
    normaliser = Normaliser.fit(COUNTS, "counts")
    few = normaliser.restricted(np.array([0, 1, 2]))
    again = Normaliser.from_json(json.loads(json.dumps(few.to_json())))
    np.testing.assert_array_equal(again.transform(COUNTS[:, :3]), normaliser.transform(COUNTS)[:, :3])
