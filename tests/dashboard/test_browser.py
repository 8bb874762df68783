"""What a browser is told for all pages, in a real one: an entry of its history a page, and what it makes ready."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboard.browser import head
from tests.conftest import REPOSITORY
from tests.dashboard.browsing import PATIENCE, forgive_probes, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage
from tests.dashboard.fake import FakeWorkspace


@pytest.fixture(scope="module")
def address(serve: Serve, fake: FakeWorkspace) -> str:
    return serve(REPOSITORY / "dashboard" / "app.py", Path(fake.root))


def open_at(watched: WatchedPage, url: str, name: str, address: str = ".") -> Page:
    """The browser's page, once it shows what `see_page` waits for."""
    watched.page.set_default_timeout(PATIENCE)
    watched.page.goto(url)
    see_page(watched.page, name, address)
    return watched.page


@pytest.mark.timeout(300)
def test_back_leads_to_the_page_before(address: str, watched: WatchedPage) -> None:
    page = open_at(watched, address, "Start")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Survival").click()
    see_page(page, "Survival")
    for part, said in (("C-index", "survival-part=C-index"), ("Curves", r"^(?!.*survival-part)")):
        button = page.get_by_role("radio", name=part, exact=True)
        button.click()
        expect(button).to_be_checked()
        settle(page)
        expect(page).to_have_url(re.compile(said))
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Patient").click()
    see_page(page, "Patient", "patient=")
    page.go_back()
    see_page(page, "Survival")
    page.go_back()
    see_page(page, "Start")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_a_part_is_found_again_and_stands_in_the_address_of_its_page_alone(address: str, watched: WatchedPage) -> None:
    page = open_at(watched, f"{address}/survival", "Survival")
    part = page.get_by_role("radio", name="C-index", exact=True)
    part.click()
    expect(page).to_have_url(re.compile("survival-part=C-index"))
    settle(page)
    links = page.get_by_test_id("stSidebarNav")
    links.get_by_role("link", name="Help").click()
    see_page(page, "Help", "/help$")
    links.get_by_role("link", name="Survival").click()
    see_page(page, "Survival", "survival-part=C-index")
    expect(part).to_be_checked()
    page.get_by_role("radio", name="Epochs", exact=True).click()
    expect(page).to_have_url(re.compile("survival-part=Epochs"))
    settle(page)
    links.get_by_role("link", name="Help").click()
    see_page(page, "Help", "/help$")
    page.go_back()
    see_page(page, "Survival", "survival-part=Epochs")
    forgive_probes(watched)


@pytest.mark.timeout(300)
def test_the_address_has_the_data_and_what_is_not_as_at_first(address: str, watched: WatchedPage) -> None:
    page = open_at(watched, f"{address}/survival?survival-endpoint=no+such+endpoint", "Survival", "compare=")
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
    page = open_at(watched, f"{address}/help", "Help")
    page.wait_for_function("() => window.Plotly", timeout=PATIENCE)
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    assert {f"/{url}" for url in head.element_scripts()} <= set(asked)
    forgive_probes(watched)


# Messages as the server sent them, and as Streamlit was given them, each with the turn in which it was.
WATCH_MESSAGES = """
window.came = []
window.given = []
let turn = 0
window.WebSocket = class extends WebSocket {
  addEventListener(type, listener) {
    super.addEventListener(type, listener)
    if (type !== "message" || this.watched) return
    this.watched = true // after the one that lets them wait, before Streamlit's
    super.addEventListener("message", ({ data, isTrusted }) => {
      if (isTrusted) return
      window.given.push([turn, data.byteLength])
      queueMicrotask(() => { turn += 1 })
    })
  }
  constructor(...given) {
    super(...given)
    super.addEventListener("message", ({ data, isTrusted }) => isTrusted && window.came.push(data.byteLength))
  }
}"""


@pytest.mark.timeout(300)
def test_what_comes_in_one_go_is_drawn_in_one_go(address: str, watched: WatchedPage) -> None:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.add_init_script(WATCH_MESSAGES)
    page.goto(f"{address}/survival")
    see_page(page, "Survival")
    page.evaluate("window.came = []; window.given = []")
    page.get_by_role("radio", name="C-index", exact=True).click()
    expect(page.get_by_role("heading", name="C-index by fold")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.wait_for_function("came.length === given.length")
    came, given = page.evaluate("[came, given]")
    assert [size for _, size in given] == came  # all of them, in their order
    assert len(came) > 25
    assert len({turn for turn, _ in given}) < len(came) / 3
    assert given[0][0] == given[1][0], "the first, which draws the whole page, has not waited"
    forgive_probes(watched)


def test_streamlit_still_has_the_scripts_that_are_made_ready() -> None:
    """By their names alone: a later version may have others, and then pages only lose a head start."""
    named = [Path(url).name.partition(".")[0] for url in head.element_scripts()]
    assert named == list(head.ELEMENTS)


def test_no_page_around_this_one_may_steer_it(address: str) -> None:
    with urllib.request.urlopen(f"{address}/_stcore/host-config", timeout=30) as answer:  # noqa: S310
        assert json.load(answer)["allowedOrigins"] == []
