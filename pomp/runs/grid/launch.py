"""Have the cells of a grid worked off that are not done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache

from pomp.atomic import exclusive
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError, PompError, QueueFullError, RunError
from pomp.runs.backends.base import Backend
from pomp.runs.grid.cells import Cell, ReadCohort
from pomp.runs.grid.fill import TO_DO, FilledCell, fill, to_do
from pomp.runs.grid.spec import Grid
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace


@dataclass(frozen=True)
class Launch:
    """What became of a request to launch cells."""

    queued: tuple[Run, ...]
    left: tuple[Cell, ...]
    """For which the queue has no room at the moment."""
    refused: tuple[str, ...]
    """Why a cell could not be queued, a sentence each."""


def launch(grid: Grid, cells: Sequence[Cell], backend: Backend) -> Launch:
    """Queue a run for every cell that is missing, was stopped or was interrupted. What is finished stays.

    Two who launch one grid at the same time do not make a run twice.

    Raises:
        RunError: the queue cannot be used, or the workspace not be written.
    """
    workspace = backend.workspace
    queued: list[Run] = []
    left: list[Cell] = []
    refused: list[str] = []
    read = lru_cache(maxsize=1)(read_cohort)  # cells come cohort by cohort
    with _alone(workspace):
        for one in to_do(fill(cells, workspace.runs.list())):
            if left:
                left.append(one.cell)
                continue
            try:
                run = _make(grid, one, workspace, read)
            except PompError as error:
                refused.append(f"{one.cell.cohort}, {one.cell.variant}, {one.cell.protocol}: {error}")
                continue
            if _submit(run, backend):
                queued.append(run)
            else:
                left.append(one.cell)
    return Launch(tuple(queued), tuple(left), tuple(refused))


def begin(grid: Grid, cell: Cell, workspace: Workspace) -> Run | None:
    """The run of a cell that is to be begun or gone on with, made if it is missing; None if there is nothing to do.

    Raises:
        PompError: it cannot be made.
    """
    with _alone(workspace):
        wanted = to_do(fill([cell], workspace.runs.list()))
        return _make(grid, wanted[0], workspace, read_cohort) if wanted else None


def _make(grid: Grid, one: FilledCell, workspace: Workspace, read: ReadCohort) -> Run:
    wanted = one.cell.wanted
    if one.run is not None:
        return one.run
    if wanted is None:
        raise ConfigError(one.cell.problem)
    title = f"{grid.name}: {one.cell.variant}"
    return workspace.runs.create(read(wanted.folder, wanted.config.cohort), wanted.config, title)


def _submit(run: Run, backend: Backend) -> bool:
    """Queue a run, unless somebody else has just done so; False if there is no room."""
    try:
        backend.submit(run)
    except QueueFullError:
        return False
    except RunError:
        if run.status().state in TO_DO:
            raise
    return True


def _alone(workspace: Workspace) -> AbstractContextManager[None]:
    return exclusive(workspace.root / "grids.lock")
