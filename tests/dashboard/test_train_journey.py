"""A run that outlives everything: it is refreshed, seen from a second browser, its server crashes, and it finishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pomp.data.bundle import assets_folder
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, see_figure, settle
from tests.dashboard.conftest import start_server
from tests.runs.fakes import eventually

EPOCHS = 400
SETTINGS = {"folds": 2, "pretrain.epochs": EPOCHS, "finetune.epochs": 2, "omics.trees": 50}


@pytest.mark.slow
@pytest.mark.timeout(900)  # on a busy machine every wait below may take its full time
def test_nothing_is_lost(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    workspace = Workspace(tmp_path)
    workspace.install_bundle(assets_folder())
    before = {run.id for run in workspace.runs.list()}
    server = start_server(REPOSITORY / "dashboard" / "app.py", tmp_path)
    try:
        page = new_page(browser)
        run = start_a_run(page, server.address, workspace, before)
        page.reload()
        see_it_run(page)
        second = new_page(browser)
        second.goto(f"{server.address}/train?cohort=demo")
        see_it_run(second)  # the run under way is what a newcomer sees, without being told of it
        epochs = len(run.metrics())
        page.goto("about:blank")
    finally:
        server.kill()
    server = start_server(REPOSITORY / "dashboard" / "app.py", tmp_path)
    try:
        third = new_page(browser)
        third.goto(f"{server.address}/train?cohort=demo")
        expect(third.get_by_text("Open in Survival").first).to_be_visible(timeout=4 * PATIENCE)
        assert epochs <= len(run.metrics()) == 2 * (EPOCHS + 2)
        assert not run.metrics().duplicated(["stage", "fold", "epoch"]).any()
        delete_it(third, run)
    finally:
        server.kill()


def new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce").new_page()
    page.set_default_timeout(PATIENCE)
    return page


def start_a_run(page: Page, address: str, workspace: Workspace, before: set[str]) -> Run:
    """The settings come with the address, as a colleague would send it."""
    settings = "&".join(f"set={path}%3D{value}" for path, value in SETTINGS.items())
    page.goto(f"{address}/train?cohort=demo&modality=omics&{settings}")
    expect(page.get_by_text(f"Pre-training epochs {EPOCHS} instead of 10")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.get_by_role("button", name="Start", exact=True).click()
    eventually(lambda: len(workspace.runs.list()) > len(before), 60)
    (run,) = [run for run in workspace.runs.list() if run.id not in before]
    eventually(lambda: len(run.metrics()) > 0, 200)
    return run


def see_it_run(page: Page) -> None:
    expect(page.get_by_text(re.compile(rf"epoch \d+ of {EPOCHS}")).first).to_be_visible(timeout=PATIENCE)
    see_figure(page)


def delete_it(page: Page, run: Run) -> None:
    settle(page)
    page.get_by_role("button", name=re.compile("Delete…")).click()
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    page.get_by_text("Delete this run", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    eventually(lambda: not run.folder.exists(), 60)
