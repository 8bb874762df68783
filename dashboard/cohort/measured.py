"""What was measured: the omics tables, who has which of them, and which samples nothing reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.charts.cohort import modality_figure, modality_table
from dashboard.cohort.open_patient import show_patient_table
from dashboard.elements import folded, save_table, show_figure
from dashboard.once import once
from dashboard.small_table import show_small_table
from dashboard.words import KINDS
from pomp.data.cohort import Cohort
from pomp.wording import count


def show_measured(cohort: Cohort, patients: Sequence[str], has: Mapping[str, frozenset[str]]) -> None:
    """The tables as they are, and which of the patients shown have which of them."""
    st.header("What was measured")
    left, right = st.columns([3, 2])
    with left:
        _show_tables(cohort)
        _show_unused(cohort)
    with right:
        table = once(modality_table, patients, has)
        show_figure(once(modality_figure, table), "modalities", table, "Which patients have which types of data")
        st.caption("Each row is a group of patients with the same data. Blue: they have it.")


def _show_tables(cohort: Cohort) -> None:
    table = data.omics_overview(cohort)
    shown = pd.DataFrame(
        {
            "Type": table["type"],
            "Patients": table["patients"],
            "Genes": table["genes"],
            "Missing": 100 * table["missing"],
            "Values": table["values"].map(KINDS),
            "Normal samples": table["normals"],
        }
    )
    show_small_table(
        shown,
        formats={"Patients": "{:,}", "Genes": "{:,}", "Missing": "{:.1f} %", "Normal samples": "{:,}"},
        explain={
            "Genes": "columns, which are genes, microRNAs or sites.",
            "Missing": "share of empty cells. They are imputed within each fold.",
            "Values": "what the numbers of the table are.",
            "Normal samples": "healthy tissue in the same table, for the differential test.",
        },
    )
    save_table(table, "omics-types")


def unused_samples(cohort: Cohort) -> pd.DataFrame:
    """type, sample, patient, used (in its place; empty: none), reason; a row a sample that nothing reads."""
    rows = [
        (name, one.sample, one.patient, one.used, one.reason)
        for name, table in cohort.omics.items()
        for one in table.unused
    ]
    return pd.DataFrame(rows, columns=["type", "sample", "patient", "used", "reason"])


def _show_unused(cohort: Cohort) -> None:
    """Duplicates, and samples of another kind: one sample a patient is read."""
    table = unused_samples(cohort)
    several = cohort.slides["patient"].value_counts()
    many = int((several > 1).sum())
    if table.empty:
        st.caption("One sample a patient in every table: there was no duplicate to choose from.")
    elif part := folded(f"{count(len(table), 'sample')} not used", "cohort-unused", ":material/content_copy:"):
        with part:
            _show_samples(table, cohort)
    if many:
        st.caption(f"{count(many, 'patient')} have more than one slide: all of a patient's slides are read.")


def _show_samples(table: pd.DataFrame, cohort: Cohort) -> None:
    st.markdown("Of each patient one tumour sample is read, and of each normal sample one aliquot.")
    show_patient_table(
        table, "unused", cohort, alt="Samples that are not used, with the reason", height=240,
        config={
            "type": "Type", "sample": "Sample", "patient": "Patient", "reason": "Why",
            "used": st.column_config.TextColumn("Used instead", help="Empty: nothing takes its place."),
        },
    )  # fmt: skip
    save_table(table, "samples-not-used")
