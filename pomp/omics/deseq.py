"""Counts of two groups compared by DESeq2's negative binomial Wald test (pydeseq2)."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

QUIET = (
    "The dispersion trend curve fitting did not converge",
    "As the residual degrees of freedom is less than 3",
)
"""What pydeseq2 says when it takes its documented other way; its answer stands."""

MIN_READS = 10
"""Reads of a gene in all samples below which it is not tested, as DESeq2's vignette advises."""


def wald_test(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Compare raw counts (N1, G) with (N2, G); no NaN.

    Fractional counts, which estimators such as RSEM give, are rounded to the nearest integer, as DESeq2 itself asks.
    Samples with next to no reads are left out. Genes that the test cannot judge (fewer than MIN_READS reads in all, or
    an outlier by Cook's distance) get statistic 0 and p-value 1.

    Returns:
        index = gene; statistic: Wald z, positive where `first` is higher; p_value: two-sided.
    """
    samples = [f"sample{row}" for row in range(len(first) + len(second))]
    counts = pd.DataFrame(np.rint(np.concatenate([first, second])).astype(np.int64), samples, first.columns)
    group = pd.DataFrame({"group": ["first"] * len(first) + ["second"] * len(second)}, samples)
    counts = counts.loc[:, counts.sum() >= MIN_READS]
    sequenced = (counts.loc[:, counts.max() > 1] > 0).any(axis=1)  # otherwise pydeseq2 makes its size factor NaN
    counts, group = counts[sequenced], group[sequenced]
    result = pd.DataFrame({"statistic": np.nan, "p_value": np.nan}, first.columns)
    if group["group"].nunique() == 2:
        fitted = _fit(counts, group)
        result.loc[counts.columns] = fitted[["stat", "pvalue"]].to_numpy()
    failed = result["p_value"].isna()
    result.loc[failed, ["statistic", "p_value"]] = [0.0, 1.0]
    return result


def _fit(counts: pd.DataFrame, group: pd.DataFrame) -> pd.DataFrame:
    """pydeseq2's result table, silently and on one core.

    It multiplies small matrices one gene at a time: more threads than free cores wait for each other (7 times slower
    where measured), and gain nothing elsewhere.
    """
    # Counts alone need it, and it brings matplotlib and anndata: no other command or worker is to wait for them.
    from pydeseq2.dds import DeseqDataSet  # noqa: PLC0415
    from pydeseq2.ds import DeseqStats  # noqa: PLC0415

    with warnings.catch_warnings(), threadpool_limits(1):
        for start in QUIET:
            warnings.filterwarnings("ignore", start, UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 and means of nothing end as NaN, which the caller reads
        data = DeseqDataSet(
            counts=counts,
            metadata=group,
            design="~group",
            size_factors_fit_type="ratio" if (counts > 0).all().any() else "poscounts",
            n_cpus=1,
            quiet=True,
        )
        data.deseq2()
        test = DeseqStats(data, ["group", "first", "second"], independent_filter=False, n_cpus=1, quiet=True)
        test.summary()
    table: pd.DataFrame = test.results_df
    return table
