"""Colours: text that is read in both modes, and series that are told apart, also by people who see fewer colours."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from dashboard.theme import GREY, SERIES
from tests.dashboard.browsing import PATIENCE, settle
from tests.dashboard.conftest import Serve

GROUNDS = {"light": "#FFFFFF", "dark": "#171614"}
SEEN = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Linear RGB as it is seen: Machado, Oliveira & Fernandes 2009, severity 1."""

LEAST = 9
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB of '#RRGGBB'."""
    part = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio of two colours."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """(3,) CIELAB of linear RGB, under D65."""
    share = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("mode", GROUNDS)
@pytest.mark.parametrize("colour", [*SERIES, GREY])
def test_series_stand_out_from_the_page(colour: str, mode: str) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1 for what is drawn."""
    assert contrast(colour, GROUNDS[mode]) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)  # WCAG's own example


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """CIEDE2000 of two colours in CIELAB, as Sharma, Wu & Dalal 2005 have it; about 1 is just noticed."""
    chroma = [float(np.hypot(*colour[1:])) for colour in (one, other)]
    stretch = 1.5 - 0.5 * np.sqrt(_high(np.mean(chroma)))
    chroma = [float(np.hypot(colour[1] * stretch, colour[2])) for colour in (one, other)]
    hue = [float(np.degrees(np.arctan2(colour[2], colour[1] * stretch))) % 360 for colour in (one, other)]
    turn = (hue[1] - hue[0] + 180) % 360 - 180
    middle = (hue[0] + turn / 2) % 360
    lightness, mean = (one[0] + other[0]) / 2, float(np.mean(chroma))
    waves = ((1, 30, -0.17), (2, 0, 0.24), (3, -6, 0.32), (4, 63, -0.20))
    weight = 1 + sum(size * np.cos(np.radians(times * middle - shift)) for times, shift, size in waves)
    light = (other[0] - one[0]) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    strong = (chroma[1] - chroma[0]) / (1 + 0.045 * mean)
    tinted = 2 * np.sqrt(chroma[0] * chroma[1]) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * mean * weight)
    twist = 2 * np.sqrt(_high(mean)) * np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    return float(np.sqrt(light**2 + strong**2 + tinted**2 - twist * strong * tinted))


def _high(chroma: float) -> float:
    return float(chroma**7 / (chroma**7 + 25**7))


def test_differences_are_those_of_the_paper() -> None:
    pairs = (((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492),
             ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373))  # fmt: skip
    for one, other, expected in pairs:
        assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sight", SEEN)
def test_series_are_told_apart(sight: str) -> None:
    seen = [lab(SEEN[sight] @ linear(colour)) for colour in SERIES]
    assert min(difference(one, other) for one, other in combinations(seen, 2)) >= LEAST


CONTRASTS = """(element) => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return text.startsWith('color(srgb')
    ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1] }
  const over = (top, below) => [0, 1, 2].map((k) => top[k] * top[3] + below[k] * (1 - top[3])).concat(1)
  const layers = []
  for (let one = element; one; one = one.parentElement) layers.unshift(parse(getComputedStyle(one).backgroundColor))
  const ground = layers.reduce((below, top) => over(top, below), [255, 255, 255, 1])
  const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, k) => {
    const part = colour[k] / 255
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4) }, 0)
  const ink = parse(getComputedStyle(element).color)
  for (let one = element; one; one = one.parentElement) ink[3] *= getComputedStyle(one).opacity
  const [dark, bright] = [light(over(ink, ground)), light(ground)].sort((a, b) => a - b)
  return (bright + 0.05) / (dark + 0.05)
}"""
"""Of an element's text and what lies behind it. Translucent text and grounds are laid over each other."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_read(mode: str, serve: Serve, browser: Browser, tmp_path: Path) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text."""
    context = browser.new_context(color_scheme=mode, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(serve(Path(__file__).with_name("contrast_page.py"), tmp_path))
    settle(page)
    for place in ("page", "sidebar"):
        part = page.locator(f".st-key-{place}")
        for text in ("A caption", "Chosen", "Other", "Primary", "Primary that opens", "A link"):
            found = part.get_by_text(text, exact=True)
            expect(found).to_be_visible(timeout=PATIENCE)
            assert found.evaluate(CONTRASTS) >= 4.5, (place, text)
        key = part.locator("kbd")
        expect(key).to_be_visible(timeout=PATIENCE)
        assert key.evaluate(CONTRASTS) >= 4.5, place
    context.close()
