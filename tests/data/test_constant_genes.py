"""Genes that are the same in all patients who are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data import constant_genes
from pomp.data.cohort import read_cohort
from pomp.data.constant_genes import describe_constant, find_constant
from pomp.data.omics_table import OmicsTable
from tests.data.folder import MRNA, write_cohort

# P8 is not kept: what it alone has is no difference.
TABLE = "patient,A,B,C,D\nP1,1,0,,2\nP2,1,0,,\nP3,1,0,,3\nP8,9,0,5,2\n"


@pytest.mark.parametrize(("table", "said"), [
    (TABLE, "mrna: 3 of 4 genes are the same in all 3 patients, and no fold chooses them: A, B, C."),
    ("patient,A,B\nP1,1,0\nP2,1,2\n", "mrna: 1 of 2 genes is the same in all 2 patients, and no fold chooses it: A."),
    (
        "patient,A\nP1,1\nP2,1\n",
        "mrna: no two of 2 patients differ in any of 1 gene: no model can be trained on this type. Leave it out "
        "(cohort.omics), or correct the table.",
    ),
    ("patient,A,B\nP1,1,0\n", ""),
    (MRNA, ""),
])  # fmt: skip
def test_they_are_counted_and_named(table: str, said: str, tmp_path: Path) -> None:
    cohort = read_cohort(write_cohort(tmp_path, {"mrna.csv": table}))
    assert describe_constant(cohort.omics["mrna"]) == said


def test_a_wide_table_is_gone_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constant_genes, "_GENES", 2)
    values = pd.DataFrame([[1.0, np.nan, 3, 4, np.nan], [1, 2, 5, 4, np.nan]], ["P1", "P2"], list("abcde"))
    assert find_constant(OmicsTable("mrna", "log", values, None)) == ["a", "b", "d", "e"]
