from __future__ import annotations

import json
import os
import re
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pomp.config import override
from pomp.data.splits import make_splits
from pomp.errors import CohortError, ConfigError, RunBusyError, RunError
from pomp.runs.backends.books import close_books
from pomp.runs.run import Run
from pomp.runs.store import RunStore
from pomp.runs.workspace import Workspace
from pomp.sealed import seal, unseal
from tests.runs.fakes import CONFIG, new_run, tiny_cohort


def test_a_run_says_what_it_is(workspace: Workspace) -> None:
    cohort = tiny_cohort(workspace.cohorts / "tiny")
    run = workspace.runs.create(cohort, CONFIG, "  My\n first run ")
    again = workspace.runs.get(run.id)
    assert again == run
    assert re.fullmatch(rf"\d{{8}}-\d{{6}}-honest-{run.info.config_digest[:6]}", run.id)
    assert run.info.title == "My first run"
    no_task = {"pretrain.epochs": 0, "pretrain.poc": 0.0, "pretrain.pom": 0.0, "pretrain.mom": 0.0}  # one type of omics
    assert run.config == override(CONFIG, {"model.modalities": "omics", **no_task})
    assert run.info.config_digest == run.config.digest
    assert run.info.cohort.model_dump() == {
        "name": "tiny",
        "title": "Tiny cohort",
        "folder": "cohorts/tiny",
        "digest": "0123456789abcdef",
        "synthetic": True,
        "endpoint": "OS",
        "omics": ("mrna",),
        "patients": 8,
        "events": 4,
        "slides": 0,
    }
    assert run.info.command.startswith("pomp run tiny --preset demo ")
    assert {"python", "pomp", "torch"} <= run.info.versions.keys()
    assert run.splits() == make_splits(cohort.outcome, 2, 0)
    assert (run.status().state, run.status().message) == ("STOPPED", "Not started yet.")


def test_the_cohort_moves_with_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    inside = new_run(workspace)
    outside = workspace.runs.create(tiny_cohort(tmp_path / "elsewhere"), CONFIG)
    assert inside.cohort_folder == workspace.cohorts / "tiny"
    assert outside.cohort_folder == tmp_path / "elsewhere"
    moved = Workspace(workspace.root.rename(tmp_path / "moved"))
    assert moved.runs.get(inside.id).cohort_folder == moved.cohorts / "tiny"


def test_equal_runs_of_one_second_get_their_own_folders(workspace: Workspace) -> None:
    runs = [new_run(workspace) for _ in range(4)]
    assert len({run.id for run in runs}) == 4
    assert workspace.runs.list() == runs[::-1]  # newest first
    assert not [path for path in workspace.runs.root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc",
        "a\\b",
        ".trash-x",
        "a.b",
        "x\n",
        "x\0y",
        "ä",
        "-x",
        "x" * 101,
        "no-such-run",
    ],
)
def test_ids_that_name_no_run(workspace: Workspace, run_id: str) -> None:
    new_run(workspace)
    (workspace.root / "x").mkdir()
    with pytest.raises(RunError, match="There is no run "):
        workspace.runs.get(run_id)
    with pytest.raises(RunError, match="There is no run "):
        workspace.runs.delete(run_id)


def test_settings_that_do_not_fit_make_no_folder(workspace: Workspace) -> None:
    cohort = tiny_cohort(workspace.cohorts / "tiny")
    with pytest.raises(ConfigError, match="has no slides"):
        workspace.runs.create(cohort, override(CONFIG, {"model.modalities": "both"}))
    with pytest.raises(CohortError, match="cannot fill 5 folds"):
        workspace.runs.create(cohort, override(CONFIG, {"folds": 5}))
    assert workspace.runs.list() == []
    assert not workspace.runs.root.exists()


def test_a_workspace_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = RunStore(tmp_path / "file" / "runs")
    assert (store.list(), store.damaged()) == ([], [])
    with pytest.raises(RunError, match=r"could not be written: Not a directory.*--home or POMP_HOME"):
        store.create(tiny_cohort(tmp_path), CONFIG)


def test_a_run_is_deleted_but_not_under_a_worker(workspace: Workspace) -> None:
    run, other = new_run(workspace), new_run(workspace)
    with run.hold(), pytest.raises(RunBusyError, match=f"Run {run.id} is being worked on by process"):
        workspace.runs.delete(run.id)
    workspace.runs.delete(run.id)
    assert workspace.runs.list() == [other]
    assert [path.name for path in workspace.runs.root.iterdir()] == [other.id]
    with pytest.raises(RunError, match="cannot be locked"), run.hold():
        pass


def test_of_a_run_that_is_a_link_only_the_link_is_deleted(workspace: Workspace, tmp_path: Path) -> None:
    run = new_run(workspace)
    elsewhere = run.folder.rename(tmp_path / run.id)
    run.folder.symlink_to(elsewhere)
    workspace.runs.delete(run.id)
    assert list(workspace.runs.root.iterdir()) == []
    assert (elsewhere / "run.json").is_file()


DAMAGES: dict[str, tuple[str | None, str]] = {
    "none": (None, r"run\.json: No such file"),
    "empty": ("", r"run\.json is damaged \(the file: Expecting value"),
    "torn": ('{"id": "x", ', r"is damaged \(the file: Expecting property name"),
    "another file": ("[]", r"is damaged \(the file: it should be an object, not '\[\]'"),
    "no config": ("-config", r"is damaged \(config: Field required\)"),
    "another id": ("+id", r"belongs to the run 'other': give its folder '.*' that name again"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_run_is_named_and_hides_no_other(workspace: Workspace, name: str) -> None:
    content, message = DAMAGES[name]
    good, bad = new_run(workspace), new_run(workspace)
    file = bad.folder / "run.json"
    data = unseal(file.read_text())
    if content is None:
        file.unlink()
    elif content == "-config":
        file.write_text(json.dumps({key: value for key, value in data.items() if key != "config"}))
    elif content == "+id":
        file.write_text(json.dumps(data | {"id": "other"}))
    else:
        file.write_text(content)
    (workspace.runs.root / "notes.txt").touch()
    assert workspace.runs.list() == [good]
    [(folder, reason)] = workspace.runs.damaged()
    assert folder == bad.id
    assert re.search(message, reason)
    with pytest.raises(RunError, match=message):
        Run.open(bad.folder)


def test_a_run_of_a_newer_version_is_not_called_damaged(workspace: Workspace) -> None:
    run = new_run(workspace)
    data = unseal((run.folder / "run.json").read_text())
    data["config"]["pretrain"]["hue"] = 1
    data["config"]["slides"]["depth"] = 2
    (run.folder / "run.json").write_text(json.dumps(seal(data)))
    with pytest.raises(
        RunError, match=r"run\.json was written by another version of pomp: .*to read it, update"
    ) as said:
        Run.open(run.folder)
    assert "does not know config.slides.depth, config.pretrain.hue" in str(said.value)
    assert "delete" not in str(said.value)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"There is no run in .*gone: run\.json: No such file or directory\. Name the folder"
    ):
        Run.open(tmp_path / "gone")


def test_splits_that_were_changed_are_refused(workspace: Workspace) -> None:
    run = new_run(workspace)
    file = run.folder / "splits.json"
    file.write_text(file.read_text().replace('"P0"', '"P9"'))
    with pytest.raises(RunError, match="is not what run.json names"):
        run.splits()
    file.unlink()
    with pytest.raises(RunError, match=r"splits\.json is missing"):
        run.splits()


def test_a_copy_of_a_run_needs_its_name(workspace: Workspace) -> None:
    run = new_run(workspace)
    shutil.copytree(run.folder, workspace.runs.root / "copy")
    assert [name for name, _ in workspace.runs.damaged()] == ["copy"]


def test_tables_come_back(workspace: Workspace) -> None:
    run = new_run(workspace)
    frame = pd.DataFrame({"patient": ["P0", "P1"], "risk": [0.5, -0.5]})
    assert run.predictions() is None
    assert run.baseline() is None
    assert run.comparators() is None
    assert run.selections() is None
    assert run.region_table("regions", "P0") is None
    with pytest.raises(RunError, match=r"has no out-of-fold predictions: it is stopped\."):
        run.require_predictions()
    for name in ("predictions", "folds/0/predictions", "selectors/fold-0", "attention/regions"):
        run.write_table(name, frame)
    for table in (run.require_predictions(), run.table("folds/0/predictions")):
        pd.testing.assert_frame_equal(table, frame)
    regions = run.region_table("regions", "P1")
    assert regions is not None
    assert regions["risk"].tolist() == [-0.5]
    assert run.region_table("regions", "P7").empty  # type: ignore[union-attr]
    assert not list(run.folder.rglob("*.part"))


def test_selections_of_all_folds_stand_in_one_table(workspace: Workspace) -> None:
    run = new_run(workspace)
    for fold, genes in ((10, ["EGFR"]), (0, ["TP53", "MYC"])):
        run.write_table(f"selectors/fold-{fold}", pd.DataFrame({"gene": genes}))
    selections = run.selections()
    assert selections is not None
    assert selections.to_numpy().tolist() == [[0, "TP53"], [0, "MYC"], [10, "EGFR"]]


def test_a_paper_run_has_one_selection(workspace: Workspace) -> None:
    config = override(CONFIG, {"protocol": "paper"})
    run = workspace.runs.create(tiny_cohort(workspace.cohorts / "tiny"), config)
    run.write_table("selectors/all", pd.DataFrame({"gene": ["TP53"]}))
    selections = run.selections()
    assert selections is not None
    assert selections.to_numpy().tolist() == [[-1, "TP53"]]


def test_a_run_is_found_by_files_and_settings(workspace: Workspace) -> None:
    cohort = tiny_cohort(workspace.cohorts / "tiny")
    assert workspace.runs.find(cohort, CONFIG) is None
    run = workspace.runs.create(cohort, CONFIG)
    found = workspace.runs.find(cohort, CONFIG)
    assert found is not None
    assert found.id == run.id
    assert workspace.runs.find(cohort, override(CONFIG, {"seed": 5})) is None
    assert workspace.runs.find(replace(cohort, digest="0" * 16), CONFIG) is None
    assert workspace.runs.find(tiny_cohort(workspace.root / "elsewhere"), CONFIG) is None
    entitled = workspace.runs.find(replace(cohort, title="A better title"), CONFIG)
    assert entitled is not None
    assert entitled.id == run.id


def test_damaged_results_say_what_to_do(workspace: Workspace) -> None:
    run = new_run(workspace)
    (run.folder / "predictions.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(RunError, match=r"predictions\.parquet is damaged .*Delete it, then resume"):
        run.predictions()
    (run.folder / "facts.json").write_text("{")
    with pytest.raises(RunError, match=r"facts\.json is damaged .*Delete it, then resume"):
        run.read_json("facts")
    assert run.read_json("nothing") is None
    run.write_json("facts", {"a": [1]})
    assert run.read_json("facts") == {"a": [1]}


def test_a_table_that_fails_leaves_the_old_one(workspace: Workspace) -> None:
    run = new_run(workspace)
    run.write_table("predictions", pd.DataFrame({"risk": [1.0]}))
    with pytest.raises(ValueError, match="risk"):
        run.write_table("predictions", pd.DataFrame({"risk": [1.0, "high"]}))
    assert run.require_predictions()["risk"].tolist() == [1.0]


def test_the_status_follows_the_lock(workspace: Workspace) -> None:
    run = new_run(workspace)
    with run.hold():
        run.write_status(state="RUNNING", stage="finetune", fold=1, progress=0.25, eta_seconds=9)
        assert run.status().state == "RUNNING"
        owner = run.owner()
        assert owner is not None
        run.request_stop()
        assert run.status().state == "STOPPING"
        run.clear_stop()
        assert run.write_status(progress=0.5).fold == 1
    assert (run.held(), run.owner()) == (False, None)
    assert run.status().state == "INTERRUPTED"
    assert run.status().progress == 0.5


def test_a_stop_that_came_before_the_start_is_heeded_only_on_the_queue(workspace: Workspace) -> None:
    run = new_run(workspace)
    run.request_stop()
    run.clear_stop()
    assert not run.stop_requested()
    run.write_status(state="QUEUED")
    run.request_stop()
    run.clear_stop()
    assert run.stop_requested()


def test_a_worker_that_ends_between_two_looks_was_not_interrupted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(workspace)
    run.write_status(state="RUNNING")

    def ends_now(_: Run) -> bool:
        monkeypatch.undo()
        run.write_status(state="DONE")
        return False

    monkeypatch.setattr(Run, "held", ends_now)
    assert run.status().state == "DONE"


def test_how_long_it_took(workspace: Workspace) -> None:
    run = new_run(workspace)
    assert run.seconds() is None
    run.write_status(started="2026-11-23T20:45:00+00:00", updated="2026-11-23T20:45:30+00:00")
    assert run.seconds() == 30
    run.write_status(finished="2026-11-23T20:46:30+00:00")
    assert run.seconds() == 90
    run.write_status(worked_seconds=200.0)
    assert run.seconds() == 200


def test_what_others_write_is_no_work(workspace: Workspace) -> None:
    """Two days after a worker has stopped, the run is queued, taken off, queued, and its books are closed."""
    run = new_run(workspace)
    begun = datetime.now(UTC) - timedelta(days=2)
    run.write_status(state="STOPPED", started=begun.isoformat(), worked_seconds=180.0)
    workspace.queue.submit(run)
    workspace.queue.cancel(run)
    assert run.seconds() == 180
    workspace.queue.submit(run)
    run.write_status(state="RUNNING")
    close_books(run, None)
    assert (run.status().state, run.seconds()) == ("INTERRUPTED", 180)


@pytest.mark.parametrize("hours", [0, 23, 25])
def test_half_written_folders_are_removed_after_a_day(workspace: Workspace, hours: int) -> None:
    run = new_run(workspace)
    left = workspace.runs.root / ".new-00000000"
    (left / "part").mkdir(parents=True)
    then = time.time() - hours * 3600
    os.utime(left, (then, then))
    os.utime(run.folder, (then, then))
    new_run(workspace, seed=1)
    assert left.exists() == (hours < 24)
    assert run.folder.exists()


def test_the_end_of_the_log(workspace: Workspace) -> None:
    run = new_run(workspace)
    assert run.log_tail() == ""
    (run.folder / "log.txt").write_bytes(b"\xff" + b"".join(b"line %d\n" % index for index in range(9000)))
    assert run.log_tail(2) == "line 8998\nline 8999"
    assert run.log_tail(50).splitlines()[0] == "line 8950"
