"""The selection's benchmark runs, and the cache gives back what was selected."""

from __future__ import annotations

import re

from pomp.bench.selection import measure
from pomp.omics.ranking import RANKINGS


def test_the_measurement_is_made() -> None:
    *by_selector, cached, rank_sum = measure("small")
    work = "60 simulated patients, 80 mrna + 30 mirna genes"
    assert [one.work for one in by_selector] == [f"Selection by {selector}, {work}" for selector in RANKINGS]
    assert re.search(r"holds \d+ MB at most$", by_selector[0].checks[0])
    assert cached.checks == ["panels and summaries are the same to the last bit"]
    assert cached.ratio(cached.rivals[0]) is not None
    difference = re.search(r"p-values of 50 genes differ by at most a share of (\S+)$", rank_sum.checks[0])
    assert difference is not None
    assert float(difference[1]) < 1e-9
