"""What the numbers of an unlabelled table are: guessed from values and names, and said to be a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pomp.data.manifest import TAKEN_NAMES
from pomp.data.omics_table import Kind

Floats = NDArray[np.float64]

LARGEST_LOG = 30.0
"""No logarithm of an expression value to base 2 is larger: 2³⁰ reads of one gene are not sequenced."""

_PROBE = re.compile(r"cg\d{6,}.*|ch\.\d+\..*")
_COPIES = re.compile(r"gistic|copy|cnv|cna", re.IGNORECASE)


@dataclass(frozen=True)
class Guess:
    """A kind, why it was taken, and what speaks against it."""

    kind: Kind
    why: str  # goes on after "taken as counts: "
    doubt: str | None = None  # goes on after the file's name


def guess_kind(values: Floats, genes: Sequence[str], file: str) -> Guess | None:
    """The kind of a table by some of its values; None where there is none.

    Whole numbers are mutations (0 and 1 only), copies (−2 to 2 with negative ones, or by the file's name) or counts;
    others are beta values (0 to 1), M-values (negative ones of methylation probes), z-scores (mean about 0 and standard
    deviation about 1, gene by gene) or logarithms.

    Args:
        values: (genes, samples), NaN where missing.
        genes: names of the rows.
        file: name of the file.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = float(known.min()), float(known.max())
    if (known == np.round(known)).all():
        return _guess_whole(low, high, file)
    return _guess_real(values, low, high, genes, file)


def _guess_real(values: Floats, low: float, high: float, genes: Sequence[str], file: str) -> Guess:
    probes = sum(bool(_PROBE.fullmatch(gene)) for gene in genes) > len(genes) / 2
    if low >= 0 and high <= 1:
        return Guess("beta", "all values lie in 0–1")
    if _COPIES.search(file):
        return Guess("copies", "the file's name speaks of copy number")
    if probes:
        return Guess("m", "methylation probes with values beyond 0–1")
    if _is_standardised(values):
        return Guess("zscore", "the genes have mean 0 and standard deviation 1")
    doubt = None
    if high > LARGEST_LOG:
        doubt = (
            f"values up to {high:g} are no logarithms: expression on the linear scale (TPM, FPKM, RSEM) should be "
            "turned into log2(x + 1) first."
        )
    return Guess("log", "values are no whole numbers, and neither shares nor z-scores", doubt)


def _guess_whole(low: float, high: float, file: str) -> Guess:
    if low >= 0 and high <= 1:
        return Guess("binary", "all values are 0 or 1")
    if _COPIES.search(file):
        return Guess("copies", "the file's name speaks of copy number")
    if low >= 0:
        return Guess("counts", "all values are whole numbers from 0 on")
    if low >= -2 and high <= 2:
        return Guess("copies", "all values are whole numbers from −2 to 2")
    return Guess(
        "log", f"whole numbers from {low:g} to {high:g}", "negative whole numbers are an odd thing to measure."
    )


def _is_standardised(values: Floats) -> bool:
    """Whether the median gene has a mean of 0 ± 0.25 and a standard deviation of 1 ± 0.25."""
    finite = np.isfinite(values)
    rows = np.where(finite, values, np.nan)[finite.sum(axis=1) >= 3]
    if not len(rows):
        return False
    mean, sd = np.nanmedian(np.nanmean(rows, axis=1)), np.nanmedian(np.nanstd(rows, axis=1))
    return abs(float(mean)) < 0.25 and abs(float(sd) - 1) < 0.25


_NAMES: tuple[tuple[str, str], ...] = (
    (r"mirna|micro.?rna|(^|[^a-z])mir([^a-z]|$)", "mirna"),
    (r"methyl|(^|[^a-z])(450k?|epic|beta|meth)([^a-z]|$)", "methylation"),
    (r"gistic|copy|cnv|(^|[^a-z])cna([^a-z]|$)", "cnv"),
    (r"mutation|mc3|(^|[^a-z])(mut|maf|snv)([^a-z]|$)", "mutation"),
    (r"rppa|protein|proteom", "protein"),
    (r"rna|hiseq|expr|counts|fpkm|tpm|rsem|transcript|agilent", "mrna"),
)


def guess_name(file: str) -> str:
    """The omics type a file's name speaks of; otherwise its stem in small letters."""
    found = find_type(file) or re.sub(r"[^a-z0-9]+", "_", _stem(file)).strip("_")
    return "values" if found in TAKEN_NAMES else found


def find_type(file: str) -> str | None:
    """The omics type a file's name speaks of; None if of none."""
    return next((name for pattern, name in _NAMES if re.search(pattern, _stem(file))), None)


def _stem(file: str) -> str:
    return re.sub(r"(\.(csv|tsv|txt|tab|parquet|gz))+$", "", file.lower())
