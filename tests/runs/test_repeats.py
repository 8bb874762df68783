"""Runs that differ in nothing but the seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pomp.config import override
from pomp.runs.repeats import repeats
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.fakes import CONFIG, tiny_cohort


def finished(
    workspace: Workspace, seed: int, digest: str = "0123456789abcdef", name: str = "tiny", **changes: Any
) -> Run:
    config = override(CONFIG, {"seed": seed} | {name.replace("__", "."): value for name, value in changes.items()})
    run = workspace.runs.create(replace(tiny_cohort(workspace.cohorts / "tiny"), digest=digest, name=name), config)
    run.write_status(state="DONE")
    return run


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_the_run_and_its_repeats_by_seed(workspace: Workspace) -> None:
    made = {seed: finished(workspace, seed) for seed in (7, 0, 3)}
    found = repeats(made[3], workspace.runs.list())
    assert [run.id for run in found] == [made[seed].id for seed in (0, 3, 7)]


OTHERS: dict[str, dict[str, Any]] = {
    "another cohort": {"digest": "fedcba9876543210"},
    "another name of the cohort": {"name": "large"},
    "other settings": {"finetune__epochs": 7},
    "another protocol": {"protocol": "paper"},
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_differs_in_more_is_none(case: str, workspace: Workspace) -> None:
    run, _ = finished(workspace, 0), finished(workspace, 1, **OTHERS[case])
    assert [found.id for found in repeats(run, workspace.runs.list())] == [run.id]


def test_what_is_not_finished_is_none(workspace: Workspace) -> None:
    run, other = finished(workspace, 0), finished(workspace, 1)
    other.write_status(state="STOPPED")
    assert [found.id for found in repeats(run, workspace.runs.list())] == [run.id]
    run.write_status(state="FAILED")
    assert repeats(run, workspace.runs.list()) == []


def test_a_seed_counts_once(workspace: Workspace) -> None:
    """As the run that is asked about, or else as the newest."""
    first, _, other, newest = (finished(workspace, seed) for seed in (0, 0, 1, 1))
    assert newest.info.created > other.info.created
    found = repeats(first, workspace.runs.list())
    assert [run.id for run in found] == [first.id, newest.id]
