"""What unlabelled numbers are taken for."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.data.importing.kinds import guess_kind, guess_name

RANDOM = np.random.default_rng(3)
SHAPE = (50, 30)
GENES = [f"G{place}" for place in range(50)]
PROBES = [f"cg{place:08d}" for place in range(50)]
HOLED = np.where(RANDOM.random(SHAPE) < 0.2, np.nan, RANDOM.poisson(40, SHAPE))
OUTLIERS = np.where(np.eye(50, 30, -40), 60.0, RANDOM.normal(0, 1, SHAPE))

CASES = {
    # values, genes, file, kind, words of the doubt
    "counts": (RANDOM.poisson(40, SHAPE), GENES, "t.csv", "counts", None),
    "counts with holes": (HOLED, GENES, "t.csv", "counts", None),
    "mutated or not": (RANDOM.integers(0, 2, SHAPE), GENES, "t.csv", "binary", None),
    "copies": (RANDOM.integers(-2, 3, SHAPE), GENES, "t.csv", "copies", None),
    "copies without a loss, by name": (RANDOM.integers(0, 6, SHAPE), GENES, "cnv.csv", "copies", None),
    "copies as log ratio, by name": (RANDOM.normal(0, 0.3, SHAPE), GENES, "gistic.csv", "copies", None),
    "beta": (RANDOM.beta(0.5, 0.5, SHAPE), GENES, "t.csv", "beta", None),
    "M-values": (RANDOM.normal(-1, 3, SHAPE), PROBES, "t.csv", "m", None),
    "z-scores": (RANDOM.normal(0, 1, SHAPE), GENES, "t.csv", "zscore", None),
    "z-scores with an outlier": (OUTLIERS, GENES, "t.csv", "zscore", None),
    "z-scores with infinite cells": (np.where(OUTLIERS == 60, np.inf, OUTLIERS), GENES, "t.csv", "zscore", None),
    "logarithms": (RANDOM.gamma(4, 2, SHAPE).clip(0, 20), GENES, "t.csv", "log", None),
    "log2(TPM + 0.001)": (RANDOM.normal(2, 4, SHAPE), GENES, "t.csv", "log", None),
    "TPM": (RANDOM.gamma(1, 500, SHAPE), GENES, "t.csv", "log", "linear scale (TPM, FPKM, RSEM)"),
    "negative whole numbers": (RANDOM.integers(-9, 9, SHAPE), GENES, "t.csv", "log", "negative whole numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_kind(case: str) -> None:
    values, genes, file, kind, doubt = CASES[case]
    guess = guess_kind(np.asarray(values, dtype=float), genes, file)
    assert guess is not None
    assert guess.kind == kind
    assert (guess.doubt is None) == (doubt is None)
    assert doubt is None or doubt in (guess.doubt or "")


def test_nothing_to_guess_from() -> None:
    assert guess_kind(np.full(SHAPE, np.nan), GENES, "t.csv") is None


NAMES = [
    ("mrna_zscore.csv.gz", "mrna"),
    ("RNAseq-TPM.tsv", "mrna"),
    ("expression.parquet", "mrna"),
    ("mirna_counts_tumor_normal.csv.gz", "mirna"),
    ("miRNA.txt", "mirna"),
    ("our_mir_table.csv", "mirna"),
    ("methylation_M.csv.gz", "methylation"),
    ("EPIC.csv", "methylation"),
    ("admiral.csv", "admiral"),
    ("cnv.csv", "cnv"),
    ("copy number.csv", "cnv"),
    ("mutations.csv", "mutation"),
    ("RPPA.csv", "protein"),
    ("Metabolites (serum).csv", "metabolites_serum"),
    ("???.csv", "values"),
    ("omics.csv", "values"),
    ("slides.tsv", "values"),
]


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_name(file: str, name: str) -> None:
    assert guess_name(file) == name
