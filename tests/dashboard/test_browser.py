"""What a browser is told for all pages, in a real one: an entry of its history a page, and what it makes ready."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from dashboard import browser
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace


@pytest.fixture(scope="module")
def address(serve: Serve, fake: FakeWorkspace) -> str:
    return serve(REPOSITORY / "dashboard" / "app.py", Path(fake.root))


@pytest.mark.timeout(300)
def test_back_leads_to_the_page_before(address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    see_page(page, "Start")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Survival").click()
    see_page(page, "Survival")
    for part in ("C-index", "Curves"):
        button = page.get_by_role("radio", name=part, exact=True)
        button.click()
        expect(button).to_be_checked()
        settle(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Patient").click()
    see_page(page, "Patient", "patient=")
    page.go_back()
    see_page(page, "Survival")
    page.go_back()
    see_page(page, "Start")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_address_has_the_data_and_what_is_not_as_at_first(address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/survival?survival-endpoint=no+such+endpoint")
    see_page(page, "Survival", "compare=")
    assert set(parse_qs(urlsplit(page.url).query)) == {"run", "compare"}
    expect(page.get_by_text("The link asks for no such endpoint")).to_be_visible()
    boxes = page.get_by_role("combobox", name=re.compile("^(Groups|Endpoint|Patients)"))
    expect(boxes).to_have_count(3, timeout=PATIENCE)
    tops = boxes.evaluate_all("found => found.map(one => one.getBoundingClientRect().top)")  # at one moment
    assert len(set(tops)) == 1, "the boxes no longer stand on one line"
    page.get_by_role("combobox", name=re.compile("^Patients")).click()
    page.get_by_role("option", name="fold 2").click()
    expect(page).to_have_url(re.compile("survival-fold=fold[+ ]2|survival-fold=fold%202"), timeout=PATIENCE)
    settle(page)
    page.reload()
    see_page(page, "Survival")
    expect(page.get_by_role("combobox", name=re.compile("^Patients"))).to_have_value("fold 2")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_a_page_without_figures_makes_ready_what_others_need(address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/help")
    see_page(page, "Help")
    page.wait_for_function("() => window.Plotly", timeout=PATIENCE)
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    assert {f"/{url}" for url in browser.element_scripts()} <= set(asked)
    forgive_probes(watched)


def test_streamlit_still_has_the_scripts_that_are_made_ready() -> None:
    """By their names alone: a later version may have others, and then pages only lose a head start."""
    named = [Path(url).name.partition(".")[0] for url in browser.element_scripts()]
    assert named == list(browser.ELEMENTS)


def test_no_page_around_this_one_may_steer_it(address: str) -> None:
    with urllib.request.urlopen(f"{address}/_stcore/host-config", timeout=30) as answer:  # noqa: S310
        assert json.load(answer)["allowedOrigins"] == []
