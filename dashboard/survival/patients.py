"""The Survival page's patients: everybody with a risk, to sort, to search and to open."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.elements import save_table
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.survival.open_patient import open_patient
from pomp.runs.run import Run
from pomp.wording import DAYS_PER_YEAR, count

SEARCH = "survival-find"
"""Name in the URL."""
LISTED = 1000


def show_patients(run: Run) -> None:
    """The table, the highest risk first; a click on a row opens the patient."""
    endpoint = describe_endpoint(run.info.cohort.endpoint)
    wanted = st.text_input(
        "Find a patient", key=SEARCH, type="search", placeholder="part of an id", width=320, bind="query-params"
    )
    text = (wanted or "").strip().casefold()
    table = patient_table(data.predictions(run))
    found = table[[text in name.casefold() for name in table["patient"]]]
    if found.empty:
        st.caption("No patient of this run has that in the id.")
        return
    shown = found.head(LISTED)
    height: int | Literal["content"] = 520 if len(shown) > 13 else "content"
    event = st.dataframe(
        shown, hide_index=True, height=height, on_select="rerun",
        selection_mode="single-row", key=f"survival-patients-{run.id}-{text}", column_config=_columns(endpoint),
        alt="Every patient's risk, group and follow-up",
    )  # fmt: skip
    more = f" The first {LISTED:,} are listed; search, or take the table for the others." if len(found) > LISTED else ""
    st.caption(
        f"{count(len(found), 'patient')}, each with the risk by the model that was not trained on them. A click on the "
        "left of a row opens the patient; a click on a heading sorts. Risks of different folds come from different "
        f"models.{more}"
    )
    save_table(found, f"patients-{run.id}")
    if event.selection.rows:
        open_patient(str(shown["patient"].iloc[event.selection.rows[0]]))


def patient_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """A row a patient, the highest risk first: patient, risk, cutoff, group, years, event, fold (from 1)."""
    table = pd.DataFrame(
        {
            "patient": predictions["patient"].astype(str),
            "risk": predictions["risk"].astype("float32").round(3),
            "cutoff": predictions["cutoff"].astype("float32").round(3),
            "group": predictions["high_risk"].map({True: "high risk", False: "low risk"}).astype("category"),
            "years": (predictions["time_days"] / DAYS_PER_YEAR).astype("float32").round(2),
            "event": predictions["event"].astype(bool),
            "fold": (predictions["fold"] + 1).astype("int16"),
        }
    )
    return table.sort_values(["risk", "patient"], ascending=[False, True], ignore_index=True)


def _columns(endpoint: Endpoint) -> dict[str, Any]:
    number, check = st.column_config.NumberColumn, st.column_config.CheckboxColumn
    return {
        "patient": "Patient",
        "risk": number("Risk", format="%+.3f", help="Log relative hazard: 0.7 more means twice the hazard."),
        "cutoff": number("Cut", format="%+.3f", help="The median risk of the fold's training patients."),
        "group": st.column_config.TextColumn("Group", help="High: the risk is above the cut."),
        "years": number("Followed (years)", format="%.1f"),
        "event": check(endpoint.event.capitalize(), help="Seen during follow-up."),
        "fold": number("Fold", help="In which the patient was tested."),
    }
