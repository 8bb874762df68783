"""How far runs reproduce the paper: places counted by hand, differences and the worth of a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from pomp.config import ProtocolName, override
from pomp.data.cohort import read_cohort
from pomp.errors import RunError
from pomp.evaluation.multiplicity import holm
from pomp.runs.grid.cells import plan_cells
from pomp.runs.grid.fill import fill
from pomp.runs.grid.plain import BestPlain, adjust_plain, best_plain
from pomp.runs.grid.reproduction import Reproduction, difference_to_published, summarise
from pomp.runs.grid.score import compare, mean_interval, score_plain, score_run
from pomp.runs.grid.spec import choose
from pomp.runs.grid.stand_in import stand_in
from pomp.runs.grid.table import Entry, make_entries
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.runs.grids import GRID, finish, small_grid

ROWS = GRID.replace('name = "all"\n', 'name = "all"\npublished = { LIHC = [0.6, 0.02] }\n')
PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)


def entries_of(workspace: Workspace, **sides: Any) -> list[Entry]:
    """The table of the small grid under all protocols, stand-ins included."""
    grid = choose(small_grid(workspace, ROWS), **{"protocols": PROTOCOLS} | sides)
    runs = workspace.runs.list()
    return make_entries(grid, stand_in(fill(plan_cells(grid, workspace), runs), runs))


def add(workspace: Workspace, variant: str, protocol: str, signal: float, **changes: Any) -> Run:
    grid = choose(small_grid(workspace, ROWS), protocols=[protocol], seeds=[changes.pop("seed", 0)])
    (wanted,) = [cell.wanted for cell in plan_cells(grid, workspace) if cell.variant == variant]
    assert wanted is not None
    config = override(wanted.config, {name.replace("__", "."): value for name, value in changes.items()})
    return finish(workspace.runs.create(read_cohort(wanted.folder, config.cohort), config), signal)


def mean_of(run: Run) -> float:
    return float(np.mean(score_run(run).folds))


def test_without_a_run_nothing_is_claimed(workspace: Workspace) -> None:
    assert summarise(entries_of(workspace)) == Reproduction(2, (), (), (), (), (), None)
    assert summarise([]).published == 0


def test_places_are_counted_once_whatever_protocols_and_tables_they_are_in(workspace: Workspace) -> None:
    add(workspace, "all", "honest", 1.0)
    add(workspace, "all", "paper", 1.0)
    add(workspace, "few", "honest", 1.0)  # nothing is published for it
    entries = entries_of(workspace)
    found = summarise([*entries, *entries])
    assert (found.published, found.filled) == (2, (("TCGA-LIHC", "all"),))
    assert found.with_slides == ()
    assert found.as_asked == found.filled


def test_a_stand_in_fills_a_place_and_is_not_as_asked(workspace: Workspace) -> None:
    add(workspace, "all", "honest", 1.0, model__width=48)
    found = summarise(entries_of(workspace))
    assert (len(found.filled), found.as_asked) == (1, ())


def test_one_run_fills_one_place(workspace: Workspace) -> None:
    """Rows that come to one run, as on a cohort without slides, are not counted as if each had been run."""
    text = ROWS.replace("changes = { pretrain.epochs = 0 }", "changes = { pretrain.poc = 0.0 }")
    small_grid(workspace, text)
    grid = choose(small_grid(workspace, text), protocols=["honest"])
    cells = plan_cells(grid, workspace)
    (wanted,) = [cell.wanted for cell in cells if cell.variant == "all"]
    assert wanted is not None
    finish(workspace.runs.create(read_cohort(wanted.folder), wanted.config))
    entries = make_entries(grid, fill(cells, workspace.runs.list()))
    assert [entry.alias for entry in entries] == [True, False, False]
    assert [bool(entry.scores) for entry in entries] == [True, False, True]
    assert summarise(entries).filled == (("TCGA-LIHC", "all"),)
    untold = [replace(entry, alias=False) for entry in entries]
    assert summarise(untold).filled == (("TCGA-LIHC", "none"),)  # without a reference, the first


def test_protocols_are_compared_where_all_of_them_are(workspace: Workspace) -> None:
    honest, paper = add(workspace, "all", "honest", 0.2), add(workspace, "all", "paper", 2.0)
    add(workspace, "none", "honest", 5.0)  # in one protocol only: it must not sway the comparison
    found = summarise(entries_of(workspace))
    assert len(found.filled) == 2
    assert found.compared == (("TCGA-LIHC", "all"),)
    by_name = {one.protocol: one for one in found.near}
    assert by_name.keys() == {"honest", "paper"}
    assert by_name["honest"].difference == pytest.approx(mean_of(honest) - 0.6)
    assert by_name["paper"].difference == pytest.approx(mean_of(paper) - 0.6)
    assert by_name["honest"].distance == abs(by_name["honest"].difference)
    assert found.optimism is None  # paper-released is not there


def test_protocols_of_different_places_are_not_compared(workspace: Workspace) -> None:
    add(workspace, "all", "honest", 1.0)
    add(workspace, "none", "paper", 1.0)
    found = summarise(entries_of(workspace))
    assert (len(found.filled), found.compared, found.near) == (2, (), ())


def test_optimism_is_the_mean_over_places(workspace: Workspace) -> None:
    runs = {
        (variant, protocol): add(workspace, variant, protocol, signal)
        for variant, protocol, signal in (
            ("all", "honest", 0.2), ("all", "paper-released", 2.0),
            ("none", "honest", 0.5), ("none", "paper-released", 0.6),
        )
    }  # fmt: skip
    found = summarise(entries_of(workspace)).optimism
    assert found is not None
    means = {key: mean_of(run) for key, run in runs.items()}
    added = [means[name, "paper-released"] - means[name, "honest"] for name in ("all", "none")]
    assert (found.places, found.added) == (2, pytest.approx(np.mean(added)))
    above = [0.6 - means["all", "honest"], 0.7 - means["none", "honest"]]
    assert found.paper_above_honest == pytest.approx(np.mean(above))
    assert found.interval.lower < found.added < found.interval.upper
    alone = [
        compare({0: score_run(runs[name, "paper-released"])}, {0: score_run(runs[name, "honest"])})
        for name in ("all", "none")
    ]
    assert found.told_apart == sum(one is not None and one.told_apart for one in alone)


def test_protocols_are_told_apart_as_the_report_does(workspace: Workspace) -> None:
    """A third protocol beside them makes two comparisons."""
    honest, released = (add(workspace, "all", *way) for way in (("honest", 0.2), ("paper-released", 1.2)))
    alone = compare({0: score_run(released)}, {0: score_run(honest)})
    assert alone is not None
    assert alone.told_apart
    assert 0.025 < alone.training.p_value < 0.05
    found = summarise(entries_of(workspace)).optimism
    assert found is not None
    assert found.told_apart == 1
    add(workspace, "all", "paper", 0.4)
    found = summarise(entries_of(workspace)).optimism
    assert found is not None
    assert found.told_apart == 0


def test_other_folds_give_no_optimism(workspace: Workspace) -> None:
    add(workspace, "all", "honest", 1.0)
    add(workspace, "all", "paper-released", 1.0, folds=3)
    found = summarise(entries_of(workspace))
    assert len(found.near) == 2
    assert found.optimism is None


def test_difference_to_published(workspace: Workspace) -> None:
    run = add(workspace, "all", "honest", 1.0)
    add(workspace, "few", "honest", 1.0)
    found = {(entry.variant, entry.protocol): difference_to_published(entry) for entry in entries_of(workspace)}
    assert found["all", "honest"] == pytest.approx(mean_of(run) - 0.6)
    assert np.isnan([found["few", "honest"], found["all", "paper"]]).all()  # not published; not run


# Plain models


def write_plain(run: Run, signals: dict[str, float]) -> None:
    table = run.require_predictions()[["patient", "fold", "time_days", "event"]]
    noise = np.random.default_rng(4).normal(size=len(table))
    parts = [
        table.assign(model=model, risk=noise - signal * table["time_days"] / 900) for model, signal in signals.items()
    ]
    run.write_table("comparators", pd.concat(parts, ignore_index=True))


def of(entries: Sequence[Entry], variant: str = "all") -> Entry:
    return next(entry for entry in entries if (entry.variant, entry.protocol) == (variant, "honest"))


def test_the_best_plain_model_is_that_of_the_highest_mean(workspace: Workspace) -> None:
    run = add(workspace, "all", "honest", 1.0)
    write_plain(run, {"clinical Cox": 0.0, "ridge Cox": 3.0})
    best = best_plain(of(entries_of(workspace)))
    assert best is not None
    folds = score_plain(run)["ridge Cox"].folds
    assert (best.model, best.mean) == ("ridge Cox", pytest.approx(np.mean(folds)))
    assert best.sd == pytest.approx(np.std(folds, ddof=1))
    assert best.ahead is not None
    assert best.ahead.value == pytest.approx(mean_of(run) - best.mean)
    assert best.ahead.lower < best.ahead.value < best.ahead.upper


def test_a_plain_model_counts_if_every_seed_has_it(workspace: Workspace) -> None:
    runs = [add(workspace, "all", "honest", 1.0, seed=seed) for seed in (0, 1)]
    write_plain(runs[0], {"clinical Cox": 0.2, "ridge Cox": 3.0})
    write_plain(runs[1], {"clinical Cox": 0.2})
    best = best_plain(of(entries_of(workspace, seeds=[0, 1])))
    assert best is not None
    assert best.model == "clinical Cox"


def test_a_plain_model_that_lacks_a_fold_is_not_the_best_beside_one_that_has_all(workspace: Workspace) -> None:
    run = add(workspace, "all", "honest", 1.0)
    write_plain(run, {"ridge Cox": 0.1, "forest": 5.0})
    plain = run.comparators()
    assert plain is not None
    run.write_table("comparators", plain[(plain["model"] != "forest") | (plain["fold"] != 0)])
    best = best_plain(of(entries_of(workspace)))
    assert best is not None
    assert (best.model, best.ahead is None) == ("ridge Cox", False)
    run.write_table("comparators", plain[(plain["model"] == "forest") & (plain["fold"] != 0)])
    alone = best_plain(of(entries_of(workspace)))
    assert alone is not None
    assert (alone.model, alone.ahead) == ("forest", None)


def test_plain_models_of_a_protocol_are_adjusted_together(workspace: Workspace) -> None:
    for variant, signal in (("all", 1.0), ("few", 3.0)):
        write_plain(add(workspace, variant, "honest", signal), {"ridge Cox": 0.1})
    entries = [entry for entry in entries_of(workspace) if entry.scores]
    found: list[tuple[Entry, BestPlain]] = []
    for entry in entries:
        best = best_plain(entry)
        assert best is not None
        found.append((entry, best))
    raw = [best.ahead.training.p_value for _, best in found if best.ahead is not None]
    adjusted = [best.ahead.adjusted_p for best in adjust_plain(found) if best.ahead is not None]
    assert len(raw) == len(adjusted) == 2
    assert adjusted == pytest.approx(holm(raw).tolist())
    (alone,) = adjust_plain(found[:1])
    assert alone.ahead is not None
    assert alone.ahead.adjusted_p is None


def test_without_plain_models_there_is_no_best(workspace: Workspace) -> None:
    add(workspace, "all", "honest", 1.0)
    entries = entries_of(workspace)
    assert best_plain(of(entries)) is None
    assert best_plain(of(entries, "few")) is None


def test_a_damaged_table_of_plain_models_is_named(workspace: Workspace) -> None:
    run = add(workspace, "all", "honest", 1.0)
    (run.folder / "comparators.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(RunError, match=r"comparators\.parquet"):
        best_plain(of(entries_of(workspace)))


# Intervals


def test_the_interval_of_the_mean_holds_it(workspace: Workspace) -> None:
    scores = [score_run(add(workspace, "all", "honest", 1.0, seed=seed)) for seed in (0, 1)]
    one, both = mean_interval(scores[:1]), mean_interval(scores)
    assert one.lower < np.mean(scores[0].folds) < one.upper
    assert both.lower < np.mean([score.folds for score in scores]) < both.upper
    assert one != both


def test_there_is_no_interval_without_scores_or_over_different_patients(workspace: Workspace) -> None:
    score = score_run(add(workspace, "all", "honest", 1.0))
    fewer = replace(score, table=score.table.iloc[1:])
    other = replace(score, table=score.table.assign(patient="X" + score.table["patient"]))
    for scores in ([], [score, fewer], [score, other]):
        found = mean_interval(scores)
        assert np.isnan([found.lower, found.upper]).all()
