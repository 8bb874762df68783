"""One thing that was measured of the dashboard, beside what it is compared with and what is to be reached."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from pomp.markdown import markdown_table

VERSIONS = ("streamlit", "openslide-python", "simplejpeg", "plotly", "playwright")


@dataclass(frozen=True)
class Finding:
    """`value` in `unit`, and `ratio` = value / against. `most`: what the ratio, or else the value, may be."""

    what: str
    value: float
    unit: str
    against: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.against is None else self.value / self.against

    @property
    def reached(self) -> bool | None:
        """Whether it is as it should be; None where nothing was asked for."""
        judged = self.value if self.ratio is None else self.ratio
        return None if self.most is None else judged <= self.most


HEAD = ("what", "measured", "against", "ratio", "to reach", "reached", "note")


def cells(found: Finding) -> list[str]:
    """A row of the table, in the order of `HEAD`."""
    return [
        found.what,
        _number(found.value, found.unit),
        "" if found.against is None else _number(found.against, found.unit),
        "" if found.ratio is None else f"{found.ratio:.3g}×",
        "" if found.most is None else f"≤ {found.most:g}",
        {None: "", True: "yes", False: "no"}[found.reached],
        found.note,
    ]


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def markdown(findings: Sequence[Finding], command: str) -> str:
    """The table with machine, versions and command, to be kept."""
    lines = markdown_table(HEAD, [cells(found) for found in findings])
    return "\n".join([f"# `{command}`", "", _machine(), "", *lines, ""])


def _machine() -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {platform.machine()}, {platform.system()}; Python {platform.python_version()}, {versions}. "
        f"`{time.strftime('%Y-%m-%d')}`."
    )
