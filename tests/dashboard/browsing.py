"""What every test in a real browser does: wait until a page is drawn, click on what has no element of its own."""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import WatchedPage

PATIENCE = 60_000
SCREENSHOTS = os.environ.get("POMP_SCREENSHOTS")
"""A folder: the journey leaves the README's pictures there."""
ROW_PX = 35
_DRAWN_MS = 300


def settle(page: Page) -> None:
    """Wait until Streamlit has drawn the page."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)


def see_page(page: Page, name: str, address: str = ".") -> None:
    """Wait until a page is drawn that is called so, and whose address this expression matches."""
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(address), timeout=PATIENCE)
    settle(page)


def forgive_probes(watched: WatchedPage) -> None:
    """Streamlit asks for its own health below each page's address first and is told 404; that is no fault of a page."""
    watched.problems = [text for text in watched.problems if "404" not in text]


def keep_picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.get_by_role("heading", level=1).scroll_into_view_if_needed()
        page.wait_for_timeout(1500)  # figures fade in
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
        taken.quantize(256).save(folder / f"{name}.png", optimize=True)  # a third of the size


def see_figure(page: Page, figure: Locator | None = None) -> None:
    """Bring a figure, by default the page's first, before the window: there it is drawn, with what it now shows."""
    figure = figure or page.get_by_role("figure").first
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(_DRAWN_MS)  # one that is drawn already may be changed once it is near


def click_middle(page: Page, target: Locator) -> None:
    """Click where a mark of a figure is drawn, whatever lies over it."""
    target.scroll_into_view_if_needed()
    settle(page)
    box = target.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def tick_first_row(page: Page, table: Locator) -> None:
    """Click the box at the left of a table's first row: the table is a canvas."""
    table.scroll_into_view_if_needed()
    settle(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + ROW_PX / 2, box["y"] + 1.5 * ROW_PX)
