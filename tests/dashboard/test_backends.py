"""Where runs are worked on, as the Train page asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import actions
from pomp.runs.backends.choice import BackendChoice, read_choice, write_choice
from pomp.runs.backends.job import Job, write_job
from pomp.runs.backends.ray import RayBackend
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.dashboard.fake import FakeWorkspace, make_workspace
from tests.dashboard.pages import open_page, words
from tests.runs.ray_head import free_ports


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    monkeypatch.setenv("POMP_HOME", str(tmp_path))
    monkeypatch.delenv("POMP_RAY_ADDRESS", raising=False)
    return make_workspace(tmp_path)


def address_box(app: AppTest) -> str:
    (box,) = [box.value for box in app.text_input if box.label == "Address of the cluster"]
    return str(box)


def choose(app: AppTest, name: str) -> None:
    next(box for box in app.segmented_control if box.label == "Work on runs on").set_value(name).run()


def test_the_choice_is_remembered_by_the_workspace(fake: FakeWorkspace) -> None:
    app = open_page("train")
    assert "Address of the cluster" not in {box.label for box in app.text_input}
    choose(app, "ray")
    assert address_box(app) == "http://127.0.0.1:8265"
    next(box for box in app.text_input if box.label == "Address of the cluster").set_value("http://head:8265/").run()
    assert json.loads((fake.root / "backend.json").read_text()) == {"name": "ray", "address": "http://head:8265/"}
    assert "go to the Ray cluster at http://head:8265." in words(app).replace("\u2060", "")
    assert address_box(open_page("train")) == "http://head:8265/"
    choose(app, "local")
    assert read_choice(Workspace(fake.root)) == BackendChoice(name="local", address="http://head:8265/")


def test_an_address_that_is_none_is_refused(fake: FakeWorkspace) -> None:
    write_choice(Workspace(fake.root), BackendChoice(name="ray", address="http://head:8265"))
    app = open_page("train")
    next(box for box in app.text_input if box.label == "Address of the cluster").set_value("ray://head:10001").run()
    assert not app.exception
    assert "is no address of a Ray cluster" in words(app)
    assert read_choice(Workspace(fake.root)).address == "http://head:8265"


def test_runs_go_to_the_cluster_that_was_chosen(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str]] = []

    def submit(self: RayBackend, run: Run, until: str = "end", device: str = "auto") -> int:
        asked.append((self.jobs.address, run.id, until))
        return 1

    monkeypatch.setattr(RayBackend, "submit", submit)
    write_choice(Workspace(fake.root), BackendChoice(name="ray", address="http://head:8265"))
    run = fake.runs["failed"]
    app = open_page("train", run=run)
    app.button(key="resume").click().run()
    actions.go_on_preparing(run)
    assert asked == [("http://head:8265", run.id, "end"), ("http://head:8265", run.id, "prepare")]


def test_a_cluster_that_is_down_leaves_the_page_whole(fake: FakeWorkspace) -> None:
    (port,) = free_ports(1)
    address, run = f"http://127.0.0.1:{port}", fake.runs["empty"]
    run.write_status(state="QUEUED")
    write_job(run, Job(id="pomp-x", address=address))
    app = open_page("train", run=run)
    said = words(app).replace("\u2060", "")
    assert f"No Ray cluster answers at {address} (no connection)" in said
    assert f"Waiting on the Ray cluster at {address}, next. It starts by itself." in said
    app.button(key="stop").click().run()
    assert run.status().message == "Taken off the queue before it began."


def test_a_place_in_the_queue_of_a_cluster(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake.runs["empty"]
    run.write_status(state="QUEUED")
    write_job(run, Job(id="pomp-x", address="http://head:8265"))
    monkeypatch.setattr(RayBackend, "wake", lambda self: None)
    monkeypatch.setattr(RayBackend, "waiting", lambda self: ["somebody else's", run.id])
    assert "place 2 of 2 in the queue" in words(open_page("train", run=run))


def test_why_a_run_was_interrupted(fake: FakeWorkspace) -> None:
    fake.runs["empty"].write_status(state="INTERRUPTED", message="Ray gave it up before it began. Resume it.")
    assert "Ray gave it up before it began" in words(open_page("train", run=fake.runs["empty"]))
