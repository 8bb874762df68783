"""Runs that stand in for a cell: which do, which do not, and what is said about them."""

from __future__ import annotations

from typing import Any

import pytest

from pomp.config import override
from pomp.data.cohort import read_cohort
from pomp.runs.grid.cells import plan_cells
from pomp.runs.grid.fill import FilledCell, fill
from pomp.runs.grid.spec import choose
from pomp.runs.grid.stand_in import FILES, deviations, stand_in
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.grids import cell_of, finish, read_wanted, small_grid
from tests.runs.omics_cohort import MRNA, TYPES, write_omics_cohort


def make_like(workspace: Workspace, variant: str, changes: dict[str, Any], *, done: bool = True) -> Run:
    """A run as the cell of a variant asks, with some settings changed."""
    cell = cell_of(small_grid(workspace), workspace, variant)
    assert cell.wanted is not None
    config = override(cell.wanted.config, changes)
    run = workspace.runs.create(read_cohort(cell.wanted.folder, config.cohort), config)
    return finish(run) if done else run


def shown(workspace: Workspace, **sides: Any) -> dict[str, FilledCell]:
    runs = workspace.runs.list()
    cells = plan_cells(choose(small_grid(workspace), **sides), workspace)
    return {one.cell.variant: one for one in stand_in(fill(cells, runs), runs)}


@pytest.mark.parametrize("changes", [
    {"model.width": 48},
    {"finetune.epochs": 7},
    {"finetune.learning_rate": 0.01, "model.dropout": 0.1},
    {"folds": 3},
    {"pretrain.epochs": 3},
    {"cohort.complete_cases": True},
    {"pretrain.mom": 0.5},
    {"model.risk": "fusion"},  # a model of omics alone has no choice of risk
])  # fmt: skip
def test_another_size_stands_in_and_what_deviates_is_told(workspace: Workspace, changes: dict[str, Any]) -> None:
    run = make_like(workspace, "all", changes)
    one = shown(workspace)["all"]
    assert (one.run, one.state) == (run, "DONE")
    found = deviations(one)
    assert {deviation.setting: deviation.here for deviation in found} == changes
    assert all(deviation.asked != deviation.here for deviation in found)


@pytest.mark.parametrize("changes", [
    {"model.system": "deepsurv"},
    {"protocol": "paper"},
    {"seed": 3},
    {"pretrain.mom": 0.0},
    {"omics.selector": "cox_score"},
    {"cohort.permutation": 1},
    {"cohort.omics": ["mrna"]},
])  # fmt: skip
def test_another_experiment_does_not_stand_in(workspace: Workspace, changes: dict[str, Any]) -> None:
    make_like(workspace, "all", changes)
    assert shown(workspace)["all"].state == "MISSING"


def test_a_run_of_another_cohort_does_not_stand_in(workspace: Workspace) -> None:
    make_like(workspace, "all", {"model.width": 48})
    write_omics_cohort(workspace.cohorts / "STAD", "S", seed=4)
    assert shown(workspace, cohorts=["STAD"])["all"].state == "MISSING"


def test_more_types_of_omics_than_asked_for_stand_in(workspace: Workspace) -> None:
    write_omics_cohort(workspace.cohorts / "TCGA-LIHC", "L", seed=3, types={**TYPES, "cnv": MRNA})
    run = make_like(workspace, "all", {})
    one = shown(workspace, changes={"cohort.omics": ["mirna", "mrna"]})["all"]
    assert one.run == run
    assert [deviation.setting for deviation in deviations(one)] == ["cohort.omics"]


def test_what_was_pretrained_does_not_stand_in_for_one_type_of_omics_which_is_not(workspace: Workspace) -> None:
    make_like(workspace, "all", {})
    assert shown(workspace, changes={"cohort.omics": ["mrna"]})["all"].state == "MISSING"


def test_the_very_run_comes_before_any_other(workspace: Workspace) -> None:
    exact = make_like(workspace, "all", {})
    make_like(workspace, "all", {"model.width": 48})  # newer
    one = shown(workspace)["all"]
    assert one.run == exact
    assert deviations(one) == ()


def test_the_run_that_deviates_least_stands_in_and_of_equals_the_newest(workspace: Workspace) -> None:
    first = make_like(workspace, "all", {"model.width": 48})
    make_like(workspace, "all", {"model.width": 48, "finetune.epochs": 9})
    assert shown(workspace)["all"].run == first
    newer = make_like(workspace, "all", {"model.dropout": 0.3})
    assert shown(workspace)["all"].run == newer


def test_what_is_not_finished_stands_in_for_nothing(workspace: Workspace) -> None:
    make_like(workspace, "all", {"model.width": 48}, done=False)
    assert shown(workspace)["all"].state == "MISSING"


def test_a_finished_stand_in_comes_before_the_very_run_that_has_just_been_queued(workspace: Workspace) -> None:
    run = make_like(workspace, "all", {"model.width": 48})
    make_like(workspace, "all", {}, done=False)
    assert shown(workspace)["all"].run == run


def test_a_cell_that_cannot_be_stays_so(workspace: Workspace) -> None:
    make_like(workspace, "all", {"model.width": 48})
    assert {one.state for one in shown(workspace, cohorts=["LGG"]).values()} == {"IMPOSSIBLE"}


def test_files_that_were_changed_since_are_a_deviation(workspace: Workspace) -> None:
    run = make_like(workspace, "all", {})
    cohort = read_wanted(cell_of(small_grid(workspace), workspace, "all"))
    table = next(file for file in sorted(cohort.folder.iterdir()) if file.name.startswith("clinical"))
    text = table.read_text(encoding="utf-8")
    table.write_text(text + "\n", encoding="utf-8")
    one = shown(workspace)["all"]
    assert one.run == run
    assert [deviation.setting for deviation in deviations(one)] == [FILES]
