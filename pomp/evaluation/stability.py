"""How far the genes chosen in different training sets agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pomp.evaluation.uncertainty import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SelectionStability:
    """Agreement of the M gene sets of one omics type. With one set, or none but empty ones, agreement is nan.

    Attributes:
        omics: name of the type.
        sets: M.
        genes: genes that could be chosen, p: the most that any set's differential test compared.
        chosen: mean number of genes chosen.
        jaccard: mean over all pairs of sets of |A ∩ B| / |A ∪ B|.
        overlap: mean over all pairs of |A ∩ B| / min(|A|, |B|).
        expected_overlap: what `overlap` would be if every set were drawn at random from the p genes.
        index: Nogueira's Φ: 1 = the same genes always, 0 = no better than chance. Above 0.75 is called excellent, below
            0.4 poor.
        interval: of Φ, for many independent sets; nan for two. Training folds are few and share most patients, so that
            it is too narrow for them.
        times_chosen: by gene, in how many of the sets it was chosen; most often first, then by name. Genes never chosen
            are left out.
    """

    omics: str
    sets: int
    genes: int
    chosen: float
    jaccard: float
    overlap: float
    expected_overlap: float
    index: float
    interval: Interval
    times_chosen: dict[str, int]


def selection_stability(table: pd.DataFrame, level: float = 0.95) -> list[SelectionStability]:
    """Agreement by omics type, in the order of the table.

    Args:
        table: one row a gene and training set: fold (a label; with several seeds, of fold and seed), omics, gene,
            selected, tested (genes that the set's differential test compared). As `OmicsSelector.summary_` with a
            column fold; genes that were not selected may be left out.
        level: coverage of the interval.

    Source: Nogueira, Sechidis & Brown, On the stability of feature selection algorithms, JMLR 18(174), 2018: Φ and its
    asymptotic normal distribution.
    """
    return [_stability(str(omics), rows, level) for omics, rows in table.groupby("omics", sort=False)]


def _stability(omics: str, rows: pd.DataFrame, level: float) -> SelectionStability:
    genes, selected = int(rows["tested"].max()), rows[rows["selected"].astype(bool)]
    sets = [set(selected["gene"][selected["fold"] == fold].astype(str)) for fold in rows["fold"].unique()]
    names = sorted(set().union(*sets))
    chosen = np.array([[gene in one for gene in names] for one in sets], dtype=np.float64)  # (M, genes ever chosen)
    index, interval = nogueira(chosen, genes, level)
    pairs = [(len(a & b), *sorted((len(a), len(b)))) for a, b in combinations(sets, 2)]
    times = dict(zip(names, chosen.sum(axis=0).astype(int).tolist(), strict=True))
    return SelectionStability(
        omics=omics,
        sets=len(sets),
        genes=genes,
        chosen=float(chosen.sum(axis=1).mean()),
        jaccard=_mean([common / (smaller + larger - common) for common, smaller, larger in pairs if larger]),
        overlap=_mean([common / smaller for common, smaller, _ in pairs if smaller]),
        expected_overlap=_mean([larger / genes for _, smaller, larger in pairs if smaller]),
        index=index,
        interval=interval,
        times_chosen=dict(sorted(times.items(), key=lambda item: (-item[1], item[0]))),
    )


def nogueira(chosen: Floats, genes: int, level: float = 0.95) -> tuple[float, Interval]:
    """Φ and its interval, of 0/1 choices in M sets (M, G) among `genes` ≥ G genes; the others were never chosen.

    Φ = 1 - mean over genes of s² / (k̄/p · (1 - k̄/p)), where s² = M/(M - 1) · f(1 - f) is the variance of a gene's
    choice, f its frequency, and k̄ the mean number of genes chosen of p.

    Returns:
        nan where M < 2, or where none or all of the genes are always chosen. The interval is nan where M < 3: two sets
        depart from their mean by equally much, which its formula takes for certainty. It is symmetric but for being cut
        at 1 and at -1/(M - 1), the least that Φ can be.
    """
    sets, nan = len(chosen), float("nan")
    sizes = chosen.sum(axis=1)
    share = sizes.mean() / genes if sets else 0.0
    chance = share * (1 - share)
    if sets < 2 or chance <= 0:
        return nan, Interval(nan, nan)
    frequency = chosen.mean(axis=0)
    index = float(1 - sets / (sets - 1) * (frequency * (1 - frequency)).sum() / genes / chance)
    if sets < 3:
        return index, Interval(nan, nan)
    parts = sizes / genes
    influence = chosen @ frequency / genes - parts * share
    influence = (influence + index / 2 * (2 * share * parts - parts - share + 1)) / chance
    error = 2 / sets * float(np.sqrt(((influence - influence.mean()) ** 2).sum()))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return index, Interval(max(index - reach, -1 / (sets - 1)), min(index + reach, 1.0))


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
