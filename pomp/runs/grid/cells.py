"""The cells of a grid: each is one run, known by what it is, never by a list that can go stale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pomp.config import CohortConfig, ProtocolName, RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.data.splits import split_cohort
from pomp.errors import CohortError, PompError
from pomp.runs.companions import find_companions
from pomp.runs.grid.spec import Grid, Variant
from pomp.runs.key import RunKey
from pomp.runs.resolve import resolve
from pomp.runs.workspace import Workspace

ReadCohort = Callable[[Path, CohortConfig], Cohort]


@dataclass(frozen=True)
class Wanted:
    """The run of a cell, whether or not it is there."""

    folder: Path  # of the cohort
    patients: int
    config: RunConfig  # as `resolve` fits it to the cohort
    key: RunKey


@dataclass(frozen=True)
class Cell:
    """One run that a grid asks for: a variant on a cohort, under a protocol, from a seed."""

    cohort: str  # as the grid names it
    protocol: ProtocolName
    variant: str
    seed: int
    wanted: Wanted | None
    problem: str  # why there can be no such run, where `wanted` is None

    @property
    def key(self) -> RunKey | None:
        return None if self.wanted is None else self.wanted.key


def plan_cells(grid: Grid, workspace: Workspace, read: ReadCohort = read_cohort) -> list[Cell]:
    """Every cell, by cohort, protocol, variant and seed. One that cannot be says why; nothing is raised.

    Args:
        read: called once for every cohort and way to choose its patients.
    """
    planner = _Planner(grid, workspace, read)
    return [
        planner.plan(cohort, protocol, variant, seed)
        for cohort in grid.cohorts
        for protocol in grid.protocols
        for variant in grid.variants
        for seed in grid.seeds
    ]


class _Planner:
    """Plans cells, and reads each cohort once."""

    def __init__(self, grid: Grid, workspace: Workspace, read: ReadCohort) -> None:
        self._grid, self._workspace, self._reader = grid, workspace, read
        self._name = ""
        self._cohorts: dict[CohortConfig, Cohort | PompError] = {}  # of that name: only one need be in memory
        self._divided: dict[object, CohortError | None] = {}
        self._joined: dict[object, tuple[str, ...]] = {}

    def plan(self, cohort: str, protocol: ProtocolName, variant: Variant, seed: int) -> Cell:
        wanted, problem = None, ""
        try:
            wanted = self._fit(cohort, self._grid.configure(variant, protocol, seed))
        except PompError as error:
            problem = str(error)
        return Cell(cohort, protocol, variant.name, seed, wanted, problem)

    def _fit(self, name: str, config: RunConfig) -> Wanted:
        cohort = self._read(name, config.cohort)
        config = resolve(config, cohort)
        self._check_folds(cohort, config)
        key = RunKey(cohort.name, cohort.digest, config.digest, self._companions(cohort, config))
        return Wanted(cohort.folder, len(cohort.patients), config, key)

    def _read(self, name: str, config: CohortConfig) -> Cohort:
        if name != self._name:
            self._name = name
            self._cohorts.clear()
        if config not in self._cohorts:
            try:
                self._cohorts[config] = self._reader(self._workspace.find_cohort(name), config)
            except PompError as error:
                self._cohorts[config] = error
        found = self._cohorts[config]
        if isinstance(found, PompError):
            raise found
        return found

    def _check_folds(self, cohort: Cohort, config: RunConfig) -> None:
        """Refuse what a run would be refused for, once for all cells that have the same folds."""
        asked = self._name, config.cohort, config.folds_by, config.folds, config.seed
        if asked not in self._divided:
            try:
                split_cohort(cohort, config)
                self._divided[asked] = None
            except CohortError as error:
                self._divided[asked] = error
        refused = self._divided[asked]
        if refused is not None:
            raise refused

    def _companions(self, cohort: Cohort, config: RunConfig) -> tuple[str, ...]:
        """Digests of the cohorts that join the pre-training, read once for all cells that name the same."""
        named = cohort.digest, config.cohort, config.pretrain.with_cohorts, config.model.modalities, config.slides
        if named not in self._joined:
            found = find_companions(cohort, config, self._workspace.cohorts)
            self._joined[named] = tuple(companion.digest for companion in found)
        return self._joined[named]


def same_runs(cells: Sequence[Cell]) -> list[str]:
    """A sentence for every set of variants that come to one run, such as tasks that a cohort without slides lacks."""
    groups: dict[tuple[str, RunKey], list[str]] = {}
    for cell in cells:
        if cell.key is not None:
            names = groups.setdefault((cell.cohort, cell.key), [])
            names += [cell.variant] if cell.variant not in names else []
    said = dict.fromkeys(
        (cohort, tuple(names)) for (cohort, _), names in groups.items() if len(names) > 1
    )  # once for all protocols and seeds
    return [
        f"{cohort}: {', '.join(names[:-1])} and {names[-1]} come to the same settings, hence to one run."
        for cohort, names in said
    ]
