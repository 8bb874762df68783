"""What is worked out about a run, and where it stands, is kept until one of its files changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard import data
from dashboard.data import kept_for
from dashboard.start.glance import glance
from pomp.runs.run import Run
from pomp.runs.status import Status, read_status
from tests.dashboard.fake import FakeWorkspace, make_workspace

asked: list[tuple[str, str]] = []


@kept_for("status.json")
def first(run: Run, what: str) -> str:
    """The first of two functions of one shape."""
    asked.append(("first", what))
    return f"first {run.id} {what}"


@kept_for("status.json")
def second(run: Run, what: str) -> str:
    asked.append(("second", what))
    return f"second {run.id} {what}"


def test_answers_are_kept_by_function_run_and_argument_until_a_file_changes(fake: FakeWorkspace) -> None:
    run, other = fake.runs["honest"], fake.runs["released"]
    asked.clear()
    for _ in range(2):
        assert first(run, "a") == f"first {run.id} a"
        assert first(run, "b") == f"first {run.id} b"
        assert second(run, "a") == f"second {run.id} a"
        assert first(other, "a") == f"first {other.id} a"
    assert asked == [("first", "a"), ("first", "b"), ("second", "a"), ("first", "a")]
    os.utime(run.folder / "status.json", ns=(0, 0))
    first(run, "a")
    first(other, "a")
    assert asked[4:] == [("first", "a")]
    assert first.__doc__ == "The first of two functions of one shape."


class TestCohortStamp:
    """A cohort is read again when any file changes that it is read from."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "cohort.toml").write_text(
            'name = "nested"\n[omics.mrna]\nfile = "tables/mrna.csv"\nkind = "log"\n[slides]\nfile = "mine.csv"\n'
        )
        (tmp_path / "clinical.csv").write_text("patient,OS,OS.time\nP1,1,100\nP2,0,200\nP3,1,300\n")
        (tmp_path / "tables").mkdir()
        (tmp_path / "tables" / "mrna.csv").write_text("patient,A\nP1,1\nP2,2\nP3,3\n")
        (tmp_path / "svs").mkdir()
        (tmp_path / "svs" / "a.png").touch()
        (tmp_path / "mine.csv").write_text("patient,file\nP1,svs/a.png\n")
        return tmp_path

    def test_a_table_in_a_folder_below(self, folder: Path) -> None:
        before = data.cohort(folder)
        assert data.cohort(folder) is before
        (folder / "tables" / "mrna.csv").write_text("patient,A\nP1,1\nP2,2\n")
        assert len(data.cohort(folder).patients) == 2

    def test_a_slide_that_is_gone(self, folder: Path) -> None:
        assert len(data.cohort(folder).slides) == 1
        (folder / "svs" / "a.png").unlink()
        assert len(data.cohort(folder).slides) == 0

    def test_a_list_of_slides_of_another_name(self, folder: Path) -> None:
        assert glance(folder).slides == 1
        (folder / "mine.csv").write_text("patient,file\nP1,svs/a.png\nP2,svs/b.png\n")
        assert glance(folder).slides == 2

    def test_a_list_that_is_named_anew(self, folder: Path) -> None:
        before = data.cohort_stamp(folder)
        (folder / "other.csv").write_text("patient,file\n")
        assert data.cohort_stamp(folder) == before  # nothing reads it
        toml = folder / "cohort.toml"
        toml.write_text(toml.read_text().replace("mine.csv", "other.csv"))
        assert any(name.endswith("other.csv") for name, *_ in data.cohort_stamp(folder))


class TestStatus:
    """A status is read once while nobody works on the run, and looked at anew while somebody does."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> Run:
        return make_workspace(tmp_path).runs["honest"]

    def test_is_that_of_the_run(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[Path] = []

        def count(file: Path) -> Status:
            read.append(file)
            return read_status(file)

        monkeypatch.setattr(data, "read_status", count)
        assert data.status(run) == data.status(run) == run.status()
        assert len(read) == 1
        run.write_status(state="FAILED", error="the disk is full")
        assert data.status(run) == run.status()
        assert data.status(run).error == "the disk is full"
        assert len(read) == 2

    def test_a_worker_that_dies_without_a_word(self, run: Run) -> None:
        run.write_status(state="RUNNING")
        with run.hold():
            assert data.status(run).state == "RUNNING"
            run.request_stop()
            assert data.status(run).state == "STOPPING"
        assert data.status(run).state == "INTERRUPTED"  # the file is what it was

    def test_no_file(self, run: Run) -> None:
        (run.folder / "status.json").unlink()
        assert data.status(run) == run.status()
        assert data.status(run).state == "STOPPED"
