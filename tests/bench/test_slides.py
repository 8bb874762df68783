"""The measurement is made, and what it compares is equal; times are not asserted."""

from __future__ import annotations

import re

from pomp.bench.slides import measure


def test_small() -> None:
    reading, stage, odd, single, memory = measure("small")
    assert reading.checks == ["equal to OpenSlide's pixels of the level at 16: True"]
    assert stage.checks == [
        "the same regions as CLAM's steps find: True",
        "stored pixels equal to OpenSlide's of the level at 16: True",
    ]
    assert "last level is at 16.017" in odd.work
    largest = re.search(r"average, (\d+) at most", single.checks[0])
    assert largest is not None
    assert int(largest[1]) <= 4
    assert "5,000²:" in memory.checks[0]
    rivals = [rival for measurement in (reading, stage, odd, single) for rival in measurement.rivals]
    assert len(rivals) == 7
    assert all(rival.seconds and rival.least for rival in rivals)
