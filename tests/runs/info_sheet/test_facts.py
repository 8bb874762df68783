"""What is gathered of a run, and what is said of one that is not finished."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pomp.data.cohort import read_cohort
from pomp.data.splits import Fold, Splits
from pomp.errors import RunError
from pomp.evaluation.follow_up import median_follow_up
from pomp.evaluation.report import evaluate
from pomp.runs.info_sheet.facts import gather_facts, look_at_cohort, shared_sites
from pomp.runs.info_sheet.results import by_time, flow, reasons_left_out
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import CONFIG, make_cohort

UNFINISHED = {
    "never started": ({}, "is stopped. Go on with it: pomp run --run"),
    "queued": ({"state": "QUEUED"}, "is queued: wait until it is done, then ask for its report"),
    "failed": (
        {"state": "FAILED", "error": "The loss of fold 2 is not finite."},
        "it is failed (The loss of fold 2 is not finite). Go on with it: pomp run --run",
    ),
    "interrupted": ({"state": "RUNNING"}, "it is interrupted"),
}


@pytest.mark.parametrize("case", UNFINISHED)
def test_a_run_that_is_not_finished_has_no_report(case: str, tmp_path: Path) -> None:
    changes, message = UNFINISHED[case]
    workspace = Workspace(tmp_path)
    run = workspace.runs.create(make_cohort(workspace.cohorts / "few", slides=False), CONFIG)
    run.write_status(**changes)
    with pytest.raises(RunError) as refused:
        gather_facts(run)
    assert message in str(refused.value)
    assert run.id in str(refused.value)


def test_numbers_are_those_of_the_evaluation(runs: dict[str, Run]) -> None:
    run = runs["honest"]
    facts, predictions = gather_facts(run), run.require_predictions()
    assert facts.report.score == evaluate(predictions, run.baseline(), run.comparators()).score
    assert (facts.patients, facts.events) == (58, int(predictions["event"].sum()))
    assert facts.follow_up == median_follow_up(predictions["time_days"], predictions["event"])
    assert [one.other for one in facts.comparisons] == ["clinical Cox", "ridge Cox (30 components)"]
    assert facts.preset == "honest"
    assert facts.changes["omics.genes"] == 5
    assert "seed" not in facts.changes


def test_scores_by_time_in_words(runs: dict[str, Run]) -> None:
    facts = gather_facts(runs["honest"])
    assert facts.by_time is not None
    auc, *_, brier = by_time(facts)
    (first, *_), (own,) = facts.by_time.of("POMP", "auc"), facts.by_time.of("POMP", "integrated brier")
    interval = first.score.interval
    assert auc == f"AUC at 1 year: {first.score.value:.3f} ({interval.lower:.3f} to {interval.upper:.3f})."
    assert brier.startswith(f"Integrated Brier score {own.score.value:.3f} (")
    assert "Kaplan–Meier, the same for everybody: " in brier
    assert by_time(replace(facts, by_time=None)) == ()


def test_without_its_tables_what_rests_on_them_is_missing(runs: dict[str, Run], tmp_path: Path) -> None:
    source = runs["honest"]
    folder = tmp_path / "runs" / source.id
    shutil.copytree(source.folder, folder)
    for name in ("baseline", "comparators"):
        (folder / f"{name}.parquet").unlink()
    facts = gather_facts(Run.open(folder))
    assert (facts.error, facts.calibration, facts.added, facts.comparisons) == (None, None, None, ())
    assert facts.today.remark == "The folder of the cohort tumours is not there any more."
    assert flow(facts)[1] == "58 patients were kept; who was left out is not recorded in the run."


def test_a_cohort_that_was_changed_is_said_to_be(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    cohort = make_cohort(workspace.cohorts / "few", slides=False)
    run = workspace.runs.create(cohort, CONFIG)
    assert look_at_cohort(run).remark == ""
    with (cohort.folder / "clinical.csv").open("a", encoding="utf-8") as file:
        file.write("P-99,60,MALE,Stage I,1,400\n")
    assert "were changed after the run was made" in look_at_cohort(run).remark
    (cohort.folder / "clinical.csv").write_text("patient,OS\nP-01,1\n")
    today = look_at_cohort(run)
    assert (today.cohort, today.remark) == (None, "The cohort few can no longer be read.")


def test_reasons_are_counted_whatever_the_number_of_days(runs: dict[str, Run]) -> None:
    """Two patients, followed for 5 and for 12 days."""
    facts = gather_facts(runs["honest"])
    assert reasons_left_out(facts) == [("followed for fewer than 30 days", 2)]
    assert flow(facts)[-1] == "Left out: 2 followed for fewer than 30 days."


SITES = {"A": ["TCGA-AA-0001", "TCGA-AA-0002"], "B": ["TCGA-BB-0001"], "C": ["TCGA-CC-0001", "TCGA-CC-0002"]}


def test_shared_sites_by_hand(tmp_path: Path) -> None:
    """Fold 0 tests one of AA, whose other patient trains, and both of CC; fold 1 tests the rest. So 2 of 5 share."""
    patients = sorted(patient for own in SITES.values() for patient in own)
    write_cohort(tmp_path / "sites", patients)
    cohort = read_cohort(tmp_path / "sites")
    first = ("TCGA-AA-0001", "TCGA-CC-0001", "TCGA-CC-0002")
    rest = tuple(patient for patient in patients if patient not in first)
    splits = Splits((Fold(0, rest, first), Fold(1, first, rest)), 0)
    found = shared_sites(cohort, splits)
    assert found is not None
    assert (found.sites, found.share) == (3, pytest.approx(2 / 5))
    unknown = replace(cohort, clinical=cohort.clinical.drop(index="TCGA-BB-0001"))
    assert shared_sites(unknown, splits) is None


def test_sites_that_nobody_knows(runs: dict[str, Run]) -> None:
    assert gather_facts(runs["honest"]).sites is None


def write_cohort(folder: Path, patients: list[str]) -> None:
    folder.mkdir()
    table = pd.DataFrame({"patient": patients, "OS": 1, "OS.time": range(100, 100 + len(patients))})
    table.to_csv(folder / "clinical.csv", index=False)
    pd.DataFrame({"G1": range(len(patients)), "G2": 1.5}, patients).to_csv(folder / "m.csv", index_label="patient")
    head = f"name = {json.dumps(folder.name)}\n[omics.mrna]\nfile = 'm.csv'\nkind = 'log'\n"
    (folder / "cohort.toml").write_text(head)
