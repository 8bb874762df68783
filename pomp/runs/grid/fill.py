"""Which run fills a cell, where it stands, and how long the rest will take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean
from typing import Literal

from pomp.runs.grid.cells import Cell
from pomp.runs.key import RunKey, run_key
from pomp.runs.run import Run
from pomp.runs.status import State, Status

CellState = Literal[State, "MISSING", "IMPOSSIBLE"]
TO_DO = frozenset({"MISSING", "STOPPED", "INTERRUPTED"})
"""States from which a grid goes on by itself. FAILED is not one of them: what failed once fails again until somebody
has seen to it."""


@dataclass(frozen=True, eq=False)
class FilledCell:
    """A cell, and the run that fills it if there is one."""

    cell: Cell
    run: Run | None
    status: Status | None

    @property
    def state(self) -> CellState:
        """That of the run; MISSING without one, IMPOSSIBLE where there can be none."""
        if self.cell.problem:
            return "IMPOSSIBLE"
        return "MISSING" if self.status is None else self.status.state


def fill(cells: Sequence[Cell], runs: Sequence[Run]) -> list[FilledCell]:
    """Each cell with its run: the newest that is done, else the newest that is under way, else the newest.

    Args:
        runs: of the workspace, newest first.
    """
    by_key: dict[RunKey, list[Run]] = defaultdict(list)
    for run in runs:
        by_key[run_key(run)].append(run)
    chosen: dict[RunKey | None, tuple[Run, Status] | tuple[None, None]] = {
        cell.key: _choose(by_key[cell.key]) for cell in cells if cell.key in by_key
    }
    return [FilledCell(cell, *chosen.get(cell.key, (None, None))) for cell in cells]


def _choose(runs: Sequence[Run]) -> tuple[Run, Status]:
    found = [(run, run.status()) for run in runs]
    done = [pair for pair in found if pair[1].state == "DONE"]
    active = [pair for pair in found if pair[1].active]
    return (done or active or found)[0]


def distinct(filled: Iterable[FilledCell]) -> list[FilledCell]:
    """One cell a run: several variants may come to the same settings."""
    return list({one.cell.key or id(one): one for one in filled}.values())


def to_do(filled: Iterable[FilledCell]) -> list[FilledCell]:
    """Cells that a launch would begin or go on with, one a run."""
    return [one for one in distinct(filled) if one.state in TO_DO]


def seconds_left(filled: Sequence[FilledCell], wanted: Sequence[FilledCell]) -> float | None:
    """How long the cells `wanted` will take, as many at a time as run now; None while nothing tells.

    A run under way says it itself. One that waits is taken to last as the mean of those of its cohort that are done or
    under way; where there are none, as those of other cohorts, in proportion to the number of patients.
    """
    lasted = _lasted(filled)
    a_patient = [seconds / patients for runs in lasted.values() for seconds, patients in runs]
    left, running = 0.0, 0
    for one in distinct(wanted):
        if one.cell.wanted is None:
            continue
        status, own = one.status, [seconds for seconds, _ in lasted.get(one.cell.cohort, [])]
        if status is not None and status.worked_on:
            running += 1
            if status.eta_seconds is not None:
                left += status.eta_seconds
                continue
        if not a_patient:
            return None
        left += mean(own) if own else mean(a_patient) * one.cell.wanted.patients
    return left / max(1, running)


def _lasted(filled: Sequence[FilledCell]) -> dict[str, list[tuple[float, int]]]:
    """By cohort the seconds that runs took, or will have taken, with the number of patients."""
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in distinct(filled):
        seconds = _seconds(one)
        if seconds is not None and one.cell.wanted is not None:
            found[one.cell.cohort].append((seconds, one.cell.wanted.patients))
    return found


def _seconds(one: FilledCell) -> float | None:
    """What the run of a cell took or will have taken; None where that is not known."""
    if one.run is None or one.status is None:
        return None
    if one.status.state == "DONE":
        return one.run.seconds()
    if one.status.state != "RUNNING" or one.status.eta_seconds is None or one.status.started is None:
        return None
    if one.status.worked_seconds is not None:
        return one.status.worked_seconds + one.status.eta_seconds
    passed = datetime.now(UTC) - datetime.fromisoformat(one.status.started)
    return passed.total_seconds() + one.status.eta_seconds
