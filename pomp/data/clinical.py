"""What the columns of clinical.csv say: which were known at the start, what is missing, and stages."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

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
