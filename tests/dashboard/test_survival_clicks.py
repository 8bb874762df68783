"""Clicks on the Survival page that only a browser can make: on a curve, and on a row of the patients."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_figure, see_page, settle, tick_first_row
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace


@pytest.fixture(scope="module")
def page_address(serve: Serve, fake: FakeWorkspace) -> str:
    """Of the page on the newest finished run, the honest one."""
    return f"{serve(REPOSITORY / 'dashboard' / 'app.py', Path(fake.root))}/survival"


@pytest.mark.timeout(300)
def test_a_step_opens_the_patient(page_address: str, watched: WatchedPage, fake: FakeWorkspace) -> None:
    predictions = fake.runs["honest"].require_predictions()
    high = predictions[predictions["high_risk"]]
    last = high.loc[high["time_days"].idxmax(), "patient"]
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(page_address)
    settle(page)
    figure = page.locator("[class*=st-key-figure-survival-]").get_by_role("figure")
    see_figure(page, figure)
    traces = figure.locator(".xy .scatterlayer .trace")
    curve = traces.nth(traces.count() - 2).locator("path.js-line")  # the last are its ticks
    box = curve.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"], box["y"] + box["height"])  # where the last patient's follow-up ends
    see_page(page, "Patient", rf"/patient\?.*patient={last}")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_a_row_opens_the_patient(page_address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page_address}?survival-part=Patients&survival-find=P-31")
    settle(page)
    table = page.locator("[class*=st-key-survival-patients-] [data-testid=stDataFrame]")
    tick_first_row(page, table)
    see_page(page, "Patient", r"/patient\?.*patient=P-31")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_what_is_chosen_in_a_part_draws_the_part_alone(page_address: str, watched: WatchedPage) -> None:
    page, ends = watched.page, list[int]()

    def listen(sent: str | bytes) -> None:
        # The last message: field 6, and 0 after a page, 3 after a part of it.
        if isinstance(sent, bytes) and len(sent) < 100 and sent[-2:-1] == b"\x30":
            ends.append(sent[-1])

    page.on("websocket", lambda socket: socket.on("framereceived", listen))
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page_address}?run=nothing")
    settle(page)
    missed = page.get_by_text("The link asks for nothing")
    expect(missed).to_be_visible()
    ends.clear()
    page.get_by_role("radio", name="C-index").click()
    expect(page.get_by_role("heading", name="C-index by fold")).to_be_visible()
    expect(missed).to_have_count(0)  # something was chosen, though not where that stood
    settle(page)
    assert ends[-1] == 0
    ends.clear()
    page.get_by_role("radio", name="Calibration").click()
    expect(page.get_by_role("heading", name="C-index by fold")).to_have_count(0)
    settle(page)
    assert ends == [3]
    assert "survival-part=Calibration" in page.url
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_no_number_is_cut_off_in_a_narrow_window(page_address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.goto(page_address)
    settle(page)
    values = page.get_by_test_id("stMetricValue")
    expect(values.first).to_be_visible()
    cut = values.evaluate_all(
        "found => found.flatMap(one => [one, ...one.querySelectorAll('*')])"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert (values.count(), cut) == (4, [])
    forgive_probes(watched)
