"""The filters of the Cohort page: widgets whose choices stand in the URL, and what a click on a chart sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.cohort.columns import ClinicalColumn, first_columns
from dashboard.cohort.filters import Filters, Range
from dashboard.elements import plain
from dashboard.endpoints import Endpoint, describe_endpoint
from dashboard.missed import misses_said_in
from dashboard.state import between, go, pick_many, switch
from dashboard.words import DAYS_PER_MONTH
from pomp.data.cohort import Cohort
from pomp.wording import count

COLUMNS, EVENT, FOLLOWED, HAS, LACKS = "cohort-columns", "cohort-event", "cohort-followed", "cohort-has", "cohort-lacks"
"""Names in the URL."""

EVERYBODY = "Everybody"
_A_ROW = 3
_STEPS = 100


@dataclass(frozen=True)
class Limits:
    """Where a range slider begins and ends, in whole numbers where the values are."""

    lowest: float
    highest: float
    step: float

    @classmethod
    def of(cls, values: pd.Series) -> Limits | None:
        """None where there are not two different numbers."""
        known = values[values.map(math.isfinite)]
        if known.nunique() < 2:
            return None
        low, high = float(known.min()), float(known.max())
        if (known % 1 == 0).all() or high - low > _STEPS:
            return cls(math.floor(low), math.ceil(high), 1)
        step = 10.0 ** math.floor(math.log10((high - low) / _STEPS * 5))
        return cls(round(math.floor(low / step) * step, 10), round(math.ceil(high / step) * step, 10), step)


def filter_key(column: str) -> str:
    """Name in the URL of the filter by a clinical column."""
    return f"cohort-is-{column}"


def set_filter(column: ClinicalColumn, chosen: Sequence[object]) -> None:
    """Filter by what was clicked in a column's chart: one category, or the two ends of a bin, which lacks its upper."""
    limits = Limits.of(column.values) if column.numeric else None
    wanted: object = list(chosen)
    if limits is not None:
        low, high = (float(str(end)) for end in chosen)
        high -= 1 if (column.values.dropna() % 1 == 0).all() else 0
        kind = type(limits.lowest)
        wanted = (kind(max(low, limits.lowest)), kind(min(high, limits.highest)))
    if st.session_state.get(filter_key(column.name)) != wanted:
        go(**{filter_key(column.name): wanted})


def ask_filters(
    cohort: Cohort, columns: Mapping[str, ClinicalColumn], modalities: Sequence[str]
) -> tuple[Filters, list[ClinicalColumn]]:
    """The widgets, the filters that they make, and the clinical columns to be charted."""
    endpoint = describe_endpoint(cohort.endpoint)
    popover = st.popover("Filter patients and choose columns", icon=":material/filter_alt:", key="cohort-filters")
    with misses_said_in(st.container()), popover:
        first = first_columns(list(columns))
        chosen = pick_many(
            "Clinical columns", list(columns), COLUMNS, empty=", ".join(first) or "none",
            explain="Each is charted in the part Clinical and survival, and can be filtered by. Columns are named as "
            "in clinical.csv.",
        )  # fmt: skip
        shown = [columns[name] for name in chosen or first]
        event = _ask_event(endpoint)  # the whole width: buttons side by side are cut off where it is too narrow
        followed = _ask_followed(cohort)
        places = st.columns(2)
        with places[0]:
            has = _ask_modalities("Have data of type", modalities, HAS, "Patients with all of these types of data.")
        with places[1]:
            lacks = _ask_modalities(
                "Lack data of type", modalities, LACKS, "Patients with none of these types of data."
            )
        among, between = _ask_columns(shown)
    return Filters(event, followed, has, lacks, among, between), shown


def show_filtered(cohort: Cohort, patients: Sequence[str], filters: Filters, charted: Sequence[ClinicalColumn]) -> None:
    """How many patients are shown and, if not all, the way back."""
    kept = len(cohort.patients)
    if not filters.active:
        st.caption(f"{count(kept, 'patient')} shown: the whole cohort.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(patients):,} of {count(kept, 'patient')} shown**", width="content")
        st.button(
            "Clear filters", icon=":material/filter_alt_off:", key="cohort-clear", on_click=_clear,
            args=(_cleared(cohort, charted),),
        )  # fmt: skip
        st.caption("Filters change what this page shows, never on whom a model is trained.", width="content")


def _ask_event(endpoint: Endpoint) -> bool | None:
    options = [EVERYBODY, f"With {endpoint.event}", f"Without {endpoint.event}"]
    title = plain(endpoint.name[:1].upper() + endpoint.name[1:])  # cohort.toml may name any
    chosen = switch(title, options, EVENT, explain="By what was seen during follow-up.")
    return {options[1]: True, options[2]: False}.get(chosen)


def _ask_followed(cohort: Cohort) -> Range | None:
    limits = _followed_limits(cohort)
    if limits is None:
        return None
    found = _ask_range("Followed for (months)", FOLLOWED, limits)
    return None if found is None else (found[0] * DAYS_PER_MONTH, found[1] * DAYS_PER_MONTH)


def _followed_limits(cohort: Cohort) -> Limits | None:
    """Whole months from before the shortest follow-up to after the longest."""
    months = cohort.outcome["time_days"] / DAYS_PER_MONTH
    low, high = math.floor(months.min()), math.floor(months.max()) + 1
    return Limits(low, high, 1) if len(months) > 1 else None


def _ask_modalities(label: str, modalities: Sequence[str], key: str, explain: str) -> tuple[str, ...]:
    return tuple(pick_many(label, modalities, key, explain=explain, empty="any"))


def _ask_columns(shown: Sequence[ClinicalColumn]) -> tuple[dict[str, tuple[str, ...]], dict[str, Range]]:
    among: dict[str, tuple[str, ...]] = {}
    between: dict[str, Range] = {}
    for start in range(0, len(shown), _A_ROW):
        for place, column in zip(st.columns(_A_ROW), shown[start : start + _A_ROW], strict=False):
            with place:
                if not column.numeric:
                    chosen = pick_many(plain(column.title), column.categories, filter_key(column.name), empty="any")
                    among |= {column.name: tuple(chosen)} if chosen else {}
                elif limits := Limits.of(column.values):
                    found = _ask_range(plain(column.title), filter_key(column.name), limits)
                    between |= {column.name: found} if found else {}
    return among, between


def _ask_range(label: str, key: str, limits: Limits) -> Range | None:
    """A slider with two ends; None while it spans everything."""
    low, high = limits.lowest, limits.highest
    first, last = between(label, key, lowest=low, highest=high, step=limits.step)
    return None if (first, last) == (low, high) else (float(first), float(last))


def _cleared(cohort: Cohort, shown: Sequence[ClinicalColumn]) -> dict[str, object]:
    """What every widget holds while it filters nothing, by its name in the URL."""
    held: dict[str, object] = {EVENT: EVERYBODY, HAS: [], LACKS: []}
    ranges = {FOLLOWED: _followed_limits(cohort)}
    for column in shown:
        if column.numeric:
            ranges[filter_key(column.name)] = Limits.of(column.values)
        else:
            held[filter_key(column.name)] = []
    return held | {key: (limits.lowest, limits.highest) for key, limits in ranges.items() if limits}


def _clear(held: Mapping[str, object]) -> None:
    for key, value in held.items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value
