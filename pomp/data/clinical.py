"""What the columns of clinical.csv say: which were known at the start, what is missing, numbers, and stages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.problems import Problems

_TIME = re.compile(r"[._ ]time(?=$|[._ ])", re.IGNORECASE)
_ENDPOINT = re.compile(
    r"_?(os|dss|css|pfi|pfs|dfi|dfs|ddfs|efs|ffs|rfs|mfs|dmfs|lrfs|tt[pr]|redaction)(time)?(?=$|[._ ])", re.IGNORECASE
)
"""With whatever follows: OS_MONTHS and OS_STATUS of cBioPortal, _OS_IND of Xena, PFI.1 and DSS_cr of TCGA."""

_AFTERWARDS = re.compile(
    r"death|dead|deceased|died|alive|vital|surviv|mortal|follow.?up|last.?(contact|known)|recur|relaps|progress"
    r"|new.?tumou?r|(tumou?r|cancer|disease).?status|outcome|event|censor|additional.*(therapy|surgery)"
    r"|^(time|status)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\s*|\[.*\]|nan|n/?a|unknown|not (available|reported|applicable)", re.IGNORECASE)
_STAGE = re.compile(r"(?:stage\s*)?(0|i{1,3}|iv|[1-4])[abcs]?[1-3]?", re.IGNORECASE)
_SUB_STAGE = re.compile(r"(stage\s*(?:0|i{1,3}|iv))[abc]\d?", re.IGNORECASE)
_ROMAN = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0}
_BOUND = re.compile(r"^[<>≤≥]=?\s*")
_THREE_DIGITS = re.compile(r"[.,]\d{3}$")

MIN_PATIENTS = 5
"""Patients that a level of a category needs to tell anything."""

NEARLY_ALL = 0.95
"""So many of a column's known values are numbers if it holds numbers."""

_MANY_NUMBERS = 12
"""A column with more different numbers than this, most of its values, was hardly meant as categories."""

UNCLEAR_COMMAS = "nobody can tell whether its commas stand before decimals or thousands"
_NO_DIFFERENCE = "all known values are the same"

Spelling = Literal["point", "comma", "unclear"]
"""What stands before decimals; unclear: there are commas that may as well stand before thousands."""

_SPELLINGS: tuple[Spelling, ...] = ("point", "comma", "unclear")

Notation = Literal["point", "comma", "stage"]
"""How numbers are told: with decimals after a point or a comma, or as stages."""


@dataclass(frozen=True, eq=False)
class ColumnReading:
    """How a clinical column is read, as some patients show it.

    Attributes:
        name: of the column.
        notation: of its numbers; None of categories.
        levels: of categories, those that `MIN_PATIENTS` patients have.
        left_out: why the column tells nothing; empty where it does.
        known: the cells that say anything; index patient.
        odd: those of them that are neither number nor stage among such, and count as missing.
        bounds: those that count as the number behind their < or >, such as ">89".
    """

    name: str
    notation: Notation | None
    levels: tuple[str, ...]
    left_out: str
    known: pd.Series
    odd: pd.Series
    bounds: pd.Series


def known_at_start(columns: Iterable[object]) -> list[str]:
    """The columns of which nothing tells that they are the outcome, or speak of what came after the diagnosis.

    Left out are endpoints (OS, DSS, PFI and the like, whatever follows after `.`, `_` or a blank), their times, any
    column with a `.time` beside it, Redaction, and names such as vital_status or new_tumor_event. Names are all that
    there is to go by: a column of outcomes under a name of its own is not noticed.
    """
    names = [str(name) for name in columns]
    timed = {_TIME.sub("", name) for name in names if _TIME.search(name)}
    return [
        name
        for name in names
        if not (_ENDPOINT.match(name) or _TIME.sub("", name) in timed or _AFTERWARDS.search(name))
    ]


def known_text(column: pd.Series) -> pd.Series:
    """Values as trimmed text, NaN where nothing is said: empty, NA, unknown, or what TCGA writes in brackets."""
    text = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return text.mask(text.map(lambda value: _PLACEHOLDER.fullmatch(value) is not None))


def is_stage(name: object) -> bool:
    """Whether a column of that name holds stages."""
    return "stage" in str(name).lower()


def stage_number(text: str) -> float:
    """AJCC stage as a number: 'Stage IIB' → 2, 'Stage 0' → 0; nan for 'Stage X', '[Discrepancy]' and the like."""
    found = _STAGE.fullmatch(text.strip())
    if found is None:
        return np.nan
    numeral = found[1].lower()
    return _ROMAN[numeral] if numeral in _ROMAN else float(numeral)


def main_stage(text: str) -> str:
    """Sub-stages counted with their stage: 'Stage IIA' → 'Stage II'. Other texts stay."""
    return _SUB_STAGE.sub(r"\1", text)


def read_column(name: str, text: pd.Series) -> ColumnReading:
    """How a column is best read, by what these patients show.

    Args:
        name: of the column: stages are told by it.
        text: as `known_text` gives it.
    """
    known = text.dropna()
    nobody = known.iloc[:0]
    if known.empty:
        return ColumnReading(name, None, (), "nothing is recorded", known, nobody, nobody)
    if is_stage(name) and bool(known.map(stage_number).notna().any()):
        return _read_numbers(name, known, "stage")
    spelling = find_spelling(known)
    if spelling == "unclear":
        return ColumnReading(name, None, (), UNCLEAR_COMMAS, known, nobody, nobody)
    if spelling is not None:
        return _read_numbers(name, known, spelling)
    counts = known.value_counts()
    levels = tuple(sorted(str(level) for level, count in counts.items() if MIN_PATIENTS <= count < len(text)))
    left_out = _NO_DIFFERENCE if len(counts) == 1 else f"no value is that of {MIN_PATIENTS} patients or more"
    return ColumnReading(name, None, levels, "" if levels else left_out, known, nobody, nobody)


def _read_numbers(name: str, known: pd.Series, notation: Notation) -> ColumnReading:
    values = to_numbers(known, notation)
    numbers = ~np.isnan(values)
    bounds = numbers & known.str.contains(_BOUND).to_numpy(dtype=bool)
    left_out = "" if len(np.unique(values[numbers])) > 1 else _NO_DIFFERENCE
    return ColumnReading(name, notation, (), left_out, known, known[~numbers], known[bounds])


def find_spelling(text: pd.Series) -> Spelling | None:
    """How a column writes numbers; None if it holds none: fewer than `NEARLY_ALL` of its known values are numbers.

    A bound such as ">89" counts as its number. Where no fewer bounds than other numbers occur, as in "<65" and "≥65",
    they are categories.

    Args:
        text: as `known_text` gives it.
    """
    counts = text.value_counts()
    values, patients = pd.Series(counts.index, dtype=object), counts.to_numpy()
    points, commas, marks = (~np.isnan(_parse(values, one)) for one in _SPELLINGS)
    enough = NEARLY_ALL * max(patients.sum(), 1)
    spelling: Spelling
    if patients[points].sum() >= enough:
        spelling, numbers = "point", points
    elif patients[marks].sum() >= enough:
        spelling, numbers = "unclear" if (marks & ~commas).any() else "comma", marks
    else:
        return None
    bounds = int(values[numbers].str.contains(_BOUND).sum())
    return None if bounds and 2 * bounds >= numbers.sum() else spelling


def to_numbers(text: pd.Series, notation: Notation) -> NDArray[np.float64]:
    """(N,) values of what `known_text` gave; nan where they are missing or no number."""
    if notation == "stage":
        return np.asarray(text.map(stage_number, na_action="ignore"), dtype=np.float64)
    return _parse(text, notation)


def _parse(text: pd.Series, spelling: Spelling) -> NDArray[np.float64]:
    """(N,). Of unclear commas merely whether there is a number: they are taken away."""
    bare = text.astype(object).str.replace(_BOUND, "", regex=True)
    if spelling == "comma":
        bare = bare.mask(bare.str.contains(_THREE_DIGITS, na=False)).str.replace(",", ".", regex=False)
    elif spelling == "unclear":
        bare = bare.str.replace(",", "", regex=False)
    values = pd.to_numeric(bare, errors="coerce").to_numpy(dtype=float)
    return np.where(np.isfinite(values), values, np.nan)


def report_odd_cells(clinical: pd.DataFrame, file: str, problems: Problems) -> None:
    """One warning for each column in which cells that are no numbers stand among numbers.

    Args:
        clinical: as read, index patient.
        file: what problems call it.
        problems: where the warnings go.
    """
    for name in known_at_start(clinical.columns):
        reading = read_column(name, known_text(clinical[name]))
        odd, message = _find_odd(reading)
        if len(odd):
            place = f"of patient {odd.index[0]}"
            problems.warning(file, f"{place} {message}", column=name, value=odd.iloc[0])


def _find_odd(reading: ColumnReading) -> tuple[pd.Series, str]:
    """The cells to be warned of, and what is to be said of the first."""
    known, all_of_them = reading.known, f"the column's {len(reading.known)} known values"
    if reading.left_out == UNCLEAR_COMMAS:
        odd = known[known.str.contains(",", regex=False)]
        return odd, (
            f"has a comma, as have {len(odd)} of {all_of_them}, and {UNCLEAR_COMMAS}: no model reads the column. "
            "Write decimals after a point, and thousands without a mark."
        )
    if reading.notation in {"point", "comma"}:
        return reading.odd, (
            f"is no number, and all but {len(reading.odd)} of {all_of_them} are numbers: what is none counts as "
            "missing. Write a number, or leave the cell empty."
        )
    values = pd.Series(_parse(known, "unclear"), known.index)
    odd = known[values.isna()]
    if reading.notation == "stage" or 2 * len(odd) > len(known) or values.nunique() <= _MANY_NUMBERS:
        return reading.odd.iloc[:0], ""
    return odd, (
        f"is no number, and of {all_of_them} so are {len(odd)}: too many for a column of numbers, so that it is read "
        "as categories. Write numbers, and leave the cell empty where there is none."
    )
