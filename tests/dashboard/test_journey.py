"""One journey through the dashboard, in a real browser on the bundled cohorts, as a newcomer would make it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from dashboard.elements import run_label
from pomp.data.bundle import assets_folder
from pomp.runs.backends.local import LocalBackend
from pomp.runs.run import Run
from pomp.runs.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, SCREENSHOTS, forgive_probes, keep_picture, see_figure, settle
from tests.dashboard.conftest import WatchedPage, start_server

DARK = {
    "start": ("", "Finished runs"),
    "cohort": ("cohort?cohort=brca", "Who is in"),
    "survival": ("survival", "High against low risk"),
    "patient": ("patient", "Predicted survival"),
    "slide": ("slide", "Region"),
    "alignment": ("alignment?run={both}", "Do they find each other?"),
    "train": ("train", "All runs"),
    "runs": ("runs?part=Ablations&grid=fig3a&grid_cohorts=demo&grid_protocols=honest", "Runs"),
    "reproduce": ("reproduce?reproduce-cohort=demo&reproduce-settings=demo", "Table 1"),
    "help": ("help", "Help"),
}
"""Page → its address, with the run of both modalities where it says so, and a heading on it."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("home"))
    workspace.install_bundle(assets_folder())
    yield workspace
    backend = LocalBackend(workspace)
    for run in workspace.runs.list():
        if run.status().active:
            backend.kill(run)


@contextmanager
def serving(workspace: Workspace) -> Iterator[str]:
    """A server while the block lasts; at its end it is killed, as by a crash."""
    server = start_server(REPOSITORY / "dashboard" / "app.py", workspace.root)
    try:
        yield server.address
    finally:
        server.kill()


@pytest.mark.timeout(900)  # on a busy machine every wait below may take its full time
def test_newcomer(workspace: Workspace, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 1400, "height": 1000})
    with serving(workspace) as address:
        see_a_finished_run(page, address)
        run = launch_training(page, address, workspace)
        page.reload()
        settle(page)
        watched_so_far = len(run.metrics())
        page.goto("about:blank")  # the tab is closed, then the server crashes
    with serving(workspace) as address:
        page.goto(f"{address}/train")
        find_it_again(page, run, watched_so_far)
        look_at_a_patient(page, address)
        look_at_the_slide(page, address)
        look_at_the_rest(page, address, workspace)
        look_in_the_dark(page, address, workspace)
        forgive_probes(watched)
        page.goto("about:blank")


def see_a_finished_run(page: Page, address: str) -> None:
    """What there is, the cohort, and the curve of a finished run."""
    page.goto(address)
    expect(page.get_by_text("Finished runs")).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "start")
    page.goto(f"{address}/cohort?cohort=brca")
    expect(page.get_by_role("heading", name="Cohort").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "cohort")
    page.get_by_role("radio", name="Genes").click()
    expect(page.get_by_text("genes chosen at least once")).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "genes")
    page.get_by_role("radio", name="Agreement").click()
    expect(page.get_by_text("How far the folds agree")).to_be_visible(timeout=PATIENCE)
    settle(page)
    see_figure(page)
    page.get_by_role("link", name="Survival").first.click()
    expect(page.get_by_text("High against low risk")).to_be_visible(timeout=PATIENCE)
    settle(page)
    see_figure(page)
    place = page.get_by_role("heading", name="High against low risk").bounding_box()
    assert place is not None
    assert place["y"] < 750, "the curves begin below the first screen"
    keep_picture(page, "survival")


def launch_training(page: Page, address: str, workspace: Workspace) -> Run:
    """A small training; its loss appears while it runs."""
    page.get_by_role("link", name="Train").first.click()
    expect(page.get_by_test_id("stBaseButton-primary")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{address}/train?cohort=demo")
    settle(page)
    page.get_by_role("radio", name="omics").click()
    settle(page)
    for label, value in {"Pre-training epochs": "80", "Fine-tuning epochs": "3", "Folds": "2"}.items():
        box = page.get_by_label(label, exact=True)
        box.fill(value)
        box.press("Enter")
        settle(page)
    before = {run.id for run in workspace.runs.list()}
    page.get_by_test_id("stBaseButton-primary").click()
    expect(page.get_by_text(re.compile(r"fold \d · epoch \d+ of 80"))).to_be_visible(timeout=PATIENCE)
    (run,) = [run for run in workspace.runs.list() if run.id not in before]
    assert len(run.metrics()) > 0
    see_figure(page)
    keep_picture(page, "train")

    return run


def find_it_again(page: Page, run: Run, epochs: int) -> None:
    """Nothing is lost, and the loss has moved on."""
    expect(page.get_by_text("Open in Survival").first).to_be_visible(timeout=2 * PATIENCE)
    assert run.status().state == "DONE"
    assert epochs <= len(run.metrics()) == 2 * (80 + 3)


def look_at_a_patient(page: Page, address: str) -> None:
    page.goto(f"{address}/patient")
    expect(page.get_by_text("Predicted survival").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("research use only", re.IGNORECASE)).first).to_be_visible()
    settle(page)
    keep_picture(page, "patient")


def look_at_the_slide(page: Page, address: str) -> None:
    """Deep zoom, and the scores of a region that is clicked."""
    page.goto(f"{address}/slide")
    expect(page.locator(".stage canvas").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    zoom_and_click(page)
    expect(page.get_by_text(re.compile(r"Region \d+: row \d+, column \d+"))).to_be_visible(timeout=PATIENCE)
    keep_picture(page, "slide")


def look_at_the_rest(page: Page, address: str, workspace: Workspace) -> None:
    """Alignment, the ablation that the bundled runs fill, the paper beside them, and help."""
    page.goto(f"{address}/alignment?{urlencode({'run': run_label(workspace.runs.get('demo-both'))})}")
    expect(page.get_by_text("Do they find each other?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "alignment")
    page.goto(f"{address}/runs?part=Ablations&grid=fig3a&grid_cohorts=demo&grid_protocols=honest")
    expect(page.get_by_text(re.compile("missing|filled|done", re.IGNORECASE)).first).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "runs")
    page.goto(f"{address}/reproduce?reproduce-cohort=demo&reproduce-settings=demo")
    expect(page.get_by_text("demo under each protocol")).to_be_visible(timeout=PATIENCE)
    settle(page)
    keep_picture(page, "reproduce")
    page.goto(f"{address}/help")
    settle(page)
    keep_picture(page, "help")


def look_in_the_dark(page: Page, address: str, workspace: Workspace) -> None:
    """Each page in the other theme."""
    both = quote(run_label(workspace.runs.get("demo-both")))
    page.emulate_media(color_scheme="dark")
    for name, (path, heading) in DARK.items():
        if name not in ("survival", "slide") and not SCREENSHOTS:
            continue  # figures and viewer have colours of their own; the other pages only have their picture taken
        page.goto(f"{address}/{path.format(both=both)}")
        expect(page.get_by_role("heading", name=heading).first).to_be_visible(timeout=PATIENCE)
        settle(page)
        keep_picture(page, f"{name}-dark")


def zoom_and_click(page: Page) -> None:
    """Zoom in on the middle of the slide, where the demo's tissue is, then click there."""
    page.get_by_label("Zoom in", exact=True).click()
    page.wait_for_timeout(1000)  # the viewer glides to its new place
    page.locator(".stage").click()
