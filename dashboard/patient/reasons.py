"""What a patient's risk rests on: each part of the data left out in turn, and the genes that weigh most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.reasons import contributions_figure, genes_figure
from dashboard.elements import empty_state, errors_as_text, folded, plain, save_table, show_command, show_figure
from dashboard.not_explained import said_only_of_pomp
from dashboard.once import once
from dashboard.state import pick
from dashboard.words import PART_NAMES
from pomp.runs.run import Run
from pomp.wording import count

PARTS, GENES = "contributions", "gene_attributions"
SHOWN = 15
TYPE = "patient-type"
"""Name in the URL of the omics type whose genes are shown."""
OLDER = (
    "Older versions did not record this, and bundled runs leave out what is large. Make the run again to get it; it "
    "takes as long as the first time."
)


@errors_as_text()
def show_parts(run: Run, name: str) -> None:
    """What the risk would be without the slides, the omics, or one omics type."""
    st.header("What each part of the data adds")
    if said_only_of_pomp(run, "account of what each part of the data adds"):
        return
    table = data.run_table(run, PARTS)
    if table is None:
        empty_state("This run does not say what each part of the data adds.", OLDER)
        show_command(run.info.command, "contributions-again")
        return
    own = table[table["patient"] == name]
    if own.empty:
        st.caption("There is nothing to leave out: the risk of this patient rests on a single type of data.")
        return
    parts = part_table(own)
    show_figure(
        once(contributions_figure, parts), "contributions", parts, "Change of the risk score by each part of the data",
        command=run.info.command,
    )  # fmt: skip
    st.caption(
        "The risk score with everything, minus the score when the model is told that the part is missing. To the right "
        "of zero: the part raises this patient's risk; to the left: it lowers it. The bars need not add up to the risk "
        "score, because the model weighs the parts against each other."
    )


def part_table(own: pd.DataFrame) -> pd.DataFrame:
    """What raises the risk most first: part, without (risk score), difference, hazard (ratio with and without)."""
    ordered = own.sort_values("difference", ascending=False, ignore_index=True)
    return pd.DataFrame(
        {
            "part": [PART_NAMES.get(part, part) for part in ordered["part"]],
            "without": ordered["without"],
            "difference": ordered["difference"],
            "hazard": np.exp(ordered["difference"]),
        }
    )


@errors_as_text()
def show_genes(run: Run, name: str, fold: int) -> None:
    """The genes that weigh most, with the patient's value among the fold's patients."""
    st.header("Leading genes")
    if said_only_of_pomp(run, "account of the genes that a risk rests on"):
        return
    by_patient = _fold_genes(run, fold)
    if by_patient is None:
        empty_state("This run does not say which genes its risks rest on.", OLDER)
        show_command(run.info.command, "genes-again")
        return
    genes = by_patient.get(name)
    if genes is None:
        st.caption("This patient has no omics data that the model has read.")
        return
    types = [omics for omics in run.info.cohort.omics if omics in set(genes["type"])]
    chosen = types[0] if len(types) == 1 else pick("Omics type", types, TYPE)
    own = genes[genes["type"] == chosen]
    top = own.head(SHOWN)
    show_figure(
        once(genes_figure, top), "leading-genes", top, f"The {len(top)} genes that weigh most in the risk score",
        command=run.info.command,
    )  # fmt: skip
    st.caption(
        f"The {len(top)} of {count(len(own), 'gene')} of {plain(chosen)} that weigh most. Left: how much of the risk "
        "score is owed to this patient's value of the gene, compared with an average patient (integrated gradients). "
        "Right: the share of the fold's patients with a lower value. Genes that are measured together share their "
        "weight in any way: a gene here is a lead, not a proof."
    )
    show_all_genes(genes)


def show_all_genes(genes: pd.DataFrame) -> None:
    part = folded(f"All {count(len(genes), 'gene')}", "patient-genes")
    if part is None:
        return
    with part:
        st.dataframe(
            genes.round({"value": 3, "percentile": 0, "attribution": 5}), hide_index=True, height=320,
            alt="Every gene of the patient, the weightiest first",
            column_config={
                "type": "Type",
                "gene": "Gene",
                "value": st.column_config.NumberColumn(
                    "Value", format="%.2f", help="Standardised: 0 is the training patients' mean, 1 their deviation."
                ),
                "percentile": st.column_config.NumberColumn(
                    "Percentile", format="%.0f", help="Share of the fold's other patients with a lower value."
                ),
                "attribution": st.column_config.NumberColumn(
                    "Part of the risk", format="%.4f", help="Log relative hazard; above zero: raises the risk."
                ),
            },
        )  # fmt: skip
        save_table(genes, "all-genes")


def genes_by_patient(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A row a gene for each patient, those that weigh most first: type, gene, value, percentile, attribution.

    `percentile` is the share of the other patients with a lower value, in per cent; ties count half. Without others, it
    is nan.

    Args:
        table: a row a patient and gene of one fold: patient, type, gene, value, attribution.
    """
    values = table.groupby(["type", "gene"], sort=False, observed=True)["value"]
    others = values.transform("count") - 1
    percentile = 100 * (values.rank() - 1) / others.where(others > 0)
    full = table[["patient", "type", "gene", "value"]].assign(percentile=percentile, attribution=table["attribution"])
    full = full.sort_values("attribution", key=abs, ascending=False, kind="stable")
    return {
        str(name): rows.drop(columns="patient").reset_index(drop=True)
        for name, rows in full.groupby("patient", sort=False, observed=True)
    }


@data.kept_for(f"{GENES}.parquet", entries=8, spinner="Reading the genes…")
def _fold_genes(run: Run, fold: int) -> dict[str, pd.DataFrame] | None:
    table = data.run_table(run, GENES)
    return None if table is None else genes_by_patient(table[table["fold"] == fold])
