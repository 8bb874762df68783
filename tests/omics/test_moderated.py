"""The moderated t-test against limma 3.54.1 (reference/selection.R)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pomp.omics.moderated import fit_variance_prior, inverse_trigamma, moderated_t

NAN = float("nan")
GROUP = np.array([1, 1, 1, 1, 0, 0, 0], dtype=bool)


@pytest.mark.parametrize("rows", ["spread", "alike", "fold"])
def test_as_limma(reference: dict[str, Any], rows: str) -> None:
    known = reference["moderated"][rows]
    result = moderated_t(np.array(known["genes"], dtype=float).T, np.array(known["group"], bool))
    assert result.prior_df == pytest.approx(known["prior_df"] or np.inf, rel=1e-9)
    assert result.prior_variance == pytest.approx(known["prior_variance"], rel=1e-9)
    np.testing.assert_allclose(result.statistic, known["statistic"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.p_value, known["p_value"], rtol=1e-9)


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
def test_an_untestable_gene_gets_p_1_and_leaves_the_others_alone(reference: dict[str, Any], gene: list[float]) -> None:
    known = reference["moderated"]["spread"]
    result = moderated_t(np.array([*known["genes"], gene], dtype=float).T, GROUP)
    assert (result.statistic[-1], result.p_value[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(result.statistic[:-1], known["statistic"], rtol=1e-9, atol=1e-12)


def test_one_gene_is_not_shrunk() -> None:
    assert fit_variance_prior(np.array([2.0]), np.array([5.0])) == (0.0, 0.0)
    result = moderated_t(np.array([[1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0]]).T, GROUP)
    # Ordinary t: means 2.5 and 7, pooled variance (5 + 2) / 5 = 1.4.
    assert result.statistic[0] == pytest.approx(-4.5 / np.sqrt(1.4 * (1 / 4 + 1 / 3)))


def test_there_are_no_more_degrees_of_freedom_than_all_genes_have() -> None:
    """As in limma: variances that hardly differ are shrunk with d₀ = 36, but two genes of seven patients have 5 + 5."""
    result = moderated_t(np.array([[4.0, 4, 8, 5, 4, 1, 3], [4.0, 3, 3, 3, 8, 5, 6]]).T, GROUP)
    assert result.prior_df == pytest.approx(36.284, abs=1e-3)
    np.testing.assert_allclose(result.p_value, 2 * stats.t.sf(np.abs(result.statistic), 10))


def test_noise_gives_uniform_p_values() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(24, 4000)) * np.sqrt(random.chisquare(8, 4000) / 8)
    p_value = moderated_t(x, np.arange(24) < 10).p_value
    for level in (0.01, 0.05, 0.5):
        assert np.mean(p_value < level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 4000))
