"""The camera saves in the format that is chosen in the side bar, and choosing one draws no figure anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import dashboard
from tests.dashboard.browsing import forgive_probes, see_figure, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace

APP = Path(dashboard.__file__).with_name("app.py")
STARTS = {"svg": b"<svg", "png": b"\x89PNG"}


@pytest.fixture(scope="module")
def address(serve: Serve, fake: FakeWorkspace) -> str:
    return serve(APP, fake.root)


def save_picture(page: Page) -> Path:
    """What the camera of the first figure saves, under the name that it has."""
    figure = page.get_by_role("figure").first
    see_figure(page, figure)
    settle(page)
    with page.expect_download() as download:
        figure.locator(".modebar-btn").first.click(force=True)  # seen while the mouse is over the figure
    return download.value.path().rename(download.value.path().with_name(download.value.suggested_filename))


@pytest.mark.slow
def test_the_camera_saves_what_is_chosen(watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/survival")
    saved = [save_picture(page)]
    page.evaluate("() => document.querySelectorAll('.js-plotly-plot').forEach((figure) => { figure.pompSeen = true })")
    page.get_by_test_id("stSidebar").get_by_role("radio", name="PNG").click()
    expect(page).to_have_url(re.compile("pictures=PNG"))
    settle(page)
    saved.append(save_picture(page))
    assert [file.suffix for file in saved] == [".svg", ".png"]
    for file in saved:
        assert file.read_bytes().startswith(STARTS[file.suffix[1:]])
    assert page.evaluate("() => [...document.querySelectorAll('.js-plotly-plot')].every((figure) => figure.pompSeen)")
    page.goto(f"{address}/survival?pictures=PNG")
    assert save_picture(page).suffix == ".png"
    forgive_probes(watched)
