"""Null experiments: what is planned, which runs belong together, and what their scores come to."""

from __future__ import annotations

from math import isnan
from typing import Any

import pandas as pd
import pytest

from pomp.config import CohortConfig, override
from pomp.data.cohort import read_cohort
from pomp.errors import ConfigError
from pomp.runs.grid.cells import Cell, plan_cells
from pomp.runs.null import (
    find_experiment,
    find_experiments,
    is_null,
    mean_score,
    null_grid,
    sharing_reader,
    summarise,
    summarise_scores,
)
from pomp.runs.repeats import repeats
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.grids import finish, make_run
from tests.runs.omics_cohort import write_omics_cohort

SMALL = {"folds": 2, "finetune.epochs": 1}


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    write_omics_cohort(workspace.cohorts / "liver", "L", seed=3)
    return workspace


def cells_of(workspace: Workspace, *protocols: str, permutations: range = range(3), **changes: Any) -> list[Cell]:
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    grid = null_grid("liver", "demo", SMALL | dotted, protocols or ("honest",), permutations)
    return plan_cells(grid, workspace, sharing_reader())


def own_run(workspace: Workspace, protocol: str = "honest", **changes: Any) -> Run:
    """The finished run with everybody's own outcome."""
    (cell, *_) = cells_of(workspace, protocol, **changes)
    assert cell.wanted is not None
    config = override(cell.wanted.config, {"cohort.permutation": None})
    return finish(workspace.runs.create(read_cohort(workspace.cohorts / "liver", config.cohort), config))


# What is planned


def test_a_run_a_permutation_and_protocol_with_the_outcomes_dealt_alike(workspace: Workspace) -> None:
    cells = cells_of(workspace, "honest", "paper", permutations=range(4, 6), seed=7)
    assert [(cell.protocol, cell.seed, cell.variant) for cell in cells] == [
        ("honest", 7, "permutation 4"), ("honest", 7, "permutation 5"),
        ("paper", 7, "permutation 4"), ("paper", 7, "permutation 5"),
    ]  # fmt: skip
    runs = [make_run(cell, workspace) for cell in cells]
    assert len({run.config.digest for run in runs}) == 4
    assert [run.config.cohort.permutation for run in runs] == [4, 5, 4, 5]
    assert all(map(is_null, runs))
    assert not is_null(own_run(workspace))
    assert "--set cohort.permutation=5" in runs[1].info.command
    folds = [run.splits().digest for run in runs]
    assert folds[0] == folds[2] != folds[1] == folds[3]


def test_folds_hold_the_events_that_were_dealt(workspace: Workspace) -> None:
    """32 of 40 patients have the event: 16 in each of two folds."""
    run = make_run(cells_of(workspace)[0], workspace)
    dealt = read_cohort(run.cohort_folder, run.config.cohort).outcome
    own = read_cohort(run.cohort_folder).outcome
    assert [dealt.loc[list(fold.test), "event"].sum() for fold in run.splits().folds] == [16, 16]
    assert not dealt["event"].equals(own["event"])
    assert (dealt["event"].sum(), run.info.cohort.events) == (32, 32)


def test_the_cohort_is_read_once(workspace: Workspace) -> None:
    read, folder = sharing_reader(), workspace.cohorts / "liver"
    for permutation in (None, 0, 1):
        config = CohortConfig(permutation=permutation)
        assert read(folder, config).omics is read(folder, CohortConfig()).omics
        pd.testing.assert_frame_equal(read(folder, config).outcome, read_cohort(folder, config).outcome)


@pytest.mark.parametrize(
    ("changes", "protocols", "message"),
    [
        ({"cohort.permutation": 3}, (), "'cohort.permutation' is what a null experiment varies: leave it out"),
        ({"protocol": "paper"}, (), "'protocol' is what a null experiment varies"),
        ({"pretrain.poq": 1}, (), r"There is no setting 'pretrain\.poq'"),
        ({"folds": 1}, (), "folds: Input should be greater than or equal to 2"),
        ({}, ("fair",), "got 'fair'"),
        ({}, ("paper", "paper"), "paper stands there twice"),
    ],
)
def test_refused(changes: dict[str, Any], protocols: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        null_grid("liver", "demo", changes, protocols, range(2))


# Which runs belong together


def test_runs_of_an_experiment_and_those_beside_it(workspace: Workspace) -> None:
    cells = cells_of(workspace, "honest", "paper")
    assert find_experiments(workspace.runs.list()) == []
    assert find_experiment(cells[0], workspace.runs.list()) is None
    unfinished, *others = [make_run(cell, workspace) for cell in cells]
    for run in others:
        finish(run)
    own = own_run(workspace)
    finish(make_run(cells_of(workspace, omics__genes=5)[2], workspace))  # other settings: another experiment
    finish(make_run(cells_of(workspace, seed=1)[2], workspace))
    own_run(workspace, finetune__epochs=2)
    found = find_experiment(cells[0], workspace.runs.list())
    assert found is not None
    assert {protocol: sorted(runs) for protocol, runs in found.runs.items()} == {"honest": [1, 2], "paper": [0, 1, 2]}
    assert {run.id for runs in found.runs.values() for run in runs.values()} == {run.id for run in others}
    assert dict(found.own) == {"honest": own}
    assert unfinished.status().state == "STOPPED"
    assert (found.config.protocol, found.config.cohort.permutation) == ("honest", None)
    assert len(find_experiments(workspace.runs.list())) == 3
    assert sorted(found.restricted({2, 9}).runs["paper"]) == [2]


def test_a_permutation_is_never_among_the_repeats_of_a_result(workspace: Workspace) -> None:
    own = own_run(workspace)
    null = finish(make_run(cells_of(workspace, seed=1)[0], workspace))
    assert repeats(own, workspace.runs.list()) == [own]
    assert repeats(null, workspace.runs.list()) == [null]


def test_each_protocol_has_a_summary_of_its_runs(workspace: Workspace) -> None:
    for cell in cells_of(workspace, "paper", "honest"):
        finish(make_run(cell, workspace), signal=1.0 if cell.protocol == "paper" else 0.0)
    own = own_run(workspace, "paper")
    (experiment,) = find_experiments(workspace.runs.list())
    honest, paper = summarise(experiment)
    assert (honest.protocol, paper.protocol) == ("honest", "paper")
    assert honest.own is None
    assert paper.own == mean_score(own)
    assert paper.scores == {k: mean_score(run) for k, run in experiment.runs["paper"].items()}
    assert paper.mean > honest.mean


# What their scores come to

T3 = 4.302653
"""97.5 % quantile of Student's t with 2 degrees of freedom (R: qt(0.975, 2))."""


def test_mean_and_interval_of_three() -> None:
    """R: t.test(c(0.4, 0.5, 0.6))$conf.int is 0.2515862 to 0.7484138."""
    found = summarise_scores("honest", {0: 0.4, 1: 0.5, 2: 0.6}, own=0.55)
    assert (found.mean, found.sd) == pytest.approx((0.5, 0.1))
    assert (found.lower, found.upper) == pytest.approx((0.5 - T3 * 0.1 / 3**0.5, 0.5 + T3 * 0.1 / 3**0.5))
    assert (found.lower, found.upper) == pytest.approx((0.2515862, 0.7484138), abs=1e-7)
    assert found.above == pytest.approx(1 / 3)  # 0.5 itself is not above
    assert found.p == (1 + 1) / (3 + 1)


def test_the_interval_is_cut_at_what_a_c_index_can_be() -> None:
    """Of two permutations, t has one degree of freedom: 12.7 times 0.1 to either side."""
    found = summarise_scores("honest", {0: 0.4, 1: 0.6}, own=None)
    assert (found.lower, found.upper) == (0, 1)
    alone = summarise_scores("honest", {0: 0.4}, own=None)
    assert isnan(alone.lower)
    assert isnan(alone.upper)


def test_a_run_without_a_c_index_counts_for_nothing() -> None:
    scores = {0: 0.5, 1: float("nan"), 2: 0.52}
    found = summarise_scores("honest", scores, 0.6)
    assert (found.mean, found.above, found.p) == (pytest.approx(0.51), 0.5, pytest.approx(1 / 3))
    assert summarise_scores("honest", scores, float("nan")).p is None
    assert isnan(summarise_scores("honest", {0: float("nan")}, 0.6).mean)
    assert summarise_scores("honest", {0: float("nan")}, 0.6).p is None


def test_one_permutation_has_no_interval() -> None:
    found = summarise_scores("honest", {4: 0.7}, own=None)
    assert isnan(found.sd)
    assert isnan(found.lower)
    assert (found.mean, found.above, found.p) == (0.7, 1.0, None)
    assert found.verdict == "too few permutations to tell"


@pytest.mark.parametrize(("own", "p"), [(0.7, 1 / 5), (0.6, 2 / 5), (0.3, 1.0)])
def test_permutation_p_counts_the_run_itself(own: float, p: float) -> None:
    assert summarise_scores("paper", {0: 0.4, 1: 0.5, 2: 0.45, 3: 0.6}, own).p == pytest.approx(p)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ((0.45, 0.55, 0.5), "0.5 lies within: no sign that the protocol finds signal where there is none"),
        ((0.62, 0.6, 0.61), "the protocol finds signal where there is none"),
        ((0.42, 0.4, 0.41), "below 0.5, which happens by chance only or by a mistake: take more permutations"),
    ],
)
def test_verdict(scores: tuple[float, ...], verdict: str) -> None:
    assert summarise_scores("honest", dict(enumerate(scores)), None).verdict == verdict
