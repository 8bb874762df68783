"""Which genes differ between the two groups of a contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pomp.omics.contrast import Contrast, ContrastChoice, choose_contrast
from pomp.omics.deseq import wald_test
from pomp.omics.fisher import fisher_exact
from pomp.omics.gene_filter import GeneFilter
from pomp.omics.moderated import moderated_t
from pomp.omics.normalise import Normaliser
from pomp.omics.rank_sum import rank_sum

Floats = NDArray[np.float64]
TestName = Literal["moderated_t", "wilcoxon"]


class DifferentialGenes(GeneFilter):
    """Keeps the genes that differ between the groups of a contrast (see `pick_candidates`).

    Attributes after `fit`:
        tested_: index = gene; the columns of `differential_test`.
    """

    def __init__(
        self,
        normaliser: Normaliser,
        normals: pd.DataFrame | None = None,
        contrast: ContrastChoice = "auto",
        test: TestName = "moderated_t",
        alpha: float = 0.05,
        least: int = 300,
        most: int = 2000,
        omics: str = "omics",
    ) -> None:
        self.normaliser = normaliser
        self.normals = normals
        self.contrast = contrast
        self.test = test
        self.alpha = alpha
        self.least = least
        self.most = most
        self.omics = omics

    def fit(self, values: pd.DataFrame, outcome: pd.DataFrame, genes: Sequence[str] | None = None) -> Self:
        """Test `genes` (default: all) of the table's own `values` (N, G) by the `outcome` of the same N patients.

        Raises:
            TrainingError: as `choose_contrast`.
        """
        self._see(values)
        contrast = choose_contrast(values, self.normals, outcome, self.contrast, self.omics)
        genes = list(values.columns) if genes is None else genes
        self.tested_ = differential_test(contrast, self.normaliser, genes, self.test)
        candidates = pick_candidates(self.tested_, self.alpha, self.least, self.most)
        self.support_ = values.columns.isin(candidates)
        return self


def differential_test(
    contrast: Contrast, normaliser: Normaliser, genes: Sequence[str], test: TestName = "moderated_t"
) -> pd.DataFrame:
    """Test `genes` of a contrast by what suits their kind, on the values as measured: nothing imputed is tested.

    counts: pydeseq2 on the raw counts; it refuses NaN, so a gene with a missing count is tested on normalised values,
    as continuous ones are. binary: Fisher's exact test. copies: Wilcoxon's rank sum, for their many ties. Everything
    else is continuous: `test` says whether by the moderated t-test or Wilcoxon's.

    Returns:
        index = gene; contrast: label; test: name; statistic: Wald z, moderated t, log odds ratio, or the share of pairs
        won minus one half, each positive where the first group is higher; p_value: two-sided, 1 where a gene could not
        be tested; q_value: Benjamini–Hochberg over all genes.
    """
    if normaliser.kind == "counts":
        result = _test_counts(contrast, normaliser, genes, test)
    else:
        result = _test_values(contrast, normaliser, genes, test)
    result.insert(0, "contrast", contrast.label)
    result["q_value"] = stats.false_discovery_control(result["p_value"])
    return result


def pick_candidates(tested: pd.DataFrame, alpha: float, least: int, most: int) -> list[str]:
    """Genes with q < alpha, cut at `most` and topped up to `least`, also beyond `most`; in the order of `tested`.

    Both go by p-value; equal ones (0 is common against normals) are told apart by the size of the statistic, then by
    name.
    """
    order = tested.assign(size=-tested["statistic"].abs()).sort_values(["p_value", "size", "gene"])
    count = max(least, min(most, int((tested["q_value"] < alpha).sum())))
    chosen = set(order.index[:count])
    return [gene for gene in tested.index if gene in chosen]


def _test_counts(contrast: Contrast, normaliser: Normaliser, genes: Sequence[str], test: TestName) -> pd.DataFrame:
    gaps = contrast.first.isna().any() | contrast.second.isna().any()
    whole, holed = ([gene for gene in genes if gaps[gene] == gap] for gap in (False, True))
    parts = []
    if whole:
        fitted = wald_test(contrast.first[whole], contrast.second[whole])
        parts.append(_result(whole, "DESeq2 Wald", fitted["statistic"].to_numpy(), fitted["p_value"].to_numpy()))
    if holed:
        parts.append(_test_values(contrast, normaliser, holed, test))
    return pd.concat(parts).loc[list(genes)]


def _test_values(contrast: Contrast, normaliser: Normaliser, genes: Sequence[str], test: TestName) -> pd.DataFrame:
    tested = contrast.first.columns.get_indexer(pd.Index(genes))
    first, second = (
        normaliser.transform(group.to_numpy(np.float64))[:, tested] for group in (contrast.first, contrast.second)
    )
    if normaliser.kind == "binary":
        return _result(genes, "Fisher", *fisher_exact(first, second))
    if normaliser.kind == "copies" or test == "wilcoxon":
        return _result(genes, "Wilcoxon", *rank_sum(first, second))
    group = np.arange(len(first) + len(second)) < len(first)
    fitted = moderated_t(np.concatenate([first, second]), group)
    return _result(genes, "moderated t", fitted.statistic, fitted.p_value)


def _result(genes: Sequence[str], test: str, statistic: Floats, p_value: Floats) -> pd.DataFrame:
    columns = {"test": test, "statistic": statistic, "p_value": np.clip(p_value, 0.0, 1.0)}
    return pd.DataFrame(columns, index=pd.Index(genes, name="gene"))
