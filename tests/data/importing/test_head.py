"""The first rows of a table: names stay with their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomp.data.importing.head import read_head

CASES = {
    "as it should be": ("patient,A,B\nP1,1,2\nP2,3,4\n", "patient", ["1", "3"]),
    "no name in the corner": ("A,B\nP1,1,2\nP2,3,4\n", "", ["1", "3"]),
    "no name in the corner, nothing at the end of a row": ("A,B\nP1,1,\nP2,3,4\n", "", ["1", "3"]),
    "lines that end in a separator": ("patient,A,B\nP1,1,2,\nP2,3,4,\n", "patient", ["1", "3"]),
}


@pytest.mark.parametrize("case", CASES)
def test_columns_are_under_their_names(case: str, tmp_path: Path) -> None:
    content, first, expected = CASES[case]
    (tmp_path / "t.csv").write_text(content)
    head = read_head(tmp_path / "t.csv")
    assert head is not None
    assert (head.first, head.columns, head.labels, head.column("A")) == (first, ["A", "B"], ["P1", "P2"], expected)
