"""Charts of the clinical columns that were chosen; a click on a bar filters by it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.cohort import bar_figure, bar_table, range_figure, range_table
from dashboard.cohort.columns import ClinicalColumn
from dashboard.cohort.filter_bar import set_filter
from dashboard.cohort.filters import Filters
from dashboard.elements import plain, show_figure
from dashboard.once import once

A_ROW = 3


def show_clinical(columns: Sequence[ClinicalColumn], patients: Sequence[str], filters: Filters) -> None:
    """A chart a column: the patients shown, over everybody where a filter is on."""
    st.header("Clinical overview")
    if not columns:
        st.caption("clinical.csv has no column beside the follow-up that could be charted.")
        return
    places = st.columns(A_ROW)
    for number, column in enumerate(columns):
        if number and number % A_ROW == 0:
            places = st.columns(A_ROW)
        with places[number % A_ROW]:
            _show_column(column, f"clinical-{number + 1}", patients, filters)
    over = " Grey: everybody in the cohort." if filters.active else ""
    st.caption(f"A click on a bar shows these patients alone; the filters above take it back.{over}")


def _show_column(column: ClinicalColumn, name: str, patients: Sequence[str], filters: Filters) -> None:
    shown = pd.Index(patients)
    st.markdown(f"**{plain(column.title)}**")
    if column.numeric:
        table = range_table(column.values, shown)
        figure = once(range_figure, table, column.title, filters.between.get(column.name, ()), filters.active)
    else:
        table = bar_table(column.values, column.categories, shown)
        figure = once(bar_figure, table, filters.among.get(column.name, ()), filters.active)
    clicked = show_figure(figure, name, table, f"Patients by {column.title}", select=True)
    if clicked:
        set_filter(column, clicked[0])
    if column.numeric:
        st.caption(plain(column.describe_numbers(shown)))
