"""Disks that are full or read-only: the run says so, nothing is destroyed, and it goes on when there is room again."""

from __future__ import annotations

import os
import resource
from typing import Any

import pytest

from pomp.errors import CohortError, RunError
from pomp.runs.lock import is_held, read_owner
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.worker import execute
from pomp.training.checkpoint import CheckpointStore
from tests.faults.conftest import MakeRun, Whole
from tests.faults.faulty import Fault, said, work

TENSORS = "checkpoints/fold-0-finetune/000002.safetensors"
TABLE = "folds/0/predictions.parquet"

FULL: dict[str, tuple[Fault, str]] = {
    "tensors": (Fault("open", f"{TENSORS}.part", 1, "full", 20_000), "000002.safetensors could not be written: File"),
    # seven lines are already longer than that; the log, which is to say why, is not
    "a line of metrics": (Fault("open", "metrics.jsonl", 8, "full", 1800), "metrics.jsonl could not be written: File"),
    "predictions": (Fault("open", f"{TABLE}.part", 1, "full", 3000), "predictions.parquet could not be written: File"),
    "a manifest, no file opens": (
        Fault("open", "checkpoints/fold-0-pretrain/000003.json.part", 1, "no space"),
        "000003.json could not be written: No space left on device. Free disk space",
    ),
    "a table, no file opens": (
        Fault("open", "folds/1/comparators.parquet.part", 1, "no space"),
        "comparators.parquet could not be written: No space left on device. Free disk space",
    ),
    "a rename": (Fault("os.rename", TENSORS, 1, "no space"), "000002.safetensors could not be written: No space left"),
}  # fmt: skip
SLOW = {"a table, no file opens", "a rename", "tensors", "a line of metrics"}


def check_what_is_left(run: Run) -> None:
    """Every table and every newest checkpoint is whole, and nothing half written takes room."""
    assert list(run.folder.rglob("*.part")) == []
    for file in run.folder.rglob("*.parquet"):
        assert run.table(file.relative_to(run.folder).with_suffix("").as_posix()) is not None
    for folder in run.folder.glob("checkpoints/*"):
        found = CheckpointStore(folder).load()
        assert found is None or found.skipped == ()


@pytest.mark.parametrize("what", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in FULL])
def test_a_full_disk(what: str, whole: Whole, make_run: MakeRun) -> None:
    fault, message = FULL[what]
    run = make_run()
    assert work(run, fault) == 1
    status = run.status()
    assert status.state == "FAILED"
    assert status.error is not None
    assert message in status.error
    assert status.error in run.log_tail()
    assert "Traceback" not in said(run) + run.log_tail()
    check_what_is_left(run)
    assert work(run) == 0, said(run)
    whole.same(run)


def test_not_even_room_for_the_status(whole: Whole, make_run: MakeRun) -> None:
    """Nothing can be written down: the page sees an interrupted run, the terminal why."""
    run = make_run()
    assert work(run, Fault("open", "status.json.part", 45, "no space")) == 1
    assert run.status().state == "INTERRUPTED"
    assert "status.json could not be written: No space left on device. Free disk space" in said(run)
    assert "Traceback" not in said(run)
    check_what_is_left(run)
    assert work(run) == 0, said(run)
    whole.same(run)


def test_the_first_error_is_told_where_the_status_takes_none(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Run.write_status

    def refuse(run: Run, **changes: Any) -> Status:
        if changes.get("state") == "FAILED":
            raise RunError("status.json could not be written")
        return write(run, **changes)

    def missing(*_: object) -> None:
        raise CohortError("P007.h5 is gone")

    monkeypatch.setattr(Run, "write_status", refuse)
    monkeypatch.setattr(Run, "splits", missing)
    run = make_run()
    with pytest.raises(CohortError, match=r"P007\.h5 is gone"):
        execute(run, "cpu")
    assert run.status().state == "INTERRUPTED"


@pytest.mark.parametrize(("count", "state"), [pytest.param(1, "STOPPED", marks=pytest.mark.slow), (60, "INTERRUPTED")])
def test_a_read_only_folder(count: int, state: str, whole: Whole, make_run: MakeRun) -> None:
    """From the beginning, and from the middle on, as when a file system remounts itself after an error."""
    run = make_run()
    assert work(run, Fault("open", "*", count, "read-only")) == 1
    assert run.status().state == state
    assert "Read-only file system" in said(run)
    assert "Traceback" not in said(run)
    check_what_is_left(run)
    assert work(run) == 0, said(run)
    whole.same(run)


def test_a_lock_needs_no_room(make_run: MakeRun) -> None:
    """No byte of its owner's name can be written."""
    run = make_run()
    file, before = run.folder / "lock", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with run.hold():
            found = is_held(file), read_owner(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert found == (True, None)
    assert not is_held(file)


def test_a_disk_that_becomes_read_only_gives_the_lock_back(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    run = make_run()
    with run.hold():
        monkeypatch.setattr(os, "ftruncate", refuse)
    assert not is_held(run.folder / "lock")


def test_a_run_that_cannot_be_locked_says_why(make_run: MakeRun) -> None:
    run = make_run()
    (run.folder / "lock").mkdir()
    with pytest.raises(RunError, match=r"Run .* cannot be locked: .*lock: Is a directory\. Is the folder"), run.hold():
        pass
