"""Every page of the dashboard in a real browser, beside an empty Streamlit app: first content, a click, a rerun."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.bench.browser import WatchedPage, chromium
from dashboard.bench.finding import Finding
from dashboard.bench.server import dashboard_of, empty_app
from dashboard.bench.workspace import make_workspace
from pomp.bench.measurement import Scale
from pomp.data.bundle import assets_folder
from pomp.runs.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FORMATS = ("PNG", "SVG")
"""The one control that every page has, and the empty app too."""
CLICKS = {
    "alignment": ("Hidden omics", "Slides and omics"),
    "cohort": ("Genes", "Overview"),
    "help": ("Figures", "Words"),
    "patient": ("Lower risk", "Higher risk"),
    "reproduce": ("Table 2", "Table 1"),
    "runs": ("Ablations", "All runs"),
    "survival": ("C-index", "Curves"),
    "train": ("Mean over folds", "By fold"),
}
"""Page → two buttons that are clicked in turn, and change most of what it shows; other pages have none of their own."""
REPEATS: dict[Scale, int] = {"full": 7, "small": 1}
MOST_RATIO, MOST_KB = 2.5, 50.0
START = "start"  # the page without a name in its address


def page_names() -> list[str]:
    """The pages that there are, by their scripts."""
    return sorted(script.stem for script in (Path(__file__).parents[1] / "views").glob("*.py"))


def path_of(page: str) -> str:
    """A page's address below the server's."""
    return "" if page == START else page


def measure(scale: Scale, progress: Callable[[str], None]) -> list[Finding]:
    """All pages on a large workspace and on the demo's, the empty app in turns with them; small: two pages.

    Raises:
        PompError: there is no browser, or a server does not start.
    """
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        homes = {"made": make_workspace(folder / "made", scale, progress).root}
        if scale == "full":
            demo = Workspace(folder / "demo")
            demo.install_bundle(assets_folder())
            homes["demo"] = demo.root
        empty = stack.enter_context(empty_app()).url
        urls = {name: stack.enter_context(dashboard_of(home)).url for name, home in homes.items()}
        findings: list[Finding] = []
        for name, url in urls.items():
            for page in page_names() if scale == "full" else page_names()[:2]:
                progress(f"{page} on {name}")
                places = {"empty": empty, page: f"{url}/{path_of(page)}"}
                findings += compare(f"{name}, {page}", browser, places, CLICKS.get(page, FORMATS), REPEATS[scale])
        return findings


def compare(
    what: str, browser: Browser, places: Mapping[str, str], buttons: Sequence[str], repeats: int
) -> list[Finding]:
    """The empty app and a page, in turns; all is done once before, uncounted, so that all caches are warm.

    Args:
        places: url of the empty app, then of the page.
        buttons: of the page, clicked in turn.
    """
    firsts: list[list[float]] = [[], []]
    clicks: list[list[float]] = [[], []]
    reruns: list[list[float]] = [[], []]
    received: list[int] = []
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    watched = [WatchedPage(context.new_page()) for _ in places]
    clicked = (FORMATS, buttons)
    for page, url, turns in zip(watched, places.values(), clicked, strict=True):
        page.open(url)
        for _ in turns:
            page.click(*turns)
    for _ in range(repeats):
        for place, (page, url) in enumerate(zip(watched, places.values(), strict=True)):
            firsts[place].append(page.open(url))
            clicks[place] += [page.click(*clicked[place]) for _ in clicked[place]]
            before = page.received
            reruns[place].append(page.rerun())
            if place:
                received.append(page.received - before)
    context.close()
    problems = "; ".join(sorted(set(watched[1].problems)))
    first, click, rerun = ([statistics.median(values) for values in both] for both in (firsts, clicks, reruns))
    return [
        Finding(f"{what}: first content", first[1], "ms", first[0], MOST_RATIO),
        Finding(f"{what}: click on {' or '.join(buttons)} to updated page", click[1], "ms", click[0], MOST_RATIO),
        Finding(f"{what}: run again, nothing changed", rerun[1], "ms", rerun[0], MOST_RATIO),
        Finding(f"{what}: received when run again", statistics.median(received) / 1000, "kB", most=MOST_KB,
                note=problems),
    ]  # fmt: skip
