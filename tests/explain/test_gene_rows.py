"""Arrays by patient, type and gene become rows."""

from __future__ import annotations

import numpy as np

from pomp.explain.gene_rows import gene_rows
from pomp.omics.matrix import OmicsMatrix

OMICS = OmicsMatrix(
    values=np.zeros((2, 2, 3), np.float32),
    present=np.ones((2, 2), bool),
    gene_mask=np.array([[True, True, True], [True, False, False]]),
    types=("mrna", "mirna"),
    genes={"mrna": ("TP53", "EGFR", "MYC"), "mirna": ("mir-21",)},
    patients=("P0", "P1"),
)


def test_padding_and_what_is_not_listed_have_no_row() -> None:
    numbers = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    found = gene_rows(("P0", "P1"), np.array([[True, True], [False, True]]), OMICS, value=numbers, double=2 * numbers)
    assert list(found.itertuples(index=False, name=None)) == [
        ("P0", "mrna", "TP53", 0, 0),
        ("P0", "mrna", "EGFR", 1, 2),
        ("P0", "mrna", "MYC", 2, 4),
        ("P0", "mirna", "mir-21", 3, 6),
        ("P1", "mirna", "mir-21", 9, 18),
    ]
    assert found.dtypes["value"] == np.float32


def test_a_gene_that_the_cohort_did_not_measure_keeps_its_place() -> None:
    shared = OmicsMatrix(**{**vars(OMICS), "gene_mask": np.array([[True, False, True], [False, False, False]])})
    found = gene_rows(("P0", "P1"), np.ones((2, 2), bool), shared, value=np.zeros((2, 2, 3), np.float32))
    assert found["gene"].tolist() == ["TP53", "MYC"] * 2


def test_nobody_has_no_rows_but_all_columns() -> None:
    found = gene_rows(("P0", "P1"), np.zeros((2, 2), bool), OMICS, value=np.zeros((2, 2, 3), np.float32))
    assert (len(found), list(found)) == (0, ["patient", "type", "gene", "value"])
