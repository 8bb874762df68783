"""The genes that the folds of a run chose, counted once until one of their tables changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.charts.selection import choice_table, fold_counts, gene_table, rank_table
from dashboard.data import Stamp, stamp
from pomp.errors import RunError
from pomp.evaluation.stability import SelectionStability, selection_stability
from pomp.runs.run import Run


@dataclass(frozen=True)
class ChosenGenes:
    """What became of the genes in the folds that have chosen so far."""

    folds: int  # 1 where genes were chosen once on all patients
    selections: pd.DataFrame  # as `Run.selections`
    choices: pd.DataFrame  # as `choice_table`
    genes: pd.DataFrame  # as `gene_table`
    ranks: pd.DataFrame  # as `rank_table`
    counts: pd.DataFrame  # as `fold_counts`
    agreement: tuple[SelectionStability, ...] | None  # None: the run has not recorded how many genes it tested


def selection_files(run: Run) -> list[Path]:
    """The tables of chosen genes that a run has written so far."""
    return sorted((run.folder / "selectors").glob("*.parquet"))


def chose_once(run: Run) -> bool:
    """Whether the run's protocol chooses genes on all patients."""
    return run.config.rules.selection == "all"


def chosen_genes(run: Run) -> ChosenGenes:
    """The genes of a run.

    Raises:
        RunError: it has chosen none yet, or a table is damaged.
    """
    return _chosen_genes(str(run.folder), stamp(selection_files(run)))


@st.cache_resource(max_entries=8, show_spinner="Reading the chosen genes…")
def _chosen_genes(folder: str, of: Stamp) -> ChosenGenes:
    run = Run.open(Path(folder))
    selections = run.selections()
    if selections is None:
        raise RunError(f"Run {run.id} has chosen no genes yet: prepare or train it first.")
    folds = int(selections["fold"].nunique())
    return ChosenGenes(
        folds=folds,
        selections=selections,
        choices=choice_table(selections, run.config.omics.alpha),
        genes=gene_table(selections),
        ranks=rank_table(selections),
        counts=fold_counts(selections, folds),
        agreement=tuple(selection_stability(selections)) if "tested" in selections else None,
    )
