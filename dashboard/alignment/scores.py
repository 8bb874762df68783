"""Numbers of the Alignment page, computed once for a run: similarities, ranks, recall and what looks swapped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import data
from pomp.evaluation.reconstruction import reconstruction_scores
from pomp.evaluation.retrieval import Floats, RetrievalScore, median_rank, own_ranks, recall_at
from pomp.evaluation.similarity import cosine_similarity
from pomp.evaluation.swaps import SwapSearch, find_swaps
from pomp.runs.run import Run

EMBEDDINGS, RECONSTRUCTIONS = "embeddings", "reconstructions"
FIRST = (1, 5, 10)
TO_OMICS, TO_SLIDES = "Slide finds omics", "Omics find slide"
MOST_SHOWN = 80


@dataclass(frozen=True, eq=False)
class FoldAlignment:
    """Slides against omics of the N test patients of a fold who have both.

    Attributes:
        fold: from 0.
        patients: N names, those whose own pair is found best first.
        similarity: (N, N) cosines; rows are slides, columns omics profiles.
        ranks: direction → (N,) rank of the own counterpart.
        swaps: pairs that look swapped.
    """

    fold: int
    patients: tuple[str, ...]
    similarity: Floats
    ranks: dict[str, Floats]
    swaps: SwapSearch


@dataclass(frozen=True, eq=False)
class Alignment:
    """What the page says of a run.

    Attributes:
        folds: those in which at least two patients have both; the rest is empty where there is none.
        recall: direction, k, recall, lower, upper, chance: over all folds.
        recall_by_fold: direction, k, fold (from 1), recall.
        median_ranks: by direction.
    """

    folds: list[FoldAlignment]
    recall: pd.DataFrame
    recall_by_fold: pd.DataFrame
    median_ranks: dict[str, RetrievalScore]


def has_alignment(run: Run) -> bool:
    """True if the run has recorded anything that the page shows."""
    return any((run.folder / f"{name}.parquet").is_file() for name in (EMBEDDINGS, RECONSTRUCTIONS))


@data.kept_for(f"{EMBEDDINGS}.parquet", spinner="Comparing slides with omics…")
def alignment(run: Run) -> Alignment | None:
    """None if the run has not recorded it.

    Raises:
        RunError: the table is damaged.
    """
    table = data.run_table(run, EMBEDDINGS)
    if table is None:
        return None
    both = table.dropna(subset=["pathology", "omics"])
    folds = [align_fold(int(str(fold)), rows) for fold, rows in both.groupby("fold") if len(rows) > 1]
    ranks = {way: median_rank([fold.ranks[way] for fold in folds]) for way in (TO_OMICS, TO_SLIDES)}
    return Alignment(folds, *recall_tables(folds), ranks)


def align_fold(fold: int, rows: pd.DataFrame) -> FoldAlignment:
    """Of embeddings: patient, and lists of numbers in pathology and omics."""
    slides, omics = (np.stack(rows[name].to_list()).astype(float) for name in ("pathology", "omics"))
    similarity = cosine_similarity(slides, omics)
    ranks = {TO_OMICS: own_ranks(similarity), TO_SLIDES: own_ranks(similarity.T)}
    order = np.argsort(ranks[TO_OMICS] + ranks[TO_SLIDES], kind="stable")
    names = tuple(map(str, rows["patient"].to_numpy()[order]))
    similarity = similarity[np.ix_(order, order)]
    ranks = {direction: found[order] for direction, found in ranks.items()}
    return FoldAlignment(fold, names, similarity, ranks, find_swaps(similarity, names))


def thinned(found: FoldAlignment, most: int = MOST_SHOWN) -> tuple[Floats, list[str]]:
    """Matrix and names of at most so many patients, evenly from the best to the worst own pair."""
    kept = np.unique(np.linspace(0, len(found.patients) - 1, min(most, len(found.patients))).round().astype(int))
    return found.similarity[np.ix_(kept, kept)], [found.patients[place] for place in kept]


def recall_tables(folds: list[FoldAlignment]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recall over all folds (direction, k, recall, lower, upper, chance), and by fold (direction, k, fold, recall)."""
    rows, each = [], []
    for direction in (TO_OMICS, TO_SLIDES):
        for k in FIRST:
            score = recall_at(k, [fold.ranks[direction] for fold in folds])
            rows.append((direction, k, score.mean, score.interval.lower, score.interval.upper, score.chance))
            each += [(direction, k, fold.fold + 1, value) for fold, value in zip(folds, score.folds, strict=True)]
    return (
        pd.DataFrame(rows, columns=["direction", "k", "recall", "lower", "upper", "chance"]),
        pd.DataFrame(each, columns=["direction", "k", "fold", "recall"]),
    )


def swap_table(folds: list[FoldAlignment]) -> pd.DataFrame:
    """The pairs of all folds, the largest gain first: fold (from 1), a, b, own, swapped, gain."""
    parts = [fold.swaps.pairs.assign(fold=fold.fold + 1) for fold in folds]
    table = pd.concat(parts, ignore_index=True).sort_values("gain", ascending=False, ignore_index=True)
    return table[["fold", "a", "b", "own", "swapped", "gain"]]


@dataclass(frozen=True, eq=False)
class Reconstructed:
    """How well hidden omics types were predicted.

    Attributes:
        scores: as `reconstruction_scores` makes it.
        genes: (patient, type) → gene, observed, reconstructed.
    """

    scores: pd.DataFrame
    genes: dict[tuple[str, str], pd.DataFrame]


@data.kept_for(f"{RECONSTRUCTIONS}.parquet", entries=4, spinner="Reading what was predicted…")
def reconstructed(run: Run) -> Reconstructed | None:
    """None if the run has not recorded it.

    Raises:
        RunError: the table is damaged.
    """
    table = data.run_table(run, RECONSTRUCTIONS)
    if table is None:
        return None
    columns = ["gene", "observed", "reconstructed"]
    groups = table.groupby(["patient", "type"], sort=False, observed=True)[columns]
    genes = {(str(patient), str(omics)): rows for (patient, omics), rows in groups}
    return Reconstructed(reconstruction_scores(table), genes)


def spread_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Quantiles of the correlations by type: type, of, patients, lowest, lower, median, upper, highest."""
    names = ["lowest", "lower", "median", "upper", "highest"]
    rows = []
    for column, of in (("pearson", "own prediction"), ("others", "predictions for others")):
        for omics, part in scores.groupby("type", sort=False, observed=True):
            known = part[column].dropna()
            if len(known):
                rows.append((omics, of, len(known), *np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95]).round(3)))
    return pd.DataFrame(rows, columns=["type", "of", "patients", *names])
