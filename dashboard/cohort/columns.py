"""Clinical columns as they are charted and filtered: numbers, or at most a dozen categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from pomp.data.clinical import find_spelling, is_stage, known_text, to_numbers
from pomp.data.cohort import Cohort
from pomp.data.outcome import LEFT_OUT, TIME_SUFFIX, list_endpoints
from pomp.wording import count

MOST_CATEGORIES = 12
NOT_RECORDED, OTHERS = "not recorded", "other values"
AGE, SEX = re.compile(r"\bage|^age", re.I), re.compile(r"^(sex|gender)$", re.I)
_DAYS = re.compile(r"(^|_)days(_|$)", re.I)


@dataclass(frozen=True, eq=False)
class ClinicalColumn:
    """A column of clinical.csv.

    `values` are float, NaN where not recorded or `odd`, if `categories` is empty; otherwise text, one of `categories`.
    """

    name: str
    values: pd.Series  # index: patient
    categories: tuple[str, ...]  # in the order of charts; `OTHERS` and `NOT_RECORDED` last
    odd: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))  # text among numbers; index: patient

    @property
    def numeric(self) -> bool:
        return not self.categories

    @property
    def unit(self) -> str:
        """'years' of an age, 'days' of a time; empty where the name does not tell."""
        if not self.numeric:
            return ""
        return "years" if AGE.search(self.name) else "days" if _DAYS.search(self.name) else ""

    @property
    def title(self) -> str:
        """'age at diagnosis (years)': the name with its unit, as axes show it."""
        words = self.name.replace("_", " ").strip() or self.name
        return f"{words} ({self.unit})" if self.unit else words

    def describe_numbers(self, patients: pd.Index) -> str:
        """'median 61 years · 2 patients not recorded · 1 patient not drawn: no number, such as "positive"'."""
        values, odd = self.values[patients], self.odd[self.odd.index.isin(patients)]
        missing = int(values.isna().sum()) - len(odd)
        middle = "no number recorded" if values.isna().all() else f"median {values.median():g} {self.unit}".strip()
        said = [middle, f"{count(missing, 'patient')} not recorded" if missing else ""]
        said.append(f'{count(len(odd), "patient")} not drawn: no number, such as "{odd.iloc[0]}"' if len(odd) else "")
        return " · ".join(filter(None, said))


def clinical_columns(cohort: Cohort) -> dict[str, ClinicalColumn]:
    """The columns of the cohort's clinical table that can be charted, by name; read once until its files change."""
    return _columns(cohort.digest, cohort)


@st.cache_resource(max_entries=8, show_spinner=False)
def _columns(digest: str, _cohort: Cohort) -> dict[str, ClinicalColumn]:
    return read_columns(_cohort.clinical)


def read_columns(clinical: pd.DataFrame) -> dict[str, ClinicalColumn]:
    """Every column but those of endpoints, of reasons for leaving out, of ids, without any value, and with commas of
    which nobody can tell what they are.

    What stands for no value, such as TCGA's ``[Not Available]``, counts as not recorded.

    Args:
        clinical: as of a `Cohort`.
    """
    endpoints = list_endpoints(map(str, clinical.columns))
    hidden = {LEFT_OUT, *endpoints, *(name + TIME_SUFFIX for name in endpoints)}
    found = (_read_column(str(name), clinical[name]) for name in clinical if str(name) not in hidden)
    return {column.name: column for column in found if column is not None}


def first_columns(columns: Sequence[str]) -> list[str]:
    """Age, sex and stage, as far as there are such columns."""
    found = (next(filter(speaks, columns), None) for speaks in (AGE.search, SEX.search, is_stage))
    return [name for name in found if name is not None]


def _read_column(name: str, cells: pd.Series) -> ClinicalColumn | None:
    text = known_text(cells)
    known = text.dropna()
    if known.empty:
        return None
    spelling = find_spelling(known)
    if spelling == "unclear":
        return None
    if spelling is not None:
        numbers = pd.Series(to_numbers(known, spelling), known.index)
        many = numbers.nunique() > MOST_CATEGORIES or (numbers.dropna() % 1 != 0).any()
        if many or AGE.search(name):
            return ClinicalColumn(name, numbers.reindex(cells.index), (), known[numbers.isna()])
        known = known.map(_whole)
    elif known.nunique() > MOST_CATEGORIES and known.is_unique:
        return None  # an id
    return _categorise(name, known, cells.index)


def _categorise(name: str, text: pd.Series, patients: pd.Index) -> ClinicalColumn:
    counts = text.value_counts()
    kept = counts.index if len(counts) <= MOST_CATEGORIES else counts.index[: MOST_CATEGORIES - 1]
    values = text.where(text.isin(kept), OTHERS).reindex(patients).fillna(NOT_RECORDED)
    order = sorted(map(str, kept), key=_sort_key)
    order += [extra for extra in (OTHERS, NOT_RECORDED) if (values == extra).any() and extra not in order]
    return ClinicalColumn(name, values, tuple(order))


def _whole(text: str) -> str:
    """'3' of '3.0'. What is no number, or a bound, stays a category of its own."""
    try:
        return f"{float(text):.0f}"
    except ValueError:
        return text


def _sort_key(text: str) -> tuple[float, str]:
    """Numbers by their size, then texts by the alphabet."""
    try:
        return float(text), ""
    except ValueError:
        return float("inf"), text
