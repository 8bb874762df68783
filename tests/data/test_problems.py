"""Findings as they are listed."""

from __future__ import annotations

import pytest

from pomp.data.problems import LISTED, list_first


@pytest.mark.parametrize(("beyond", "more"), [(0, []), (3, ["- and 3 more: `how`"])])
def test_findings_beyond_the_last_listed_are_counted(beyond: int, more: list[str]) -> None:
    lines = [f"row {row}" for row in range(LISTED + beyond)]
    assert list_first(lines, "`how`").splitlines() == [f"- row {row}" for row in range(LISTED)] + more
