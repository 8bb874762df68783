"""Figures in a real browser, in little width: no text of theirs is cut off, and none lies over another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.browsing import PATIENCE, forgive_probes, see_figure, settle
from tests.dashboard.conftest import Serve, WatchedPage

SCRIPT = Path(__file__).with_name("narrow_page.py")

# Every text that is seen, and how far it stands out of the figure or of the part of it that is drawn at all (`out`).
TEXTS = """figure => {
  const edge = figure.getBoundingClientRect()
  const bounds = (text) => {
    const found = [edge]
    for (let part = text; part !== figure; part = part.parentElement) {
      const clip = getComputedStyle(part).clipPath.match(/#([^")]+)/)
      if (!clip) continue
      const own = document.getElementById(clip[1]).querySelector("rect"), place = part.getScreenCTM()
      const [left, top] = [place.e + own.x.baseVal.value, place.f + own.y.baseVal.value]
      const [width, height] = [own.width.baseVal.value, own.height.baseVal.value]
      found.push({ left, top, right: left + width, bottom: top + height })
    }
    return found
  }
  return [...figure.querySelectorAll("svg.main-svg text")].map((text) => {
    const { left, top, right, bottom } = text.getBoundingClientRect()
    const out = Math.max(...bounds(text).flatMap((one) => [
      one.left - left, one.top - top, right - one.right, bottom - one.bottom,
    ]))
    return { text: text.textContent, left, top, right, bottom, out }
  }).filter(({ left, right }) => right > left)
}"""


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(SCRIPT, tmp_path_factory.mktemp("home"))


@pytest.fixture(params=[400, 1000])
def page(request: pytest.FixtureRequest, watched: WatchedPage, address: str) -> Page:
    page = watched.page
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": request.param, "height": 1000})
    page.goto(address)
    settle(page)
    expect(page.get_by_role("figure")).to_have_count(11, timeout=PATIENCE)
    forgive_probes(watched)
    return page


def texts(page: Page, name: str) -> list[dict[str, Any]]:
    figure = page.get_by_role("figure", name=name, exact=True)
    see_figure(page, figure)
    found: list[dict[str, Any]] = figure.evaluate(TEXTS)
    return found


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """By more than a pixel: boxes of letters are larger than these."""
    width = min(one["right"], other["right"]) - max(one["left"], other["left"])
    height = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(min(width, height) > 1)


def test_numbers_at_risk_are_whole(page: Page) -> None:
    found = {text["text"]: text["out"] for text in texts(page, "Curves")}
    assert {number: found[number] for number in ("354", "399") if found[number] > 0} == {}


def test_no_text_is_cut_and_none_lies_over_another(page: Page) -> None:
    problems = []
    for name in page.get_by_role("figure").evaluate_all("all => all.map((one) => one.ariaLabel)"):
        found = texts(page, name)
        assert found
        problems += [f"{name}: {text['text']} is cut" for text in found if text["out"] > 1]
        pairs = [(one, other) for place, one in enumerate(found) for other in found[:place] if overlap(one, other)]
        problems += [f"{name}: {one['text']} over {other['text']}" for one, other in pairs]
    assert problems == []
