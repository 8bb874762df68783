"""The Start page: what there is, what runs, whether all is well, and what to do next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from dashboard.server import SCRIPT
from dashboard.start import condition, health, ways_in
from dashboard.start.glance import Glance, read_glance
from dashboard.start.health import Finding, check_disk, check_openslide, check_queue, check_viewer, find_device
from dashboard.start.next_steps import COMPARE, IMPORT, LEARN, LOOK, MEND, READ, TRAIN, WATCH, next_steps
from pomp.errors import RunError
from pomp.runs.backends.local import LocalBackend
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import HOSTILE_TITLE, FakeWorkspace, make_workspace
from tests.dashboard.pages import open_page, widths, words

Usage = namedtuple("Usage", "total used free")
GB = 10**9


@pytest.fixture(autouse=True)
def device(monkeypatch: pytest.MonkeyPatch) -> None:
    """What trains is not asked for, which takes seconds, and nobody works on the queue."""
    answer: Future[Finding] = Future()
    answer.set_result(Finding("Device", "good", "a GPU"))
    monkeypatch.setattr(condition, "check_device", lambda: answer)
    monkeypatch.setattr(LocalBackend, "wake", lambda self: None)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A workspace that the test may change."""
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    return make_workspace(tmp_path)


# The page


def test_finished_runs_stand_first(home: None, fake: FakeWorkspace) -> None:
    app = open_page("start")
    headers = [header.value for header in app.header]
    assert headers == ["Finished runs", "Cohorts", "What next", "Health check"]
    said = words(app)
    assert said.count("C-index, mean ± sd: 0.") == 3
    assert "60 patients with an outcome on record, " in said
    assert "mrna · mirna · 20 slides · 5 runs" in said
    assert "a GPU" in said


def test_links_carry_what_they_are_about(home: None, fake: FakeWorkspace) -> None:
    app = open_page("start")
    links = [link.proto.page + "?" + link.proto.query_string for link in app.get("page_link")]
    assert any(link.startswith("train?cohort=tumours") for link in links)
    assert sum(link.startswith("survival?run=") for link in links) == 3
    assert sum(link.startswith("slide?run=") for link in links) == 2  # the third has read none


def test_names_from_data_are_letters(home: None, fake: FakeWorkspace) -> None:
    app = open_page("start")
    said = "\n".join(str(element.value) for element in [*app.markdown, *app.caption])
    assert "<script>" not in said
    assert "![x](" not in said
    assert HOSTILE_TITLE in words(app).replace("\u2060", "")


def test_runs_under_way_are_shown(own: FakeWorkspace) -> None:
    Workspace(own.root).queue.submit(own.runs["failed"])
    Workspace(own.root).queue.submit(own.runs["empty"])
    with own.runs["interrupted"].hold():
        app = open_page("start")
    said = words(app)
    assert "Under way" in said
    stand = ("40 % done", "waits on this machine, place 1", "waits on this machine, place 2")
    assert sorted(stand, key=said.index) == list(stand)
    assert "A run is under way." in said


def test_a_damaged_run_or_cohort_leaves_the_page_whole(own: FakeWorkspace) -> None:
    (own.runs["honest"].folder / "predictions.parquet").write_bytes(b"PAR1 torn")
    (own.root / "cohorts" / "tumours" / "clinical.csv").write_text("patient\n")
    said = words(open_page("start"))
    assert "is damaged" in said
    assert "Its files need a look before it can be used." in said


def test_runs_whose_cohort_is_gone_are_still_shown(own: FakeWorkspace) -> None:
    shutil.rmtree(own.root / "cohorts")
    said = words(open_page("start"))
    assert "C-index, mean ± sd: 0." in said
    assert "Import a cohort of your own" in said


def test_an_empty_workspace_has_two_ways_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMP_HOME", str(tmp_path / "new"))
    assets = tmp_path / "assets"
    make_workspace(assets)
    monkeypatch.setattr(ways_in, "assets_folder", lambda: assets)
    app = open_page("start")
    assert "See how it works" in words(app)
    assert "Bring your own data" in words(app)
    assert widths(app.main).count(ways_in.WAY_PX) == 2  # else both are a few letters wide in a narrow window
    app.button(key="start-demo").click().run()
    assert not app.exception
    assert "Finished runs" in words(app)
    assert {folder.name for folder in (tmp_path / "new" / "cohorts").iterdir()} == {"tumours", "omics_only"}


# What to do next


@pytest.mark.parametrize(
    ("cohorts", "states", "finished", "steps"),
    [
        (0, [], 0, [IMPORT, LEARN]),
        (1, [], 0, [TRAIN, LEARN]),
        (1, ["STOPPED"], 0, [TRAIN, LEARN]),
        (1, ["RUNNING"], 0, [WATCH, LEARN]),
        (2, ["FAILED", "DONE"], 1, [MEND, READ, LOOK, LEARN]),
        (2, ["QUEUED", "DONE", "DONE"], 2, [WATCH, READ, LOOK, COMPARE, LEARN]),
    ],
)
def test_next_steps(cohorts: int, states: Any, finished: int, steps: list[Any]) -> None:
    assert next_steps(cohorts, states, finished) == steps


# A cohort at a glance


def test_a_glance_counts_what_the_files_say(own: FakeWorkspace) -> None:
    seen = read_glance(own.root / "cohorts" / "tumours")
    assert (seen.title, seen.synthetic, seen.patients, seen.slides) == ("Tumours", True, 60, 20)
    assert (seen.omics, seen.endpoint, seen.endpoints) == (("mrna", "mirna"), "OS", ("OS",))
    text = (own.root / "cohorts" / "tumours" / "clinical.csv").read_text().splitlines()
    assert seen.events == sum(line.split(",")[4] == "1" for line in text[1:])


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("cohort.toml", "name = 3", "name"),
        ("clinical.csv", "patient,age\nA,1\n", "endpoint 'OS' needs the column OS and OS.time"),
        ("clinical.csv", "patient,OS,OS.time\nA,7,10\n", "is no event"),
    ],
)
def test_a_glance_at_a_broken_cohort(own: FakeWorkspace, file: str, content: str, problem: str) -> None:
    folder = own.root / "cohorts" / "tumours"
    (folder / file).write_text(content)
    assert problem in read_glance(folder).problem


def test_a_glance_at_nothing(tmp_path: Path) -> None:
    assert read_glance(tmp_path / "gone") == Glance("gone", problem=read_glance(tmp_path / "gone").problem)
    assert "does not exist" in read_glance(tmp_path / "gone").problem


# Health


@pytest.mark.parametrize(
    ("status", "stdout", "stderr", "state", "said"),
    [
        (0, "NVIDIA H100\n", "", "good", "NVIDIA H100, beside "),
        (0, "", "", "short", "no GPU, "),
        (1, "", "Traceback\nImportError: libcudart", "bad", "torch cannot be loaded: ImportError: libcudart"),
        (-9, "", "", "bad", "torch cannot be loaded: exit status -9"),
    ],
)
def test_what_trains(
    monkeypatch: pytest.MonkeyPatch, status: int, stdout: str, stderr: str, state: str, said: str
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command[:3] == [sys.executable, "-P", "-c"]
        return subprocess.CompletedProcess(command, status, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    found = find_device()
    assert (found.state, found.said.startswith(said)) == (state, True)
    assert bool(found.way_out) == (state != "good")


@pytest.mark.parametrize(
    ("free", "state", "way_out"),
    [(64 * GB, "good", ""), (5 * GB, "short", "Delete runs on the Train page"), (10**8, "bad", "Delete runs")],
)
def test_room_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str, way_out: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * GB, 0, free))
    found = check_disk(tmp_path / "not" / "there" / "yet")
    assert found.state == state
    assert found.way_out.startswith(way_out)


def test_a_workspace_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    found = check_disk(tmp_path)
    assert (found.state, found.said) == ("bad", f"{tmp_path} cannot be written")
    assert "--home FOLDER" in found.way_out


@pytest.mark.parametrize("error", [ImportError("no such library"), OSError("no such library")])
def test_openslide(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert check_openslide().state == "good"

    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(health, "import_module", fail)
    found = check_openslide()
    assert (found.state, "no such library" in found.said) == ("bad", True)
    assert "openslide-bin" in found.way_out


def test_the_viewer_that_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "available", lambda: False)
    monkeypatch.setattr(health, "explain_absence", lambda: "Install it again.")
    assert check_viewer() == Finding(
        "Slide viewer", "short", "not built: slides are shown as still pictures", "Install it again."
    )


def test_the_queue(own: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(own.root)
    assert check_queue(workspace).said.startswith("empty")
    workspace.queue.submit(own.runs["empty"])
    workspace.queue.submit(own.runs["failed"])
    workspace.queue.take("cpu", lambda *_: None)
    assert check_queue(workspace) == Finding("Queue", "good", "1 worked on, 1 waiting")

    log = LocalBackend(workspace).log
    log.write_text("2026-11-30 11:22:57,998 Slots: cpu\n")
    assert check_queue(workspace).state == "good"
    log.write_text("2026-11-30 11:22:57,998 Slots: cpu\nTraceback (most recent call last):\n ...\nKeyError: 'cpu'\n")
    found = check_queue(workspace)
    assert found.state == "bad"
    assert found.said.startswith("1 waiting, and nobody works on them. Whoever did ended with: KeyError: 'cpu' (see ")
    monkeypatch.setattr(LocalBackend, "supervised", lambda self: True)
    assert check_queue(workspace).state == "good"

    def fail(self: LocalBackend) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(LocalBackend, "wake", fail)
    assert (check_queue(workspace).state, "the disk is full" in check_queue(workspace).said) == ("bad", True)


def test_a_child_process_may_run_the_script_anew(tmp_path: Path) -> None:
    """As multiprocessing does with what it takes for the main module."""
    again = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__mp_main__')"
    done = subprocess.run(
        [sys.executable, "-c", again, str(SCRIPT)], env=os.environ | {"POMP_HOME": str(tmp_path)}, check=False,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
