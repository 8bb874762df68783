"""Patient by patient: a searchable table of who has what, of the patients that the filters let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.cohort.columns import ClinicalColumn
from dashboard.cohort.measured import unused_samples
from dashboard.cohort.open_patient import show_patient_table
from dashboard.elements import save_table
from dashboard.endpoints import describe_endpoint
from pomp.data.cohort import Cohort
from pomp.wording import DAYS_PER_YEAR, count

SEARCH = "cohort-find"
"""Name in the URL."""

LISTED = 200


def show_patients(
    cohort: Cohort, columns: Sequence[ClinicalColumn], patients: Sequence[str], has: Mapping[str, frozenset[str]]
) -> None:
    """The table, drawn anew alone when something is searched for."""
    st.header("Patient by patient")
    st.fragment(_show_table)(cohort, columns, patients, has)


def _show_table(
    cohort: Cohort, columns: Sequence[ClinicalColumn], patients: Sequence[str], has: Mapping[str, frozenset[str]]
) -> None:
    wanted = st.text_input(
        "Find a patient", key=SEARCH, type="search", placeholder="part of an id", width=320, bind="query-params"
    )
    text = (wanted or "").strip().casefold()
    table = patient_table(cohort, columns, [name for name in patients if text in name.casefold()], has)
    if table.empty:
        st.caption("None of the patients shown has that in the id.")
        return
    show_patient_table(
        table.head(LISTED), "list", cohort, alt="Patients with their follow-up and types of data", height=400,
        config=_config(cohort, table),
    )  # fmt: skip
    more = f" The first {LISTED} are listed; search, filter, or take the table for the others."
    st.caption(
        f"{count(len(table), 'patient')}. A click on a row opens the patient, if a finished run on this cohort has "
        f"them.{more if len(table) > LISTED else ''}"
    )
    save_table(table, "patients")


def patient_table(
    cohort: Cohort, columns: Sequence[ClinicalColumn], patients: Sequence[str], has: Mapping[str, frozenset[str]]
) -> pd.DataFrame:
    """patient, years, event, slides (how many), not_used (samples), a bool an omics type, then the clinical columns.

    Args:
        cohort: whose patients they are.
        columns: clinical columns to show.
        patients: the rows.
        has: who has each type of data.
    """
    outcome, index = cohort.outcome.loc[list(patients)], pd.Index(patients)
    slides = cohort.slides["patient"].value_counts()
    unused = unused_samples(cohort)["patient"].value_counts()
    table = pd.DataFrame(
        {"patient": index, "years": (outcome["time_days"] / DAYS_PER_YEAR).round(2), "event": outcome["event"]}
    ).set_axis(index)
    for name in cohort.omics:
        table[f"has {name}"] = index.isin(list(has[name]))
    table["slides"] = slides.reindex(index, fill_value=0)
    table["not_used"] = unused.reindex(index, fill_value=0)
    for column in columns:
        table[column.title] = column.values[index]
    return table.reset_index(drop=True)


def _config(cohort: Cohort, table: pd.DataFrame) -> dict[str, Any]:
    endpoint = describe_endpoint(cohort.endpoint)
    fixed: dict[str, Any] = {
        "patient": "Patient",
        "years": st.column_config.NumberColumn("Followed (years)", format="%.1f"),
        "event": st.column_config.CheckboxColumn(endpoint.event.capitalize(), help="Seen during follow-up."),
        "slides": st.column_config.NumberColumn("Slides", help="All of a patient's slides are read."),
        "not_used": st.column_config.NumberColumn(
            "Samples not used", help="Further samples or aliquots of the patient; see What was measured."
        ),
    }
    return fixed | {str(name): str(name)[4:] for name in table if str(name).startswith("has ")}
