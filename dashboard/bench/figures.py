"""Figures as the pages draw them, beside Streamlit's own chart."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from dashboard.bench.browser import WatchedPage, chromium
from dashboard.bench.finding import Finding
from dashboard.bench.server import app_of
from pomp.bench.measurement import Scale

SCRIPT = Path(__file__).with_name("drawn.py")
BUTTONS = ("PNG", "SVG")
"""Each is other data for every figure."""
DOES = ("changes", "replaces")
NUMBERS: dict[Scale, tuple[int, ...]] = {"full": (1, 6), "small": (1,)}
REPEATS: dict[Scale, int] = {"full": 15, "small": 1}


def measure(scale: Scale, progress: Callable[[str], None]) -> list[Finding]:
    """A click that changes all figures of a page, or brings others: one that can be seen, and six of which two can.

    Raises:
        PompError: there is no browser, or a server does not start.
    """
    found = []
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        url = stack.enter_context(app_of(SCRIPT)).url
        for does, number in product(DOES, NUMBERS[scale]):
            progress(f"{number} figures")
            context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
            pages = {way: WatchedPage(context.new_page()) for way in ("ours", "streamlit")}
            for way, page in pages.items():
                page.open(f"{url}/?way={way}&figures={number}&does={does}")
                for _ in BUTTONS:
                    page.click(*BUTTONS)
            taken = [{way: page.click(*BUTTONS) for way, page in pages.items()} for _ in range(REPEATS[scale])]
            ours, theirs = (statistics.median(one[way] for one in taken) for way in pages)
            problems = "; ".join(sorted({text for page in pages.values() for text in page.problems}))
            what = f"click that {does} {number} figure{'s' * (number > 1)}, beside Streamlit's chart"
            found.append(Finding(what, ours, "ms", theirs, note=problems))
            context.close()
    return found
