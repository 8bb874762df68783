"""Genes that say nothing of a cohort, because they are the same in all of its patients."""

from __future__ import annotations

import numpy as np

from pomp.data.omics_table import OmicsTable
from pomp.data.problems import enumerate_some
from pomp.wording import agree, count

_GENES = 4096  # looked at together


def find_constant(table: OmicsTable) -> list[str]:
    """The genes of which no two patients have different values; a missing value is none."""
    values, found = table.values.to_numpy(), list[str]()
    for start in range(0, values.shape[1], _GENES):
        part = values[:, start : start + _GENES]
        varies = np.fmax.reduce(part, axis=0) > np.fmin.reduce(part, axis=0)  # of no value at all: NaN, and so not
        found += [str(gene) for gene in table.values.columns[start : start + _GENES][~varies]]
    return found


def describe_constant(table: OmicsTable) -> str:
    """A sentence on them; empty where there are none.

    They are no fault of a table, as long as others vary: every run leaves them out.

    Args:
        table: with the kept patients alone.
    """
    patients, genes = table.values.shape
    constant = find_constant(table)
    if not constant or patients < 2:
        return ""
    if len(constant) == genes:
        return (
            f"{table.name}: no two of {patients} patients differ in any of {count(genes, 'gene')}: no model can be "
            "trained on this type. Leave it out (cohort.omics), or correct the table."
        )
    are, them = agree(len(constant), "is", "are"), agree(len(constant), "it", "them")
    return (
        f"{table.name}: {len(constant):,} of {genes:,} genes {are} the same in all {patients} patients, and no fold "
        f"chooses {them}: {enumerate_some(constant)}."
    )
