"""Counts of two groups compared by DESeq2's negative binomial Wald test (pydeseq2)."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from pydeseq2.dds import DeseqDataSet
from pydeseq2.ds import DeseqStats

QUIET = (
    "Every gene contains at least one zero",
    "The dispersion trend curve fitting did not converge",
    "As the residual degrees of freedom is less than 3",
)
"""What pydeseq2 says when it takes its documented other way; its answer stands."""


def wald_test(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Compare raw counts (N1, G) with (N2, G); no NaN.

    Fractional counts, which estimators such as RSEM give, are rounded to the nearest integer, as DESeq2 itself asks.
    Genes that the test leaves out (no counts at all, or an outlier by Cook's distance) get statistic 0 and p-value 1.

    Returns:
        index = gene; statistic: Wald z, positive where `first` is higher; p_value: two-sided.
    """
    samples = [f"sample{row}" for row in range(len(first) + len(second))]
    counts = pd.DataFrame(np.rint(np.concatenate([first, second])).astype(np.int64), samples, first.columns)
    counts = counts.loc[:, counts.sum() > 0]
    group = pd.DataFrame({"group": ["first"] * len(first) + ["second"] * len(second)}, samples)
    with warnings.catch_warnings():
        for start in QUIET:
            warnings.filterwarnings("ignore", start, UserWarning)
        data = DeseqDataSet(counts=counts, metadata=group, design="~group", n_cpus=1, quiet=True)
        data.deseq2()
        test = DeseqStats(data, ["group", "first", "second"], independent_filter=False, n_cpus=1, quiet=True)
        test.summary()
    result: pd.DataFrame = test.results_df[["stat", "pvalue"]].set_axis(["statistic", "p_value"], axis=1)
    result = result.reindex(first.columns)
    failed = result["p_value"].isna()
    result.loc[failed, ["statistic", "p_value"]] = [0.0, 1.0]
    return result
