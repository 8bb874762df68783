"""Narrow windows: numbers, labels and buttons are whole, and cards go to a new line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect

import dashboard
from dashboard.elements import run_label
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_figure, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace

APP = Path(dashboard.__file__).with_name("app.py")
CUT = """(element) => [element, ...element.querySelectorAll('*')]
  .filter((one) => getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.innerText)"""


@pytest.fixture(scope="module")
def address(serve: Serve, fake: FakeWorkspace) -> str:
    return serve(APP, fake.root)


def assert_whole(element: Locator) -> None:
    """Nothing of it is cut off at its side."""
    element.scroll_into_view_if_needed()
    assert element.evaluate(CUT) == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [410, 1000, 1440])
def test_the_numbers_of_finished_runs(width: int, watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    see_page(page, "Start")
    numbers = page.get_by_test_id("stMetric")
    expect(numbers).to_have_count(3, timeout=PATIENCE)
    for place in range(3):
        assert_whole(numbers.nth(place))
    for name in ("honest", "paper-released"):
        assert_whole(page.get_by_text(name, exact=True).locator("visible=true").first)
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_buttons_of_the_filters(watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{address}/cohort?cohort=tumours")
    see_page(page, "Cohort")
    page.get_by_role("button", name="Filter patients and choose columns").click()
    buttons = page.locator(".st-key-cohort-event")
    expect(buttons.get_by_text("Without death")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert_whole(buttons)
    forgive_probes(watched)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [410, 1000])
def test_the_parts_of_a_page(width: int, watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/cohort?cohort=tumours")
    see_page(page, "Cohort")
    expect(page.get_by_role("radio", name="Import")).to_be_attached(timeout=PATIENCE)
    assert_whole(page.locator(".st-key-view"))
    forgive_probes(watched)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1000, 1440])
def test_the_names_of_patient_and_slide(width: int, watched: WatchedPage, address: str, fake: FakeWorkspace) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/slide?{urlencode({'run': run_label(fake.runs['honest']), 'patient': 'P-12'})}")
    see_page(page, "Slide")
    for key in ("patient", "slide", "slide-compare"):
        box = page.locator(f".st-key-{key} input").first
        expect(box).to_be_visible(timeout=PATIENCE)
        assert box.evaluate("input => input.scrollWidth <= input.clientWidth")
        assert box.evaluate("input => input.clientWidth") > 70  # as wide as a patient of TCGA
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_choices_of_curves(watched: WatchedPage, address: str, fake: FakeWorkspace) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1000, "height": 900})
    page.goto(f"{address}/survival?{urlencode({'run': run_label(fake.runs['honest'])})}")
    see_page(page, "Survival")
    for key in ("survival-groups", "survival-endpoint", "survival-fold"):
        box = page.locator(f".st-key-{key} input").first
        expect(box).to_be_visible(timeout=PATIENCE)
        assert box.evaluate("input => input.scrollWidth <= input.clientWidth"), key
    assert_whole(page.get_by_role("button", name="More choices"))
    places = [box for card in page.get_by_test_id("stMetric").all() if (box := card.bounding_box()) is not None]
    tops, ends = {box["y"] for box in places}, {box["y"] + box["height"] for box in places}
    assert len(places) > 1
    assert len(tops) == len(ends), "cards beside each other are equally high"
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_names_below_a_figure(watched: WatchedPage, address: str, fake: FakeWorkspace) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1000, "height": 900})
    chosen = {"run": run_label(fake.runs["honest"]), "survival-part": "C-index"}
    page.goto(f"{address}/survival?{urlencode(chosen)}")
    see_page(page, "Survival")
    figure = page.get_by_role("figure", name="C-index of each fold, by model")
    see_figure(page, figure)
    boxes = [box for name in figure.locator(".xtick text").all() if (box := name.bounding_box()) is not None]
    assert len(boxes) > 2
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_links_of_slides(watched: WatchedPage, address: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1000, "height": 900})
    page.goto(f"{address}/cohort?{urlencode({'cohort': 'tumours', 'view': 'Slides'})}")
    see_page(page, "Cohort")
    expect(page.get_by_text("Open the patient").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert_whole(page.get_by_test_id("stPageLink").first)
    forgive_probes(watched)
