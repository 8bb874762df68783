"""What is wrong with a cohort's files: collected, not raised, so that one pass finds everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pomp.wording import visible

LISTED = 20
"""Findings of one kind that are listed one by one; the rest is counted."""


def list_first(lines: Sequence[str], all_of_them: str) -> str:
    """A line each, of those that are listed; then how many more there are, and what shows all of them."""
    shown = [f"- {line}" for line in lines[:LISTED]]
    more = [f"- and {len(lines) - LISTED} more: {all_of_them}"] if len(lines) > LISTED else []
    return "\n".join(shown + more)


@dataclass(frozen=True)
class Problem:
    """One finding. Rows are counted as a spreadsheet does: the header is row 1."""

    severity: Literal["error", "warning"]
    file: str  # as cohort.toml names it
    row: int | None
    column: str | None
    value: str | None  # as in the file
    message: str  # goes on after the value: "is no number. …"

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"{'key' if self.file.endswith('.toml') else 'column'} '{visible(self.column)}'")
        value = "" if self.value is None else f"'{visible(self.value)}' "
        return f"{', '.join(place)}: {value}{self.message}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Problems:
    """The findings of one pass, in the order in which they are met."""

    found: list[Problem] = field(default_factory=list)

    def error(
        self, file: str, message: str, row: int | None = None, column: str | None = None, value: object = None
    ) -> None:
        self.found.append(Problem("error", file, row, column, None if value is None else str(value), message))

    def warning(
        self, file: str, message: str, row: int | None = None, column: str | None = None, value: object = None
    ) -> None:
        self.found.append(Problem("warning", file, row, column, None if value is None else str(value), message))

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.found if problem.severity == "error"]


def enumerate_some(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are: ``a, b and 7 more``."""
    shown = ", ".join(map(visible, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
