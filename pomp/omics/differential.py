"""Which genes differ between the two groups of a contrast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pomp.omics.contrast import Contrast
from pomp.omics.deseq import wald_test
from pomp.omics.moderated import moderated_t
from pomp.omics.normalise import Normaliser

Floats = NDArray[np.float64]


def differential_test(contrast: Contrast, normaliser: Normaliser, genes: Sequence[str]) -> pd.DataFrame:
    """Test `genes` of a contrast by what suits their kind, on the values as measured: nothing imputed is tested.

    counts: pydeseq2 on the raw counts; it refuses NaN, so a gene with a missing count gets the moderated t-test on
    normalised values. binary: Fisher's exact test. copies: Wilcoxon's rank sum. Everything else: moderated t-test.

    Returns:
        index = gene; contrast: label; test: name; statistic: Wald z, moderated t, log odds ratio, or the share of pairs
        won minus one half, each positive where the first group is higher; p_value: two-sided, 1 where a gene could not
        be tested; q_value: Benjamini–Hochberg over all genes.
    """
    if normaliser.kind == "counts":
        result = _test_counts(contrast, normaliser, genes)
    else:
        result = _test_values(contrast, normaliser, genes)
    result.insert(0, "contrast", contrast.label)
    result["q_value"] = stats.false_discovery_control(result["p_value"])
    return result


def pick_candidates(tested: pd.DataFrame, alpha: float, least: int, most: int) -> list[str]:
    """Genes with q < alpha, topped up by p-value to `least` and cut at `most`; in the order of `tested`.

    Equal p-values (0 is common against normals) are told apart by the size of the statistic, then by name.
    """
    order = tested.assign(size=-tested["statistic"].abs()).sort_values(["p_value", "size", "gene"])
    count = min(most, max(least, int((tested["q_value"] < alpha).sum())))
    chosen = set(order.index[:count])
    return [gene for gene in tested.index if gene in chosen]


def _test_counts(contrast: Contrast, normaliser: Normaliser, genes: Sequence[str]) -> pd.DataFrame:
    gaps = contrast.first.isna().any() | contrast.second.isna().any()
    whole, holed = ([gene for gene in genes if gaps[gene] == gap] for gap in (False, True))
    parts = []
    if whole:
        fitted = wald_test(contrast.first[whole], contrast.second[whole])
        parts.append(_result(whole, "DESeq2 Wald", fitted["statistic"].to_numpy(), fitted["p_value"].to_numpy()))
    if holed:
        parts.append(_test_values(contrast, normaliser, holed))
    return pd.concat(parts).loc[list(genes)]


def _test_values(contrast: Contrast, normaliser: Normaliser, genes: Sequence[str]) -> pd.DataFrame:
    tested = contrast.first.columns.get_indexer(pd.Index(genes))
    first, second = (
        normaliser.transform(group.to_numpy(np.float64))[:, tested] for group in (contrast.first, contrast.second)
    )
    if normaliser.kind == "binary":
        return _result(genes, "Fisher", *fisher_exact(first, second))
    if normaliser.kind == "copies":
        return _result(genes, "Wilcoxon", *rank_sum(first, second))
    group = np.arange(len(first) + len(second)) < len(first)
    fitted = moderated_t(np.concatenate([first, second]), group)
    return _result(genes, "moderated t", fitted.statistic, fitted.p_value)


def _result(genes: Sequence[str], test: str, statistic: Floats, p_value: Floats) -> pd.DataFrame:
    columns = {"test": test, "statistic": statistic, "p_value": np.clip(p_value, 0.0, 1.0)}
    return pd.DataFrame(columns, index=pd.Index(genes, name="gene"))


def fisher_exact(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Two-sided Fisher test of 0/1 values (N1, G) against (N2, G), NaN left out.

    Returns:
        (G,) log odds ratio, ½ added to each cell so that it is finite; (G,) p-value.
    """
    cells = np.stack([np.nansum(x == value, axis=0) for x in (first, second) for value in (1, 0)], axis=1)
    tables, place = np.unique(cells, axis=0, return_inverse=True)  # few: genes mutated equally often share one
    p_value = np.array([stats.fisher_exact(table.reshape(2, 2)).pvalue for table in tables])[place.ravel()]
    a, b, c, d = cells.T + 0.5
    return np.log(a * d / (b * c)), p_value


def rank_sum(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Wilcoxon's rank sum test of (N1, G) against (N2, G) by the normal approximation with ties, NaN left out.

    Returns:
        (G,) share of pairs in which the first group is higher, ties one half, minus ½; (G,) two-sided p-value. A gene
        that does not vary, or is missing in a group, gets 0 and 1.
    """
    statistic, p_value = np.zeros(first.shape[1]), np.ones(first.shape[1])
    for gene in range(first.shape[1]):
        a, b = (x[~np.isnan(x[:, gene]), gene] for x in (first, second))
        if len(a) and len(b) and len(np.unique(np.concatenate([a, b]))) > 1:
            result = stats.mannwhitneyu(a, b, method="asymptotic")
            statistic[gene], p_value[gene] = result.statistic / (len(a) * len(b)) - 0.5, result.pvalue
    return statistic, p_value
