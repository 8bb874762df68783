"""What is explained of several models whose mean risk is reported: the mean of what is explained of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

FIRST_ONLY = ("within", "region_genes")
"""Tables of the first member alone: each member has its own scale of bytes for patches, and names other genes for a
region, of which only the strongest few are kept."""


def average_members(tables: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """The tables of a fold, by name, from those of each member, as `explain_fold` makes them for the same patients.

    Every number that a member has of its own is the mean over the members. So a region, an omics type or a gene has the
    effect on the mean risk that it has on average on the members' risks: exactly, since differences and gradients of a
    mean are the means of them. `FIRST_ONLY` names the tables that are the first member's.

    Raises:
        ValueError: the members' tables are not of the same rows.
    """
    first, *others = tables
    if not others:
        return dict(first)
    return {
        name: table if name in FIRST_ONLY else _average([table, *(other[name] for other in others)])
        for name, table in first.items()
    }


def _average(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    first = tables[0]
    floats = [name for name in first if pd.api.types.is_float_dtype(first[name])]
    rows = first.drop(columns=floats)
    for other in tables[1:]:
        if not other.drop(columns=floats).equals(rows):
            raise ValueError("The members' tables are not of the same rows.")
    mean = first.copy()
    for name in floats:
        values = [table[name].to_numpy(np.float64) for table in tables]
        mean[name] = np.mean(values, axis=0).astype(first[name].dtype)
    return mean
