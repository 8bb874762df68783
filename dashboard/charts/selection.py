"""Figures and tables of the genes that the folds of a run chose."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import SERIES, TEMPLATE
from pomp.evaluation.stability import SelectionStability


def gene_table(selections: pd.DataFrame) -> pd.DataFrame:
    """One row a gene that reached the ranking in any fold, most often chosen first.

    Args:
        selections: rows of every fold's selection, with its `fold`: omics, gene, fold, q_value, importance, rank,
            selected.

    Returns:
        omics, gene, folds (in how many it was chosen), ranked (in how many it reached the ranking), and over those:
        mean_rank, mean_importance, lowest_q.
    """
    groups = selections.groupby(["omics", "gene"], sort=False, observed=True)
    table = groups.agg(
        folds=("selected", "sum"), ranked=("rank", "size"), mean_rank=("rank", "mean"),
        mean_importance=("importance", "mean"), lowest_q=("q_value", "min"),
    ).reset_index()  # fmt: skip
    return table.sort_values(["folds", "mean_rank", "gene"], ascending=[False, True, True], ignore_index=True)


def rank_table(selections: pd.DataFrame) -> pd.DataFrame:
    """The rank of each gene in each fold, missing where it did not reach the ranking: omics, gene, fold 1, fold 2, …

    Args:
        selections: as in `gene_table`.
    """
    ranks = selections.pivot_table(index=["omics", "gene"], columns="fold", values="rank", sort=False, observed=True)
    ranks = ranks.sort_index(axis=1).astype("Int64")
    return ranks.set_axis([f"fold {int(fold) + 1}" for fold in ranks.columns], axis=1).reset_index()


def fold_counts(selections: pd.DataFrame, folds: int) -> pd.DataFrame:
    """How many genes of each type were chosen in exactly so many folds: omics, folds (from all down to 1), genes.

    Args:
        selections: as in `gene_table`.
        folds: of the run.
    """
    chosen = selections[selections["selected"]]
    times = chosen.groupby(["omics", "gene"], sort=False, observed=True).size().rename("folds")
    counts = times.groupby(["omics", times]).size()
    types = selections["omics"].unique()
    rows = [(omics, k, int(counts.get((omics, k), 0))) for omics in types for k in range(folds, 0, -1)]
    return pd.DataFrame(rows, columns=["omics", "folds", "genes"])


def stability_table(found: Sequence[SelectionStability]) -> pd.DataFrame:
    """A row an omics type: omics, chosen (genes a fold), always (genes that every fold chose), shared and by_chance
    (of the genes of a fold, the share that another chose too), stability (Nogueira's index), lower, upper (95 %).
    """
    rows = [
        (one.omics, one.chosen, sum(times == one.sets for times in one.times_chosen.values()), one.overlap,
         one.expected_overlap, one.index, one.interval.lower, one.interval.upper)
        for one in found
    ]  # fmt: skip
    names = ["omics", "chosen", "always", "shared", "by_chance", "stability", "lower", "upper"]
    return pd.DataFrame(rows, columns=names)


def beside_paper(honest: pd.DataFrame, paper: pd.DataFrame, folds: int) -> pd.DataFrame:
    """The genes chosen once on all patients, by how many honest folds chose them: omics, folds (down to 0), genes.

    Args:
        honest: genes of the honest run, as `gene_table` makes them.
        paper: selection of the run that chose once.
        folds: of the honest run.
    """
    chosen = paper.loc[paper["selected"], ["omics", "gene"]].merge(honest[["omics", "gene", "folds"]], how="left")
    chosen["folds"] = chosen["folds"].fillna(0).astype(int)
    counts = chosen.groupby(["omics", "folds"], sort=False, observed=True).size()
    types = chosen["omics"].unique()
    rows = [(omics, k, int(counts.get((omics, k), 0))) for omics in types for k in range(folds, -1, -1)]
    return pd.DataFrame(rows, columns=["omics", "folds", "genes"])


def choice_table(selections: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """How each fold chose, one row an omics type and fold: omics, fold, contrast, test, tested, passed, chosen.

    `fold` counts from 1 and is 'all patients' where genes were chosen once.

    Args:
        selections: as in `gene_table`; `tested` is missing where an older run has not recorded it.
        alpha: false discovery rate below which a gene passed the test.
    """
    rows = []
    for (omics, _), part in selections.groupby(["omics", "fold"], sort=False, observed=True):
        fold = int(part["fold"].iloc[0])
        tests = " and ".join(sorted(part["test"].unique()))
        tested = int(part["tested"].iloc[0]) if "tested" in part else None
        passed, chosen = int((part["q_value"] < alpha).sum()), int(part["selected"].sum())
        label = "all patients" if fold < 0 else str(fold + 1)
        rows.append((omics, label, part["contrast"].iloc[0], tests, tested, passed, chosen))
    table = pd.DataFrame(rows, columns=["omics", "fold", "contrast", "test", "tested", "passed", "chosen"])
    return table.astype({"tested": "Int64"})


def stability_figure(counts: pd.DataFrame, folds: int) -> go.Figure:
    """Genes by the number of folds that chose them, a colour an omics type.

    Args:
        counts: as `fold_counts` makes it.
        folds: of the run.
    """
    figure = go.Figure()
    for place, (omics, rows) in enumerate(counts.groupby("omics", sort=False)):
        figure.add_bar(
            x=rows["folds"].astype(str), y=rows["genes"], texttemplate="%{y:,}", name=escape(str(omics)),
            marker_color=SERIES[place % len(SERIES)], textposition="outside", cliponaxis=False,
            hovertemplate="chosen in %{x} of " + str(folds) + " folds: %{y:,} genes<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text="Folds that chose the gene", type="category")
    figure.update_yaxes(title_text="Genes")
    figure.update_layout(template=TEMPLATE, height=340, barmode="group", showlegend=True)
    return figure
