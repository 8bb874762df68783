"""A worker that is killed while a browser looks on: the page says so by itself, and one click goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pomp.data.bundle import assets_folder
from pomp.data.cohort import read_cohort
from pomp.runs.backends.local import LocalBackend
from pomp.runs.worker import THREADS
from pomp.runs.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes
from tests.dashboard.conftest import Serve, WatchedPage
from tests.faults.faulty import small_config
from tests.runs.fakes import eventually


@pytest.mark.slow
def test_interrupted_and_resumed_without_a_reload(
    tmp_path: Path, serve: Serve, watched: WatchedPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    workspace = Workspace(tmp_path)
    workspace.install_bundle(assets_folder())
    config = small_config(model__modalities="omics", pretrain__epochs=2000)
    run = workspace.runs.create(read_cohort(workspace.cohorts / "demo", config.cohort), config)
    run.write_json(THREADS, {"threads": os.cpu_count()})  # one fold at a time, whose epoch the page can tell
    backend = LocalBackend(workspace)
    page = watched.page
    page.set_default_timeout(PATIENCE)
    backend.submit(run)
    eventually(lambda: run.status().epoch is not None, 200)
    page.goto(f"{serve(REPOSITORY / 'dashboard' / 'app.py', tmp_path)}/train?run={run.id}")
    expect(page.get_by_text("of 2000")).to_be_visible(timeout=PATIENCE)
    owner = run.owner()
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    expect(page.get_by_text("The run was interrupted")).to_be_visible(timeout=PATIENCE)
    before = len(run.metrics())
    page.get_by_role("button", name="Resume").click()
    eventually(lambda: len(run.metrics()) > before, 200)
    assert run.status().state == "RUNNING"
    backend.stop(run)
    expect(page.get_by_text("Stopped on request").first).to_be_visible(timeout=PATIENCE)
    assert not run.metrics().duplicated(["stage", "fold", "epoch"]).any()
    forgive_probes(watched)
    page.goto("about:blank")
    eventually(lambda: not backend.supervised())
