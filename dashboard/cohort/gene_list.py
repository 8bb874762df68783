"""The genes themselves, searchable: in how many folds each was chosen, and its rank in each of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.cohort.chosen_genes import ChosenGenes, chose_once
from dashboard.elements import COUNT, save_table
from dashboard.state import pick
from dashboard.words import SELECTORS
from pomp.runs.run import Run
from pomp.wording import count

GENE, TYPE = "gene", "gene-type"
"""Names in the URL."""

EVERY_TYPE = "All types"
LISTED = 200


def show_genes(run: Run, chosen: ChosenGenes) -> None:
    """The list, drawn anew alone when something is searched for."""
    st.markdown("**The genes**")
    st.fragment(_show_list)(run, chosen)


def _show_list(run: Run, chosen: ChosenGenes) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            "Find a gene", key=GENE, type="search", placeholder="part of a name", width=320, bind="query-params",
            help="Searches every gene that reached the ranking in any fold, chosen or not.",
        )  # fmt: skip
        with st.container(width=240):
            omics = pick("Type", [EVERY_TYPE, *map(str, chosen.genes["omics"].unique())], TYPE)
    text = (wanted or "").strip()
    found = find_genes(chosen.genes, text, None if omics == EVERY_TYPE else omics)
    if found.empty:
        st.caption(
            "No gene of that name reached the ranking: it is not in the tables, hardly varies, or does not differ."
        )
        return
    once = chose_once(run)
    table = found.drop(columns=["folds", "ranked"]) if once else found.merge(chosen.ranks, on=["omics", "gene"])
    st.dataframe(
        table.head(LISTED), hide_index=True, alt="Genes with the folds that chose them and their rank in each",
        height=400 if len(table) > 10 else "content", placeholder="–", column_config=_config(run, once, table),
    )  # fmt: skip
    said = [f"{count(len(found), 'gene')}{' found' if text else ' chosen at least once'}."]
    if len(found) > LISTED:
        said.append(f"The first {LISTED} are listed; search for others, or take the table.")
    if not once:
        said.append(
            f"A rank of {run.config.omics.genes:,} or better was chosen; a dash: the gene did not reach the ranking."
        )
    st.caption(" ".join(said))
    save_table(table, f"genes-{run.id}")


def find_genes(genes: pd.DataFrame, text: str, omics: str | None) -> pd.DataFrame:
    """Genes whose name holds a text, in any case; without one, those that were chosen at least once.

    Args:
        genes: as `gene_table` makes it.
        text: part of a name; empty: any.
        omics: the type; None: all.
    """
    found = genes[genes["gene"].str.contains(text, case=False, regex=False) if text else genes["folds"] > 0]
    return found if omics is None else found[found["omics"] == omics]


def _config(run: Run, once: bool, table: pd.DataFrame) -> dict[str, Any]:
    ranks: dict[str, Any] = {
        str(name): st.column_config.NumberColumn(
            str(name).capitalize(), format=COUNT, help="Rank in this fold; 1 is best."
        )
        for name in table
        if str(name).startswith("fold ")
    }
    return ranks | {
        "omics": "Type",
        "gene": "Gene",
        "folds": st.column_config.NumberColumn("Chosen in", help="Folds that chose the gene."),
        "ranked": st.column_config.NumberColumn("Ranked in", help="Folds in which it reached the ranking."),
        "mean_rank": st.column_config.NumberColumn(
            "Rank" if once else "Mean rank", format="%,.1f", help="1 is best; over the folds that ranked it."
        ),
        "mean_importance": st.column_config.NumberColumn(
            "Importance" if once else "Mean importance", format="%.2g", help=SELECTORS[run.config.omics.selector]
        ),
        "lowest_q": st.column_config.NumberColumn(
            "q" if once else "Lowest q", format="%.2g", help="False discovery rate of the differential test."
        ),
    }
