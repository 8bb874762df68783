"""Follow-up: an endpoint of clinical.csv → time in days and whether the event was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pomp.data.problems import LISTED, Problems
from pomp.data.readers.table import RawTable
from pomp.wording import DAYS_PER_YEAR, agree, count

TIME_SUFFIX = ".time"
LEFT_OUT = "left_out"
"""A column of clinical.csv: any text in it, which should be the reason, keeps the patient out of the analysis."""

REDACTION = "Redaction"
"""A column of TCGA's clinical data resource (Liu et al., Cell 2018): patients whom TCGA withdrew."""

SHORTEST_STUDY = 400.0
"""Days. Where nobody was followed for longer, the times are months or years: 400 months are 33 years."""

LONGEST_LIFE = 36_525.0
"""Days: a hundred years."""

DAYS_PER_MONTH = 30.44

ENDPOINTS = ("OS", "DSS", "CSS", "PFI", "PFS", "DFI", "DFS", "EFS", "RFS", "MFS")
"""Those whose columns are recognised under other spellings."""

_FROM_ONE = (
    "holds 1 and 2 and no 0, which is probably the coding of R's survival package, 1 for censored and 2 for the event. "
    "If so, write 0 in place of 1 and 1 in place of 2: nothing is recoded unasked."
)
_NEITHER = "is no event: 1 means that it was seen, 0 that it was not."
_TELLING = 20  # patients
_PAIRS = ({"0", "1"}, {"no", "yes"}, {"n", "y"}, {"false", "true"})


@dataclass(frozen=True)
class _Wrong:
    """Cells of a column that cannot be."""

    column: str
    cells: np.ndarray  # (rows,) bool
    message: str
    coding: bool = False  # what is wrong is how the whole column is coded, and no single cell


def list_endpoints(columns: Iterable[str]) -> list[str]:
    """The endpoints that have both columns, ``OS`` and ``OS.time``, sorted."""
    names = set(columns)
    return sorted(name for name in names if f"{name}{TIME_SUFFIX}" in names)


def find_respelt(columns: Iterable[str]) -> dict[str, str]:
    """Columns of `ENDPOINTS` in another spelling → their names: ``{"os": "OS", "os_time": "OS.time"}``.

    An endpoint is told by both columns together, in any case and with any or no mark before ``time``. Where it is there
    already, or more than one column could be meant, nothing is.
    """
    names, found = list(columns), dict[str, str]()
    for endpoint in ENDPOINTS:
        events = [name for name in names if name.casefold() == endpoint.casefold()]
        times = [name for name in names if re.fullmatch(rf"{endpoint}[._ -]?time", name, re.IGNORECASE)]
        if len(events) == len(times) == 1:
            found |= {events[0]: endpoint, times[0]: endpoint + TIME_SUFFIX}
    return {name: meant for name, meant in found.items() if name != meant}


def has_endpoint(columns: Sequence[str]) -> bool:
    """Whether there is one, in any spelling that is recognised."""
    return bool(list_endpoints(columns) or find_respelt(columns))


def usable_endpoints(clinical: pd.DataFrame) -> list[str]:
    """Those of `list_endpoints` of which it can be told what an event is.

    Args:
        clinical: clinical.csv as read.
    """
    return [name for name in list_endpoints(map(str, clinical.columns)) if is_told(clinical[name])]


def read_outcome(table: RawTable, patients: list[str], endpoint: str, problems: Problems) -> pd.DataFrame | None:
    """time_days and event of every row of clinical.csv, both float with NaN where not recorded, index patient.

    None if the endpoint's columns are not there. Values that cannot be are added to `problems`.
    """
    missing = [name for name in (endpoint, endpoint + TIME_SUFFIX) if name not in table.columns]
    if missing:
        advice = "There is no other endpoint: each needs a column <endpoint> and <endpoint>.time."
        if there := list_endpoints(table.columns):
            advice = f"Endpoints there: {', '.join(there)}. Choose one of them as endpoint."
        if not endpoint:
            problems.error(table.file, f"no endpoint is named of which it should have the columns. {advice}")
            return None
        needed = " and ".join(missing)
        respelt = {name: meant for name, meant in find_respelt(table.columns).items() if meant in missing}
        near = "".join(f" '{name}' looks like it: call it {meant}." for name, meant in respelt.items())
        problems.error(
            table.file, f"endpoint '{endpoint}' needs the column {needed}, which is not there. {advice}{near}"
        )
        return None
    _report_marks(table, problems)
    event, time, wrong = _read_values(table, endpoint)
    for found in wrong:
        _report(table, found, problems)
    _report_unit(table.file, endpoint + TIME_SUFFIX, time[np.isfinite(time) & (time >= 0)], problems)
    for other in list_endpoints(table.columns):
        if other != endpoint:
            _check_other(table, other, problems)
    return pd.DataFrame({"time_days": time, "event": event}, index=pd.Index(patients, name="patient", dtype=object))


def _read_values(table: RawTable, endpoint: str) -> tuple[np.ndarray, np.ndarray, list[_Wrong]]:
    """Event and time, NaN where there is no number. Then the cells that cannot be, by what is wrong with them."""
    event, no_event = _read_numbers(table, endpoint)
    time, no_time = _read_numbers(table, endpoint + TIME_SUFFIX)
    days = endpoint + TIME_SUFFIX
    neither, from_one = ~np.isnan(event) & ~np.isin(event, (0.0, 1.0)), _counts_from_one(event, no_event)
    no_word = "is no event: write 1 where it was seen (dead), 0 where not (alive), nothing where unknown."
    wrong = [
        _Wrong(endpoint, no_event, no_word),
        _Wrong(endpoint, neither, _FROM_ONE if from_one else _NEITHER, coding=from_one),
        _Wrong(days, no_time, "is no number of days. Leave the cell empty where it is not known."),
        _Wrong(days, (time < 0) | np.isinf(time), "is no time: days from diagnosis are 0 or more."),
    ]
    return event, time, [found for found in wrong if found.cells.any()]


def _counts_from_one(event: np.ndarray, no_event: np.ndarray) -> bool:
    """Whether a column has 1 and 2 and nothing else."""
    return not no_event.any() and set(event[~np.isnan(event)].tolist()) == {1.0, 2.0}


def _check_other(table: RawTable, endpoint: str, problems: Problems) -> None:
    """An endpoint on which nothing depends yet: a warning of each kind, of the first cell."""
    _, time, wrong = _read_values(table, endpoint)
    told = is_told(table.cells[table.columns.index(endpoint)])
    for found in wrong:
        if found.coding:
            said = f"{found.message} This endpoint cannot be used as it is."
            problems.warning(table.file, said, column=found.column)
            continue
        places = np.flatnonzero(found.cells)
        more = f" So it is in {count(len(places) - 1, 'more row')}." if len(places) > 1 else ""
        fate = "These patients are left out by this endpoint." if told else "This endpoint cannot be used as it is."
        problems.warning(
            table.file, f"{found.message}{more} {fate}", row=table.rows[places[0]], column=found.column,
            value=table.cells[table.columns.index(found.column)].iloc[places[0]],
        )  # fmt: skip
    if told:
        _report_unit(table.file, endpoint + TIME_SUFFIX, time[np.isfinite(time) & (time >= 0)], problems)


def is_told(event: pd.Series) -> bool:
    """Whether it can be told which of a column's values means the event: 0 and 1 do, 1 and 2 may mean anything.

    Other values beside both 0 and 1 say nothing of their own patients, and of no others.
    """
    known = pd.to_numeric(event.dropna(), errors="coerce")
    return bool(known.isin([0, 1]).all() or ((known == 0).any() and (known == 1).any()))


def outcome_of(clinical: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Follow-up by another endpoint of the same patients: time_days (float), event (bool), index patient.

    Patients without a usable value are left out: no event of 0 or 1, or no finite time of 0 days or more. So is
    everybody where it cannot be told what an event is.

    Args:
        clinical: clinical.csv as read, index patient.
        endpoint: one of `list_endpoints`.
    """
    event = pd.to_numeric(clinical[endpoint], errors="coerce")
    time = pd.to_numeric(clinical[endpoint + TIME_SUFFIX], errors="coerce")
    usable = event.isin([0, 1]) & (time >= 0) & np.isfinite(time) & is_told(clinical[endpoint])
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
            f"leaves out {agree(len(marks), 'the one patient', f'all {len(marks)} patients')} with any value, also "
            f"'{marks.iloc[0]}'. Leave the cell empty for whoever stays, and give the reason for the others.",
            column=LEFT_OUT,
        )


def _as_mark(cell: object) -> str:
    return str(cell).strip().lower().removesuffix(".0")


def _read_numbers(table: RawTable, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a column, and which of its cells hold something else."""
    cells = table.cells[table.columns.index(column)]
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return numbers, np.isnan(numbers) & cells.notna().to_numpy()


def _report(table: RawTable, found: _Wrong, problems: Problems) -> None:
    if found.coding:
        problems.error(table.file, found.message, column=found.column)
        return
    cells = table.cells[table.columns.index(found.column)]
    places = np.flatnonzero(found.cells)
    for place in places[:LISTED]:
        problems.error(table.file, found.message, row=table.rows[place], column=found.column, value=cells.iloc[place])
    if len(places) > LISTED:
        problems.error(table.file, f"{count(len(places) - LISTED, 'more cell')} like these.", column=found.column)
