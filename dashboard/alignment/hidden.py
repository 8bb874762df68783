"""Masked omics modelling: how well an omics type that was hidden is predicted from the rest."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.alignment.scores import reconstructed, spread_table
from dashboard.charts.alignment import correlation_figure, reconstruction_figure
from dashboard.elements import empty_state, plain, save_table, show_command, show_figure
from dashboard.not_explained import said_only_of_pomp
from dashboard.once import once
from dashboard.small_table import show_small_table
from dashboard.state import PATIENT, pick
from pomp.runs.run import Run
from pomp.wording import count, number

TYPE = "alignment-type"
"""Name in the URL of the omics type that was hidden."""
OTHERS = "r with predictions for others"


def show_hidden(run: Run) -> None:
    """A patient's hidden type beside its prediction, and the correlations of all patients."""
    if said_only_of_pomp(run, "picture of how hidden omics are predicted"):
        return
    found = reconstructed(run)
    if found is None:
        empty_state(
            "This run has not recorded how hidden omics are predicted.",
            "Older versions did not, bundled runs leave out what is large, and a run that reads slides alone has "
            "nothing to hide. Make a run with omics again to get it; it takes as long as the first time.",
        )
        show_command(run.info.command, "hidden-again")
        return
    if found.scores.empty:
        empty_state(
            "No patient has anything from which a hidden type could be predicted.",
            "It takes two omics types, or one and a slide. Choose another run above.",
        )
        return
    places = st.columns([2, 3])
    with places[0]:
        name = pick("Patient", sorted(found.scores["patient"].unique()), PATIENT, explain="Type to search.")
    own = found.scores[found.scores["patient"] == name]
    with places[1]:
        omics = pick(
            "Hidden omics type", [name for name in run.info.cohort.omics if name in set(own["type"])], TYPE,
            explain="All genes of this type were hidden from the model, which predicted them from the patient's slides "
            "and other omics types.",
        )  # fmt: skip
    show_correlations(own)
    left, right = st.columns(2, gap="large")
    with left:
        show_genes(run, found.genes[name, omics], name, omics)
    with right:
        show_spread(run, found.scores, own)


def show_correlations(own: pd.DataFrame) -> None:
    """A row for each type that can be hidden of the patient."""
    names = {
        "type": "Hidden type",
        "pearson": "Pearson's r",
        "spearman": "Spearman's ρ",
        "others": "r with predictions for others",
    }
    table = own[list(names)].rename(columns=names)
    columns = list(names.values())[1:]
    table[columns] = table[columns].map(lambda value: number(value, 2))
    show_small_table(
        table,
        formats=dict.fromkeys(columns, "{}"),
        explain={
            "Pearson's r": "correlation of predicted and observed values over the genes of the type: 1 is perfect, 0 "
            "nothing. Values are standardised, so that the average profile, which is 0 for every gene, earns nothing.",
            "Spearman's ρ": "the same by ranks: a few extreme genes do not decide it.",
            OTHERS: "the mean correlation of this patient's values with what was predicted for the fold's other "
            "patients. Only what r has beyond it is about this patient.",
        },
    )


def show_genes(run: Run, genes: pd.DataFrame, name: str, omics: str) -> None:
    st.header("Gene by gene")
    show_figure(
        once(reconstruction_figure, genes), "reconstruction", genes, "Predicted against observed value of each gene",
        command=run.info.command,
    )  # fmt: skip
    st.caption(
        f"{count(len(genes), 'gene')} of {plain(omics)} of {plain(name)}, predicted by the pre-trained model of a fold "
        "while the whole type was hidden from it. On the dotted line, the prediction is what was observed."
    )


def show_spread(run: Run, scores: pd.DataFrame, own: pd.DataFrame) -> None:
    st.header("All test patients")
    spread = spread_table(scores)
    show_figure(
        once(correlation_figure, spread, own), "reconstruction-spread", spread,
        "Correlation of predicted and observed values over all test patients, by omics type", command=run.info.command,
    )  # fmt: skip
    st.caption(
        "Boxes: the middle half of the patients; whiskers: the middle 90 %. Blue: a patient's values and what was "
        "predicted for that patient. Grey: and what was predicted for others. Where the two are alike, the model "
        "predicts the same profile for everybody."
    )
    st.caption("The correlations of every patient:")
    save_table(scores, "reconstruction-scores")
