"""Follow-up: an endpoint of clinical.csv → time in days and whether the event was seen."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pomp.data.problems import LISTED, Problems
from pomp.data.readers.table import RawTable

TIME_SUFFIX = ".time"
LEFT_OUT = "left_out"
"""A column of clinical.csv: any text in it, which should be the reason, keeps the patient out of the analysis."""

REDACTION = "Redaction"
"""A column of TCGA's clinical data resource (Liu et al., Cell 2018): patients whom TCGA withdrew."""

SHORTEST_STUDY = 400.0
"""Days. Where nobody was followed for longer, the times are months or years: 400 months are 33 years."""

LONGEST_LIFE = 36_525.0
"""Days: a hundred years."""

DAYS_PER_MONTH, DAYS_PER_YEAR = 30.44, 365.25

_TELLING = 20  # patients
_PAIRS = ({"0", "1"}, {"no", "yes"}, {"n", "y"}, {"false", "true"})


def list_endpoints(columns: Iterable[str]) -> list[str]:
    """The endpoints that have both columns, ``OS`` and ``OS.time``, sorted."""
    names = set(columns)
    return sorted(name for name in names if f"{name}{TIME_SUFFIX}" in names)


def read_outcome(table: RawTable, patients: list[str], endpoint: str, problems: Problems) -> pd.DataFrame | None:
    """time_days and event of every row of clinical.csv, both float with NaN where not recorded, index patient.

    None if the endpoint's columns are not there. Values that cannot be are added to `problems`.
    """
    missing = [name for name in (endpoint, endpoint + TIME_SUFFIX) if name not in table.columns]
    if missing:
        known = ", ".join(list_endpoints(table.columns)) or "none: each needs a column <endpoint> and <endpoint>.time"
        problems.error(
            table.file,
            f"endpoint '{endpoint}' needs the column {' and '.join(missing)}, which is not there. Endpoints there: "
            f"{known}. Choose one of them as endpoint.",
        )
        return None
    _report_marks(table, problems)
    event = _read_numbers(
        table,
        endpoint,
        "is no event: write 1 where it was seen (dead), 0 where not (alive), nothing where unknown.",
        problems,
    )
    wrong = ~np.isnan(event) & ~np.isin(event, (0.0, 1.0))
    _report(table, endpoint, wrong, "is no event: 1 means that it was seen, 0 that it was not.", problems)
    time = _read_numbers(
        table, endpoint + TIME_SUFFIX, "is no number of days. Leave the cell empty where it is not known.", problems
    )
    wrong = (time < 0) | np.isinf(time)
    _report(table, endpoint + TIME_SUFFIX, wrong, "is no time: days from diagnosis are 0 or more.", problems)
    _report_unit(table.file, endpoint + TIME_SUFFIX, time[np.isfinite(time) & (time >= 0)], problems)
    return pd.DataFrame({"time_days": time, "event": event}, index=pd.Index(patients, name="patient", dtype=object))


def outcome_of(clinical: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Follow-up by another endpoint of the same patients: time_days (float), event (bool), index patient.

    Patients without a usable value are left out: no event of 0 or 1, or no finite time of 0 days or more.

    Args:
        clinical: clinical.csv as read, index patient.
        endpoint: one of `list_endpoints`.
    """
    event = pd.to_numeric(clinical[endpoint], errors="coerce")
    time = pd.to_numeric(clinical[endpoint + TIME_SUFFIX], errors="coerce")
    usable = event.isin([0, 1]) & (time >= 0) & np.isfinite(time)
    return pd.DataFrame({"time_days": time[usable].astype(float), "event": event[usable].astype(bool)})


def explain_gap(time_days: float, event: float, endpoint: str, min_days: float) -> str | None:
    """Why a patient has no usable follow-up; None if it is usable."""
    if np.isnan(event):
        return f"{endpoint} is not recorded"
    if np.isnan(time_days):
        return f"{endpoint}{TIME_SUFFIX} is not recorded"
    if time_days < min_days:
        days = "day" if time_days == 1 else "days"
        return f"followed for {time_days:g} {days}, fewer than {min_days:g}"
    return None


def find_marked(clinical: pd.DataFrame) -> dict[str, str]:
    """Patients whom the column `LEFT_OUT` keeps out, with the reason given there; index patient."""
    if LEFT_OUT not in clinical.columns:
        return {}
    return {str(patient): f"{LEFT_OUT}: {text}" for patient, text in clinical[LEFT_OUT].dropna().items()}


def find_redacted(clinical: pd.DataFrame) -> list[str]:
    """Patients whom the column `REDACTION` names as redacted; index patient."""
    if REDACTION not in clinical.columns:
        return []
    marked = clinical[REDACTION].astype(str).str.strip().str.lower() == "redacted"
    return [str(patient) for patient in clinical.index[marked]]


def _report_unit(file: str, column: str, time: np.ndarray, problems: Problems) -> None:
    """Times that are hardly days. Of few patients, only fractions tell: they may all have been followed shortly."""
    if not time.size:
        return
    longest = float(time.max())
    fractional = (time != np.floor(time)).mean() > 0.5
    if longest < SHORTEST_STUDY and (fractional or time.size >= _TELLING):
        problems.warning(
            file,
            f"is {longest:g} at most, which looks like months or years, and days are expected. Multiply months by "
            f"{DAYS_PER_MONTH:g}, years by {DAYS_PER_YEAR:g}.",
            column=column,
        )
    elif longest > LONGEST_LIFE:
        problems.warning(
            file,
            f"is up to {longest:g} days, more than a hundred years: are these days, and is none of them a placeholder?",
            column=column,
        )


def _report_marks(table: RawTable, problems: Problems) -> None:
    """0 and 1, or no and yes, are seldom meant as reasons, and leave everybody out."""
    if LEFT_OUT not in table.columns:
        return
    marks = table.cells[table.columns.index(LEFT_OUT)].dropna()
    if not marks.empty and any(set(marks.map(_as_mark)) <= pair for pair in _PAIRS):
        problems.warning(
            table.file,
            f"leaves out all {len(marks)} patients with any value, also '{marks.iloc[0]}'. Leave the cell empty for "
            "whoever stays, and give the reason for the others.",
            column=LEFT_OUT,
        )


def _as_mark(cell: object) -> str:
    return str(cell).strip().lower().removesuffix(".0")


def _read_numbers(table: RawTable, column: str, otherwise: str, problems: Problems) -> np.ndarray:
    cells = table.cells[table.columns.index(column)]
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    text = np.isnan(numbers) & cells.notna().to_numpy()
    _report(table, column, text, otherwise, problems)
    return numbers


def _report(table: RawTable, column: str, wrong: np.ndarray, message: str, problems: Problems) -> None:
    cells = table.cells[table.columns.index(column)]
    places = np.flatnonzero(wrong)
    for place in places[:LISTED]:
        problems.error(table.file, message, row=table.rows[place], column=column, value=cells.iloc[place])
    if len(places) > LISTED:
        problems.error(table.file, f"{len(places) - LISTED} more cells like these.", column=column)
