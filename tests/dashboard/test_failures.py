"""Errors that nobody foresaw, in a real browser: they are said in our words wherever they happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from tests.dashboard.browsing import PATIENCE, forgive_probes, see_page, settle
from tests.dashboard.conftest import Serve, WatchedPage

SCRIPT = Path(__file__).with_name("failing_page.py")
ERROR = "KeyError: 'no <b>such</b> key'"
SAID = {
    "fails": f"This failed: {ERROR}. Reload the page; the server's log has the details.",
    "fails in a callback": f"The last click failed: {ERROR}. The page below can be used as before; the server's log "
    "has the details.",
}


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(SCRIPT, tmp_path_factory.mktemp("home"))


@pytest.fixture
def page(watched: WatchedPage, address: str) -> Page:
    watched.page.goto(address)
    see_page(watched.page, "A page")
    forgive_probes(watched)
    return watched.page


@pytest.mark.parametrize("where", ["A part", "The page"])
@pytest.mark.parametrize("how", SAID)
def test_an_error_is_said_in_our_words(page: Page, where: str, how: str) -> None:
    page.get_by_role("button", name=f"{where} {how}", exact=True).click()
    said = page.get_by_test_id("stException")
    expect(said).to_contain_text(SAID[how], timeout=PATIENCE)
    settle(page)
    expect(said).to_have_count(1)
    assert not any(word in page.content() for word in ("Traceback", "failing_page", "Oh no", "redacted"))


@pytest.mark.parametrize("where", ["A part", "The page"])
@pytest.mark.parametrize("how", ["fails", "refuses"])
def test_the_page_stands_below_what_a_click_could_not_do(page: Page, where: str, how: str) -> None:
    page.get_by_role("button", name=f"{where} {how} in a callback", exact=True).click()
    said = page.get_by_role("alert")
    expect(said).to_be_visible(timeout=PATIENCE)
    settle(page)
    for text in ("A page", "A part is whole", "The page is whole"):
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    page.get_by_role("button", name="The page works", exact=True).click()
    expect(page.get_by_text("It worked")).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(said).to_have_count(0)


@pytest.mark.parametrize("where", ["A part", "The page"])
def test_an_error_of_ours_is_text(page: Page, where: str) -> None:
    page.get_by_role("button", name=f"{where} refuses in a callback", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is no *such* run.", timeout=PATIENCE)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_what_is_beside_a_part_that_fails_stays(page: Page) -> None:
    page.get_by_role("button", name="A part fails", exact=True).click()
    expect(page.get_by_test_id("stException")).to_be_visible(timeout=PATIENCE)
    settle(page)
    expect(page.get_by_role("heading", name="A page")).to_be_visible()
    expect(page.get_by_text("The page is whole")).to_be_visible()


def test_the_log_has_the_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    def script() -> None:
        from streamlit.error_util import handle_user_script_exception

        from dashboard.failures import say_failure

        try:
            _ = {}["lost"]
        except KeyError as error:
            handle_user_script_exception(error, say_failure)

    (said,) = AppTest.from_function(script).run().exception
    assert "KeyError: 'lost'" in said.message
    assert not said.stack_trace
    assert "Traceback" in "".join(capfd.readouterr())
