"""The patients most like one, as pre-training sees them, and what became of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import empty_state, errors_as_text, save_table, show_command
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.not_explained import said_only_of_pomp
from dashboard.state import PATIENT, go
from dashboard.words import follow_up
from pomp.evaluation.similarity import Floats, patient_similarity
from pomp.runs.run import Run

EMBEDDINGS = "embeddings"
MODALITIES = {"pathology": "slides", "omics": "omics"}
SHOWN = 8


@errors_as_text()
def show_alike(run: Run, fold: pd.DataFrame, patient: pd.Series) -> None:
    """The most similar patients of the fold; one that is selected is opened."""
    st.header("Similar patients")
    if said_only_of_pomp(run, "space in which patients are compared"):
        return
    if run.config.model.modalities != "both":
        st.caption("Patients are compared by what pre-training made of slides and omics: this run has not read both.")
        return
    likeness = _likeness(run, int(patient["fold"]))
    if likeness is None:
        empty_state(
            "This run does not say who is similar to whom.",
            "Older versions did not record it. Make the run again to get it; it takes as long as the first time.",
        )
        show_command(run.info.command, "alike-again")
        return
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    table = alike_table(likeness, fold, str(patient["patient"]), endpoint).head(SHOWN)
    if table.empty:
        st.caption("No other patient of this fold has the same kind of data.")
        return
    # The name is in the key, as in the strip: the row that was selected for one patient is none of the next one's.
    chosen = st.dataframe(
        table, hide_index=True, key=f"alike-{patient['patient']}", on_select="rerun", selection_mode="single-row",
        alt="The most similar patients of the fold, with their outcome",
        column_config={
            "patient": "Patient",
            "likeness": st.column_config.NumberColumn(
                "Likeness", format="%.2f", help="Mean cosine over what is compared: 1 is the same, 0 unrelated."
            ),
            "compared": st.column_config.TextColumn("Compared on", help="What both patients have."),
            "outcome": "Outcome",
            "risk": st.column_config.NumberColumn("Risk", format="%+.3f"),
            "group": "Group",
        },
    ).selection.rows  # fmt: skip
    save_table(table, "similar-patients")
    st.caption(
        f"Patients of fold {int(patient['fold']) + 1} whose slides and omics look most alike to the pre-trained model, "
        "before it learnt anything about survival. Select a row to open that patient."
    )
    if chosen:
        go(**{PATIENT: str(table["patient"].iloc[chosen[0]])})


def alike_table(
    likeness: tuple[tuple[str, ...], Floats, Floats], fold: pd.DataFrame, name: str, endpoint: Endpoint
) -> pd.DataFrame:
    """The other patients of the fold, the most similar first: patient, likeness, compared, outcome, risk, group.

    Args:
        likeness: as `compare` makes it.
        fold: a row a patient: patient, risk, high_risk, time_days, event.
        name: of the patient to whom they are similar.
        endpoint: what the event is.
    """
    names, cosines, has = likeness
    if name not in names:
        return pd.DataFrame()
    own = names.index(name)
    both = has & has[own]
    kinds = list(MODALITIES.values())
    compared = [" and ".join(kind for kind, there in zip(kinds, row, strict=True) if there) for row in both]
    table = pd.DataFrame({"patient": names, "likeness": cosines[own], "compared": compared}).drop(own)
    table = table.dropna(subset="likeness").merge(fold, on="patient")
    outcome = [
        f"{endpoint.event if event else endpoint.free} after {follow_up(days)}"
        for event, days in zip(table["event"], table["time_days"], strict=True)
    ]
    table = table.assign(outcome=outcome, group=np.where(table["high_risk"], "high risk", "low risk"))
    table = table.sort_values(["likeness", "patient"], ascending=[False, True], ignore_index=True)
    return table[["patient", "outcome", "likeness", "risk", "group", "compared"]]


def compare(table: pd.DataFrame) -> tuple[tuple[str, ...], Floats, Floats]:
    """Names of the N patients, (N, N) likeness, and (N, 2) True where a patient has slides and omics.

    Args:
        table: of one fold: patient, and lists of numbers or None in pathology and omics.
    """
    has = table[list(MODALITIES)].notna().to_numpy()
    vectors = [_stacked(table[modality]) for modality in MODALITIES if table[modality].notna().any()]
    likeness = patient_similarity(vectors) if vectors else np.full((len(table), len(table)), np.nan)
    return tuple(map(str, table["patient"])), likeness, has


def _stacked(lists: pd.Series) -> Floats:
    width = len(lists.dropna().iloc[0])
    return np.array([np.full(width, np.nan) if one is None else one for one in lists], dtype=float)


@data.kept_for(f"{EMBEDDINGS}.parquet", entries=32)
def _likeness(run: Run, fold: int) -> tuple[tuple[str, ...], Floats, Floats] | None:
    table = data.run_table(run, EMBEDDINGS)
    return None if table is None else compare(table[table["fold"] == fold])
