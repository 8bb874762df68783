"""Which run fills a cell, where it stands, and how long the rest will take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean
from typing import Literal

from pomp.runs.grid.cells import Cell, RunKey, run_key
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

    A run under way says it itself. One that waits is taken to last as those of its cohort that are done, else as
    those of the grid, else as those under way.
    """
    lasted, of_cohort = _lasted(filled)
    left, running = 0.0, 0
    for one in distinct(wanted):
        status = one.status
        if status is not None and status.state in {"RUNNING", "STOPPING"}:
            running += 1
            if status.eta_seconds is not None:
                left += status.eta_seconds
                continue
        guess = of_cohort.get(one.cell.cohort) or lasted
        if not guess:
            return None
        left += mean(guess)
    return left / max(1, running)


def _lasted(filled: Sequence[FilledCell]) -> tuple[list[float], dict[str, list[float]]]:
    """Seconds that runs took, or will have taken: of all cells, and by cohort those that are done."""
    done: dict[str, list[float]] = defaultdict(list)
    under_way = []
    for one in distinct(filled):
        if one.run is None or one.status is None:
            continue
        seconds = one.run.seconds() if one.status.state == "DONE" else None
        if seconds is not None:
            done[one.cell.cohort].append(seconds)
        elif one.status.state == "RUNNING" and one.status.eta_seconds is not None and one.status.started:
            passed = datetime.now(UTC) - datetime.fromisoformat(one.status.started)
            under_way.append(passed.total_seconds() + one.status.eta_seconds)
    return [seconds for some in done.values() for seconds in some] or under_way, done
