"""The places of the paper's tables and figures, filled from the workspace and kept until one of its files changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import data
from dashboard.cohort.paper import TYPES
from dashboard.data import Stamp, stamp
from pomp.data.manifest import read_manifest
from pomp.data.paper_cohorts import PAPER_PATIENTS
from pomp.errors import CohortError, PompError, RunError
from pomp.runs.grid.cells import Cell, plan_cells
from pomp.runs.grid.fill import FilledCell, fill
from pomp.runs.grid.plain import BestPlain, adjust_plain, best_plain
from pomp.runs.grid.reproduction import Reproduction, summarise
from pomp.runs.grid.shelf import find_grid
from pomp.runs.grid.spec import Grid, choose
from pomp.runs.grid.stand_in import stand_in
from pomp.runs.grid.table import Entry, make_entries

TABLE_1, TABLE_2, FIGURE_3A, FIGURE_3B = "table1", "table2", "fig3a", "fig3b"
DEMO = "demo"
_OF_RUNS = ("status.json", *data.TABLES[:1], data.TABLES[2])


@dataclass(frozen=True, eq=False)
class Places:
    """One grid of the paper on the cohorts that there are."""

    key: tuple[object, ...]
    """All that it depends on: what is made of it is kept by this."""
    grid: Grid
    cells: tuple[Cell, ...]
    exact: tuple[FilledCell, ...]
    """Filled by the very runs that the settings ask for: what a launch goes by."""
    entries: tuple[Entry, ...]
    """Where there is none such, by the finished run that deviates least: what is shown."""
    plain: dict[tuple[str, str, str], BestPlain]
    """By cohort, protocol and variant."""
    problems: tuple[str, ...]
    """Tables of plain models that are damaged."""

    def of(self, cohort: str) -> list[Entry]:
        """The entries of a cohort, by protocol and variant."""
        return [entry for entry in self.entries if entry.cohort == cohort]

    def same_as(self, entry: Entry) -> str:
        """The row whose run it is by another name, where rows differ in tasks that a cohort lacks; empty: its own."""
        keys = [one.cell.key for one in entry.cells]
        if None in keys:
            return ""
        beside = [other for other in self.of(entry.cohort) if other.protocol == entry.protocol]
        beside.sort(key=lambda other: other.variant != self.grid.reference.name)  # the reference has its run itself
        first = next(other for other in beside if [one.cell.key for one in other.cells] == keys)
        return "" if first.variant == entry.variant else first.variant

    def launchable(self, cohort: str) -> tuple[Grid, list[Cell], list[FilledCell]]:
        """What of a cohort can be launched, with the grid that says so."""
        cells = [cell for cell in self.cells if cell.cohort == cohort]
        return cohort_grid(self.grid, cohort), cells, [one for one in self.exact if one.cell.cohort == cohort]

    def plain_of(self, entry: Entry) -> BestPlain | None:
        """The best plain model of the runs of an entry."""
        return self.plain.get((entry.cohort, entry.protocol, entry.variant))


BY_KEY: dict[str | type[Any], Callable[[Any], Any]] = {Places: attrgetter("key")}
"""How Streamlit's caches tell places apart."""


def cohorts() -> list[str]:
    """The paper's six, then the synthetic one if it is there."""
    return [*PAPER_PATIENTS, *([DEMO] if folder_of(DEMO) else [])]


def folder_of(cohort: str) -> Path | None:
    """The cohort's folder; None if the workspace has none of that name."""
    try:
        return data.workspace().find_cohort(cohort)
    except CohortError:
        return None


@dataclass(frozen=True)
class Asked:
    """The settings and seeds that are asked for, and the state of the workspace when they were."""

    preset: str
    seeds: tuple[int, ...]
    root: str
    state: tuple[Stamp, tuple[str, ...], Stamp]
    """Changes when a place could be filled otherwise: cohorts, runs that are held, and what runs have said."""


def ask(preset: str, seeds: Sequence[int]) -> Asked:
    """Look at the workspace, once a drawing of the page."""
    workspace = data.workspace()
    runs = workspace.runs.list()
    folders = [folder for name in cohorts() if (folder := folder_of(name)) is not None]
    state = (
        data.cohort_stamp(*folders),
        tuple(run.id for run in runs if run.held()),
        stamp(run.folder / name for run in runs for name in _OF_RUNS),
    )
    return Asked(preset, tuple(seeds), str(workspace.root), state)


def fill_places(name: str, asked: Asked) -> Places:
    """A grid of the paper with all its cohorts.

    Raises:
        ConfigError: the grid's file cannot be used.
    """
    return _fill(name, asked.preset, asked.seeds, asked.root, asked.state)


def reproduction(asked: Asked) -> Reproduction:
    """Both tables together.

    Raises:
        ConfigError: as `fill_places`.
    """
    return _reproduction(asked.preset, asked.seeds, asked.root, asked.state, asked)


@st.cache_resource(max_entries=4, show_spinner=False)
def _reproduction(preset: str, seeds: tuple[int, ...], root: str, of: object, _asked: Asked) -> Reproduction:
    tables = (fill_places(name, _asked) for name in (TABLE_1, TABLE_2))
    return summarise([entry for places in tables for entry in places.entries if entry.cohort in PAPER_PATIENTS])


@st.cache_resource(max_entries=16, show_spinner="Looking for runs of the paper's cohorts…")
def _fill(name: str, preset: str, seeds: tuple[int, ...], root: str, of: object) -> Places:
    workspace = data.workspace()
    grid = choose(find_grid(name, workspace), preset=preset, seeds=seeds, cohorts=cohorts())
    cells = [cell for cohort in grid.cohorts for cell in plan(grid, cohort)]
    runs = workspace.runs.list()
    exact = fill(cells, runs)
    entries = make_entries(grid, stand_in(exact, runs))
    plain, problems = _plain(entries)
    return Places((name, preset, seeds, root, of), grid, tuple(cells), tuple(exact), tuple(entries), plain, problems)


def _plain(entries: Sequence[Entry]) -> tuple[dict[tuple[str, str, str], BestPlain], tuple[str, ...]]:
    found: list[tuple[Entry, BestPlain]] = []
    problems: dict[str, None] = {}
    for entry in entries:
        try:
            best = best_plain(entry)
        except RunError as error:
            problems[str(error)] = None
            continue
        if best is not None:
            found.append((entry, best))
    places = [(entry.cohort, entry.protocol, entry.variant) for entry, _ in found]
    return dict(zip(places, adjust_plain(found), strict=True)), tuple(problems)


def plan(grid: Grid, cohort: str) -> list[Cell]:
    """The cells of one cohort, planned once until a file of it changes."""
    folder, names = folder_of(cohort), tuple(data.cohort_folders())
    of = () if folder is None else data.cohort_stamp(folder)
    own = cohort_grid(grid, cohort).model_dump_json(by_alias=True)
    return _plan(own, str(data.workspace().root), names, of)


@st.cache_resource(max_entries=64, show_spinner=False)
def _plan(grid: str, root: str, names: tuple[str, ...], of: Stamp) -> list[Cell]:
    return plan_cells(Grid.model_validate_json(grid), data.workspace(), data.cohort)


def cohort_grid(grid: Grid, cohort: str) -> Grid:
    """The grid on one cohort alone, with the types of omics that the paper has."""
    types = types_of_paper(cohort)
    return choose(grid, cohorts=[cohort], changes={"cohort.omics": types} if types else {})


def types_of_paper(cohort: str) -> list[str]:
    """The paper's types of omics in a cohort that has others too; empty where it has no others."""
    folder = folder_of(cohort)
    if folder is None:
        return []
    try:
        has = list(read_manifest(folder).omics)
    except PompError:  # said of each cell when it is planned
        return []
    own = [name for name in has if any(pattern.search(name) for pattern in TYPES.values())]
    return own if own and len(own) < len(has) else []
