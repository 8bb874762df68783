"""Clicks on the Cohort page that only a browser can make: on a bar, and on a row of a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import REPOSITORY
from tests.dashboard.browsing import (
    PATIENCE,
    click_middle,
    forgive_probes,
    see_figure,
    see_page,
    settle,
    tick_first_row,
)
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace


@pytest.fixture(scope="module")
def page_address(serve: Serve, fake: FakeWorkspace) -> str:
    return f"{serve(REPOSITORY / 'dashboard' / 'app.py', Path(fake.root))}/cohort?cohort=tumours"


def click_bar(page: Page, figure: Locator, number: int) -> None:
    """A bar of the patients shown, which lie over everybody's."""
    see_figure(page, figure.get_by_role("figure"))
    click_middle(page, figure.locator(".barlayer .trace").last.locator(".point path").nth(number))


@pytest.mark.timeout(300)
def test_tables_are_saved_by_the_pages_own_button_alone(page_address: str, watched: WatchedPage) -> None:
    """Streamlit's own would write text that a spreadsheet computes."""
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page_address}&view=Patients")
    settle(page)
    expect(page).to_have_title("Cohort · pomp")
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.hover()
    expect(table.get_by_role("button", name=re.compile("^Search"))).to_be_visible()  # the table's tool bar is there
    assert page.get_by_role("button", name=re.compile("^Download as CSV")).count() == 0
    with page.expect_download() as download:
        page.locator(".st-key-save-left-out").get_by_role("button").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("patient,")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_a_bar_sets_a_filter_which_is_cleared_and_set_again(page_address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page_address}&view=Clinical+and+survival")
    settle(page)
    curve = page.locator(".st-key-figure-survival")
    see_figure(page, curve.get_by_role("figure"))
    assert curve.locator("path.js-line").count() < 10  # a tick is no element of its own
    sexes = page.locator(".st-key-figure-clinical-2")
    for _ in range(2):  # a second click on the same bar is a click too
        click_bar(page, sexes, 0)
        expect(page).to_have_url(re.compile("cohort-is-gender=FEMALE"), timeout=PATIENCE)
        expect(page.get_by_text(re.compile(r"^\d+ of 58 patients shown$"))).to_be_visible(timeout=PATIENCE)
        settle(page)
        page.get_by_role("button", name="Clear filters").click()
        expect(page.get_by_text("58 patients shown: the whole cohort.")).to_be_visible(timeout=PATIENCE)
        expect(page).not_to_have_url(re.compile("cohort-is-gender"), timeout=PATIENCE)
        settle(page)
    ages = page.locator(".st-key-figure-clinical-1")
    click_bar(page, ages, 5)
    expect(page).to_have_url(re.compile(r"cohort-is-age=\d+&cohort-is-age=\d+"), timeout=PATIENCE)
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_a_row_opens_the_patient(page_address: str, watched: WatchedPage, fake: FakeWorkspace) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{page_address}&view=Patients&cohort-find=P-31")
    settle(page)
    table = page.get_by_role("region", name="Patients with their follow-up and types of data")
    tick_first_row(page, table)
    see_page(page, "Patient", r"/patient\?.*patient=P-31")
    forgive_probes(watched)
