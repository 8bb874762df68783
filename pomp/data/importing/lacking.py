"""What each table of a folder is, and what it lacks, where none of them is recognised as follow-up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pomp.data.importing.head import Head, read_head, read_spread
from pomp.data.importing.kinds import guess_kind, guess_name
from pomp.data.importing.tables import holds_follow_up
from pomp.data.outcome import DAYS_PER_MONTH, ENDPOINTS
from pomp.data.problems import LISTED, enumerate_some
from pomp.wording import DAYS_PER_YEAR

_FEWEST_GENES = 10
"""A table of numbers with fewer columns and rows than that may as well be of patients."""

_NEEDED = "Needed are the columns OS (1 = died, 0 = alive) and OS.time (days)"
_TIME = re.compile(r"surviv|follow|time|duration|(^|[^a-z])(os|days?|months?|years?)([^a-z]|$)", re.IGNORECASE)
_NO_TIME = re.compile(r"age|birth|diagnos", re.IGNORECASE)
_DIED, _ALIVE = frozenset({"dead", "died", "deceased", "death"}), frozenset({"alive", "living"})


def explain_tables(files: Sequence[Path], root: Path) -> dict[str, str]:
    """By name within the folder: a sentence on each table that is read, on the first of many."""
    said = {}
    for path in files[:LISTED]:
        head = read_head(path)
        if head is not None and not holds_follow_up(path):
            said[str(path.relative_to(root))] = _explain_omics(path, head) or _explain_clinical(head)
    return said


def _explain_omics(path: Path, head: Head) -> str | None:
    """Of a wide or long table of numbers; None of others."""
    numbers = read_spread(path, head).numbers if head.is_numeric else None
    guess = None if numbers is None else guess_kind(numbers.T, head.columns, path.name)
    if guess is None or max(len(head.columns), len(head.labels)) < _FEWEST_GENES or _hints(head):
        return None
    return (
        f"is recognised as omics ({guess_name(path.name)}, {guess.kind}; {len(head.columns):,} columns), and can be "
        "used once there is follow-up of its patients."
    )


def _explain_clinical(head: Head) -> str:
    found = enumerate_some([head.first or "(no name)", *head.columns], 8)
    return " ".join([f"has no columns of follow-up. {_NEEDED}; found are {found}.", *_hints(head)])


def _hints(head: Head) -> list[str]:
    """What may be the follow-up under other names, and how to put it right."""
    return [hint for name in dict.fromkeys(head.columns) if (hint := _hint(name, head.column(name)))]


def _hint(name: str, cells: Sequence[str]) -> str:
    known = {cell.lower() for cell in cells if cell}
    words = {re.sub(r"^[01]\s*:\s*", "", cell) for cell in known}  # cBioPortal writes 1:DECEASED
    if words and words <= _DIED | _ALIVE:
        values = " and ".join(sorted({cell for cell in cells if cell})[:4])
        return f"'{name}' says {values}: write 1 for died and 0 for alive, and call it OS."
    if name.upper() in ENDPOINTS:
        return f"'{name}' may be the event: the time beside it is called {name.upper()}.time."
    if not _TIME.search(name) or _NO_TIME.search(name) or not _are_numbers(known):
        return ""
    for unit, days in (("month", DAYS_PER_MONTH), ("year", DAYS_PER_YEAR)):
        if unit in name.lower():
            return f"'{name}' may be the time in {unit}s: multiply it by {days:g}, and call it OS.time."
    return f"'{name}' may be the time: if it is in days, call it OS.time."


def _are_numbers(cells: set[str]) -> bool:
    try:
        return bool(cells) and bool(np.isfinite([float(cell) for cell in cells]).all())
    except ValueError:
        return False
