"""Which run fills which cell, what the cells score, and what is launched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.config import CohortConfig, RunConfig
from pomp.data.cohort import Cohort, read_cohort
from pomp.errors import CohortError, RunError
from pomp.evaluation.corrected_t import CorrectedT, corrected_t
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.report import evaluate
from pomp.evaluation.uncertainty import Interval
from pomp.evaluation.verdict import judge
from pomp.runs.backends.local import LocalBackend
from pomp.runs.grid.cells import Cell, plan_cells, same_runs
from pomp.runs.grid.fill import FilledCell, distinct, fill, seconds_left, to_do
from pomp.runs.grid.launch import begin, launch
from pomp.runs.grid.score import compare, mean_sd, score_run
from pomp.runs.grid.spec import Grid, choose
from pomp.runs.grid.table import Entry, describe, difference_text, make_entries, markdown, score_text, tidy
from pomp.runs.run import Run
from pomp.runs.status import Status, Until
from pomp.runs.workspace import Workspace
from tests.runs.grids import GRID, cell_of, finish, make_run, small_grid
from tests.runs.omics_cohort import write_omics_cohort


class Quiet(LocalBackend):
    """Starts no process."""

    def wake(self) -> None:
        pass


def states(workspace: Workspace, text: str = GRID) -> dict[str, str]:
    cells = plan_cells(small_grid(workspace, text), workspace)
    return {one.cell.variant: one.state for one in fill(cells, workspace.runs.list())}


def test_every_cell_is_planned_and_each_cohort_read_once(workspace: Workspace) -> None:
    write_omics_cohort(workspace.cohorts / "other", "O", seed=4)
    grid = choose(
        small_grid(workspace), cohorts=["lihc", "other"], seeds=[0, 1], protocols=["honest", "paper"]
    )  # fmt: skip
    asked: list[str] = []

    def read(folder: Path, config: CohortConfig) -> Cohort:
        asked.append(folder.name)
        return read_cohort(folder, config)

    cells = plan_cells(grid, workspace, read)
    assert asked == ["TCGA-LIHC", "other"]
    assert len(cells) == len({cell.key for cell in cells}) == 2 * 2 * 3 * 2
    assert {cell.problem for cell in cells} == {""}
    first = cells[0]
    assert (first.cohort, first.protocol, first.variant, first.seed) == ("lihc", "honest", "none", 0)
    assert first.wanted is not None
    assert first.wanted.config.model.modalities == "omics"
    assert first.key == ("TCGA-LIHC", read_cohort(workspace.cohorts / "TCGA-LIHC").digest, first.wanted.config.digest,
                         ())  # fmt: skip


def test_a_cell_that_cannot_be_divided_into_folds_says_so(workspace: Workspace) -> None:
    text = GRID.replace("changes = { omics = { genes = 5 } }", "changes = { folds = 40 }")
    cells = plan_cells(small_grid(workspace, text), workspace)
    assert [bool(cell.problem) for cell in cells] == [False, True, False]
    assert "32 events among 40 patients cannot fill 40 folds" in cells[1].problem


def test_cells_that_cannot_be_say_why_and_do_not_stop_the_others(workspace: Workspace) -> None:
    text = GRID.replace('name = "few"', 'name = "few"\nreference = false').replace(
        "changes = { omics = { genes = 5 } }", 'changes = { model.modalities = "both" }'
    )
    grid = choose(small_grid(workspace, text), cohorts=["LIHC", "LGG"])
    cells = plan_cells(grid, workspace)
    filled = fill(cells, workspace.runs.list())
    assert [one.state for one in filled] == ["MISSING", "IMPOSSIBLE", "MISSING", *["IMPOSSIBLE"] * 3]
    assert "has no slides" in cells[1].problem
    entries = make_entries(grid, filled)
    said = markdown(grid, entries, ())
    assert "- LIHC, few: Cohort 'TCGA-LIHC' has no slides" in said
    assert said.count("There is no cohort 'LGG'") == 1
    assert [one.cell.cohort for one in to_do(filled)] == ["LIHC", "LIHC"]


@pytest.mark.parametrize(("made", "state"), [
    ([], "MISSING"),
    (["STOPPED"], "STOPPED"),
    (["QUEUED"], "QUEUED"),
    (["RUNNING"], "INTERRUPTED"),  # nobody holds it
    (["FAILED"], "FAILED"),
    (["DONE"], "DONE"),
    (["DONE", "FAILED"], "DONE"),
    (["QUEUED", "FAILED"], "QUEUED"),
    (["DONE", "QUEUED"], "DONE"),
    (["FAILED", "STOPPED"], "STOPPED"),
])  # fmt: skip
def test_of_several_runs_the_one_that_is_furthest_fills_the_cell(
    workspace: Workspace, made: list[str], state: str
) -> None:
    cell = cell_of(small_grid(workspace), workspace, "few")
    for one in made:  # oldest first
        make_run(cell, workspace).write_status(state=one)
    assert states(workspace) == {"none": "MISSING", "few": state, "all": "MISSING"}


def test_of_several_finished_runs_the_newest_fills_the_cell(workspace: Workspace) -> None:
    cell = cell_of(small_grid(workspace), workspace, "few")
    runs = [finish(make_run(cell, workspace)) for _ in range(2)]
    stamped = [replace(run, info=run.info.model_copy(update={"created": f"2025-01-0{day}"})) for day, run in
               enumerate(runs, start=1)]  # fmt: skip
    (filled,) = fill([cell], sorted(stamped, key=lambda run: run.info.created, reverse=True))
    assert filled.run is stamped[1]


@pytest.mark.parametrize("change", ["cohort", "seed", "setting"])
def test_another_run_does_not_fill_the_cell(workspace: Workspace, change: str) -> None:
    grid = small_grid(workspace)
    cell = cell_of(choose(grid, seeds=[1]), workspace, "few", 1) if change == "seed" else cell_of(
        choose(grid, changes={"finetune.epochs": 2}) if change == "setting" else grid, workspace, "few"
    )  # fmt: skip
    finish(make_run(cell, workspace))
    if change == "cohort":
        table = pd.read_csv(workspace.cohorts / "TCGA-LIHC" / "mrna.csv")
        table.iloc[:-1].to_csv(workspace.cohorts / "TCGA-LIHC" / "mrna.csv", index=False)
    assert states(workspace)["few"] == "MISSING"


def test_variants_that_come_to_one_run_share_it(workspace: Workspace) -> None:
    text = GRID.replace("{ omics = { genes = 5 } }", "{ pretrain.poc = 0.5 }")  # there are no slides: it is left out
    grid = small_grid(workspace, text)
    finish(make_run(cell_of(grid, workspace, "all"), workspace))
    cells = plan_cells(grid, workspace)
    filled = fill(cells, workspace.runs.list())
    assert [one.state for one in filled] == ["MISSING", "DONE", "DONE"]
    assert len(distinct(filled)) == 2
    assert same_runs(cells) == ["TCGA-LIHC: few and all come to the same settings, hence to one run."]
    assert difference_text(make_entries(grid, filled)[1]) == "the run of the reference"


# Scores


def test_the_score_is_the_reports(workspace: Workspace) -> None:
    run = finish(make_run(cell_of(small_grid(workspace), workspace, "few"), workspace))
    score, report = score_run(run), evaluate(run.require_predictions()).score
    assert score.folds == tuple(fold.harrell for fold in report.folds)
    assert mean_sd([score]) == pytest.approx((report.mean, report.sd))
    assert score.drawn[0] == pytest.approx(report.mean)
    assert score_run(run) is score
    finish(run, signal=9.0)
    assert mean_sd([score_run(run)])[0] > report.mean


def test_a_run_without_predictions_has_no_score(workspace: Workspace) -> None:
    with pytest.raises(RunError, match="no out-of-fold predictions"):
        score_run(make_run(cell_of(small_grid(workspace), workspace, "few"), workspace))


def clear(value: float) -> CorrectedT:
    """A test that 25 folds pass at once."""
    return corrected_t(value + np.linspace(-0.01, 0.01, 25), 20, 80)


def test_the_difference_is_paired(workspace: Workspace) -> None:
    grid = small_grid(workspace)
    strong, weak, same = (
        score_run(finish(make_run(cell_of(grid, workspace, name), workspace), signal))
        for name, signal in (("none", 9.0), ("few", 0.0), ("all", 9.0))
    )
    found = compare({0: strong}, {0: weak})
    assert found is not None
    assert found.value == pytest.approx(mean_sd([strong])[0] - mean_sd([weak])[0])
    assert found.lower > 0
    alike = compare({0: strong}, {0: same})
    assert alike is not None
    assert (alike.value, alike.lower, alike.upper, alike.told_apart) == (0.0, 0.0, 0.0, False)
    half = len(strong.table) / 2
    assert found.training == corrected_t(np.subtract(strong.folds, weak.folds), half, half)
    assert found.verdict == judge(Interval(found.lower, found.upper), found.training)
    assert not found.told_apart  # the interval leaves 0 out, but two folds are no evidence of other training patients
    assert not replace(found, training=clear(found.value), adjusted_p=0.2).told_apart
    assert replace(found, training=clear(found.value), adjusted_p=0.01).told_apart
    assert compare({0: strong}, {1: weak}) is None
    both = compare({0: strong, 1: strong}, {0: weak, 1: same})
    assert both is not None
    assert both.value == pytest.approx(found.value / 2)
    moved = replace(weak, table=weak.table.assign(fold=1 - weak.table["fold"]))
    assert compare({0: strong}, {0: moved}) is None


def test_the_table(workspace: Workspace) -> None:
    grid = choose(small_grid(workspace), seeds=[0, 1])
    for name, signal in (("none", 0.0), ("all", 9.0)):
        finish(make_run(cell_of(grid, workspace, name), workspace), signal)
    finish(make_run(cell_of(grid, workspace, "all", 1), workspace), 9.0)
    failed = make_run(cell_of(grid, workspace, "few", 1), workspace)
    failed.write_status(state="FAILED", error="Disk full.")
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    none, few, everything = entries
    assert [describe(entry) for entry in entries] == ["1 done, 1 missing", "1 missing, 1 failed", "2 done"]
    assert score_text(none).endswith(" · 1 done, 1 missing")
    assert score_text(few) == "1 missing, 1 failed"
    assert none.difference is not None
    assert none.difference.upper < 0
    assert difference_text(none).startswith("−0.")
    assert few.difference is everything.difference is None
    table = tidy(grid, entries).set_index("variant")
    assert table.loc["none", ["published", "published_sd", "seeds", "told_apart"]].tolist() == [0.7, 0.03, "0", False]
    assert table.loc["none", "p_value"] == none.difference.training.p_value
    assert none.difference.adjusted_p is None  # it is the only comparison
    assert table.loc["all", "c_index"] == pytest.approx(mean_sd(list(everything.scores.values()))[0])
    assert table.loc["few", "runs"] == failed.id
    said = markdown(grid, entries, ["It cannot be:\n- for a reason", "A remark."])
    assert "\n- It cannot be: for a reason\n" in said
    assert "| few: few genes | 1 missing, 1 failed |" in said
    assert "published 0.700 ± 0.030" in said
    assert "- Published: Table 9," in said
    assert said.endswith("- A remark.\n")


def test_what_cannot_be_or_is_under_way_is_said() -> None:
    cell = Cell("liver", "honest", "all", 0, None, "")
    states = [
        FilledCell(replace(cell, problem="no slides"), None, None),
        FilledCell(cell, None, Status(state="RUNNING", progress=0.42)),
        FilledCell(cell, None, Status(state="STOPPED")),
    ]
    entries = [Entry("liver", "honest", "all", (one,), {}, None, False, None, "") for one in states]
    assert [describe(entry) for entry in entries] == ["cannot be run", "running 42 %", "not finished"]


def test_text_of_a_grid_is_shown_letter_by_letter(workspace: Workspace) -> None:
    text = GRID.replace("Small grid", "[x](http://h.invalid) @team").replace("few genes", "<b> | :tada: www.h.invalid")
    grid = small_grid(workspace, text)
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    said = markdown(grid, entries, ["![x](http://h.invalid/x.png)"])
    assert said.startswith("# \\[x\\](http:\u2060//h.invalid) \u2060@\u2060team\n")
    assert "| few: \\<b\\> ¦ :\u2060tada: www\u2060.h.invalid | missing |" in said
    assert said.endswith("- !\\[x\\](http:\u2060//h.invalid/x.png)\n")


def test_p_values_are_adjusted_for_all_comparisons_of_a_protocol(workspace: Workspace) -> None:
    grid = small_grid(workspace)
    for name, signal in (("none", 0.0), ("few", 3.0), ("all", 9.0)):
        finish(make_run(cell_of(grid, workspace, name), workspace), signal)
    none, few, _ = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    assert none.difference is not None
    assert few.difference is not None
    found = [none.difference.adjusted_p, few.difference.adjusted_p]
    assert found == holm([none.difference.training.p_value, few.difference.training.p_value]).tolist()


def test_damaged_predictions_are_told_and_do_not_stop_the_others(workspace: Workspace) -> None:
    grid = small_grid(workspace)
    run = finish(make_run(cell_of(grid, workspace, "few"), workspace))
    (run.folder / "predictions.parquet").write_bytes(b"PAR1")
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    assert "predictions.parquet is damaged" in markdown(grid, entries, ())


def test_other_patients_are_not_compared(workspace: Workspace) -> None:
    grid = small_grid(workspace, GRID.replace("{ omics = { genes = 5 } }", "{ cohort.min_days = 300.0 }"))
    for name in ("few", "all"):
        finish(make_run(cell_of(grid, workspace, name), workspace))
    entries = make_entries(grid, fill(plan_cells(grid, workspace), workspace.runs.list()))
    assert entries[1].difference is None
    assert "few: Not the patients and folds of all" in markdown(grid, entries, ())


# Launching


def test_only_what_is_missing_is_launched(workspace: Workspace) -> None:
    grid = choose(small_grid(workspace), seeds=[0, 1])
    done = finish(make_run(cell_of(grid, workspace, "none"), workspace))
    stopped = make_run(cell_of(grid, workspace, "none", 1), workspace)
    failed = make_run(cell_of(grid, workspace, "few"), workspace)
    failed.write_status(state="FAILED", error="Disk full.")
    cells, backend = plan_cells(grid, workspace), Quiet(workspace)
    made = launch(grid, cells, backend)
    assert (made.left, made.refused) == ((), ())
    assert len(made.queued) == 4
    assert made.queued[0].id == stopped.id
    assert {run.info.title for run in made.queued[1:]} == {"small: few", "small: all"}
    assert backend.waiting() == [run.id for run in made.queued]
    assert [done.status().state, failed.status().state] == ["DONE", "FAILED"]
    assert launch(grid, cells, backend).queued == ()
    assert len(workspace.runs.list()) == 6


def test_a_full_queue_takes_the_rest_later(workspace: Workspace) -> None:
    grid = small_grid(workspace)
    workspace.queue.limit = 2
    cells, backend = plan_cells(grid, workspace), Quiet(workspace)
    made = launch(grid, cells, backend)
    assert len(made.queued) == 2
    assert [cell.variant for cell in made.left] == ["all"]
    backend.stop(made.queued[0])
    assert [run.info.title for run in launch(grid, made.left, backend).queued] == ["small: all"]


def test_a_cell_that_cannot_be_made_does_not_stop_the_others(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = workspace.runs.create

    def refuse_few(cohort: Cohort, config: RunConfig, title: str = "") -> Run:
        if title.endswith("few"):
            raise CohortError("The cohort has changed meanwhile.")
        return create(cohort, config, title)

    monkeypatch.setattr(workspace.runs, "create", refuse_few)
    grid = small_grid(workspace)
    made = launch(grid, plan_cells(grid, workspace), Quiet(workspace))
    assert len(made.queued) == 2
    (said,) = made.refused
    assert said.startswith("TCGA-LIHC, few, honest: ")


def test_a_queue_that_takes_nothing_ends_the_launch(workspace: Workspace) -> None:
    class Down(Quiet):
        def submit(self, run: Run, until: Until = "end") -> int:
            raise RunError("No cluster answers.")

    grid = small_grid(workspace)
    with pytest.raises(RunError, match="No cluster answers"):
        launch(grid, plan_cells(grid, workspace), Down(workspace))
    assert len(workspace.runs.list()) == 1


def test_what_somebody_else_has_just_queued_is_no_error(workspace: Workspace) -> None:
    class Late(Quiet):
        def submit(self, run: Run, until: Until = "end") -> int:
            run.write_status(state="QUEUED")
            raise RunError("It is being started already.")

    grid = small_grid(workspace)
    assert len(launch(grid, plan_cells(grid, workspace), Late(workspace)).queued) == 3


def test_begin_makes_a_run_once(workspace: Workspace) -> None:
    grid = small_grid(workspace)
    cell = cell_of(grid, workspace, "few")
    run = begin(grid, cell, workspace)
    assert run is not None
    assert run.info.title == "small: few"
    again = begin(grid, cell, workspace)
    assert again is not None
    assert again.id == run.id
    finish(run)
    assert begin(grid, cell, workspace) is None


# Time left


def test_time_left(workspace: Workspace) -> None:
    write_omics_cohort(workspace.cohorts / "larger", "O", seed=4, patients=80)
    small = choose(small_grid(workspace), seeds=[0, 1])

    def left(grid: Grid = small) -> float | None:
        filled = fill(plan_cells(grid, workspace), workspace.runs.list())
        return seconds_left(filled, [one for one in filled if one.state != "DONE"])

    assert left() is None
    finish(make_run(cell_of(small, workspace, "none"), workspace))  # 60 s
    assert left() == 5 * 60
    larger = choose(small, cohorts=["TCGA-LIHC", "larger"], seeds=[0])
    assert left(larger) == 2 * 60 + 3 * 120  # twice as many patients
    running = make_run(cell_of(small, workspace, "few"), workspace)
    running.write_status(state="RUNNING", eta_seconds=20.0, started=_ago(160))
    with running.hold():
        assert left() == pytest.approx(20 + 4 * (60 + 180) / 2, abs=20)
        other = make_run(cell_of(small, workspace, "all"), workspace)
        other.write_status(state="RUNNING", eta_seconds=40.0, started=_ago(20))
        with other.hold():
            assert left() == pytest.approx((20 + 40 + 3 * (60 + 180 + 60) / 3) / 2, abs=20)


def _ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
