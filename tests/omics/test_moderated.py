"""The moderated t-test against limma 3.54.1 (R): eBayes(lmFit(x, cbind(1, group)))."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.omics.moderated import fit_variance_prior, inverse_trigamma, moderated_t

NAN = float("nan")
GROUP = np.array([1, 1, 1, 1, 0, 0, 0], dtype=bool)

SPREAD = [  # variances that differ: a finite prior
    [2.1, 3.9, 2.8, 3.3, 5.1, 6.2, 4.7],
    [0.5, 0.7, 0.4, 0.6, 0.45, 0.55, 0.65],
    [10, 14, 9, 12, 11, 16, 8],
    [1.0, 1.2, NAN, 0.9, 2.1, NAN, 2.4],
    [7.2, 7.9, 7.1, 7.3, 6.1, 6.6, 6.0],
    [-3, 3, -1, 2, 0.5, -2.5, 4],
]
ALIKE = [  # variances as like as chance allows: an infinite prior
    [1, 2, 3, 4, 2, 4, 4],
    [3, 5, 4, 4, 7, 6, 8],
    [0, 1, 2, 1.5, 1, 2.5, 1],
]
LIMMA = [
    (
        SPREAD,
        0.812063341882022,
        0.0929113198088447,
        [-4.18611797441912, 0.0, -0.190846749848274, -6.36550061815357, 4.4038549494819, -0.198293328175051],
        [0.00619317813321484, 1.0, 0.8551368837, 0.00367186086112514, 0.00490769110539137, 0.8495688698588],
    ),
    (
        ALIKE,
        np.inf,
        1.02361111111111,
        [-1.078432236345531, -3.88235605084391, -0.485294506355489],
        [0.29787839909411518, 0.00147332009112646, 0.63447899980671],
    ),
]


@pytest.mark.parametrize(("genes", "prior_df", "prior_variance", "statistic", "p_value"), LIMMA)
def test_as_limma(
    genes: list[list[float]], prior_df: float, prior_variance: float, statistic: list[float], p_value: list[float]
) -> None:
    result = moderated_t(np.array(genes, dtype=float).T, GROUP)
    assert result.prior_df == pytest.approx(prior_df, rel=1e-9)
    assert result.prior_variance == pytest.approx(prior_variance, rel=1e-9)
    np.testing.assert_allclose(result.statistic, statistic, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.p_value, p_value, rtol=1e-9)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.01, 100.4991666819431941), (0.5, 2.4599529483523073), (3.0, 0.6754781052813701), (1000.0, 0.0316476610511964)],
)
def test_inverse_trigamma_as_limma(value: float, expected: float) -> None:
    assert inverse_trigamma(value) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("value", "expected"), [(1e-8, 1e8), (1e10, 1e-5)])
def test_inverse_trigamma_at_its_ends(value: float, expected: float) -> None:
    assert inverse_trigamma(value) == pytest.approx(expected, rel=1e-6)


UNTESTABLE = {
    "missing in the first group": [NAN, NAN, NAN, NAN, 1, 2, 3],
    "missing in the second group": [1, 2, 3, 4, NAN, NAN, NAN],
    "missing everywhere": [NAN] * 7,
    "one value a group": [1, NAN, NAN, NAN, 2, NAN, NAN],
}


@pytest.mark.parametrize("gene", UNTESTABLE.values(), ids=UNTESTABLE.keys())
def test_an_untestable_gene_gets_p_1_and_leaves_the_others_alone(gene: list[float]) -> None:
    result = moderated_t(np.array([*SPREAD, gene], dtype=float).T, GROUP)
    assert (result.statistic[-1], result.p_value[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(result.statistic[:-1], LIMMA[0][3], rtol=1e-9, atol=1e-12)


def test_one_gene_is_not_shrunk() -> None:
    assert fit_variance_prior(np.array([2.0]), np.array([5.0])) == (0.0, 0.0)
    result = moderated_t(np.array([[1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0]]).T, GROUP)
    # Ordinary t: means 2.5 and 7, pooled variance (5 + 2) / 5 = 1.4.
    assert result.statistic[0] == pytest.approx(-4.5 / np.sqrt(1.4 * (1 / 4 + 1 / 3)))


def test_noise_gives_uniform_p_values() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(24, 4000)) * np.sqrt(random.chisquare(8, 4000) / 8)
    p_value = moderated_t(x, np.arange(24) < 10).p_value
    for level in (0.01, 0.05, 0.5):
        assert np.mean(p_value < level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 4000))
