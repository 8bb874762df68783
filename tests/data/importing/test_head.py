"""The first rows of a table: names stay with their values."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.importing import head as module
from pomp.data.importing.head import read_head, read_spread

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


@pytest.mark.parametrize(("width", "is_table"), [(40, True), (60, False)])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_no_line_is_read_whatever_its_length(
    name: str, width: int, is_table: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LINE", 100)
    content = f"patient{',1' * width}\nP1{',1' * width}\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert (read_head(tmp_path / name) is not None) is is_table


@pytest.mark.parametrize(("count", "spread"), [(3, ["5", "6", "7"]), (1000, ["5", "10", "15"])])
def test_consecutive_ids_of_a_parquet_are_labels(count: int, spread: list[str], tmp_path: Path) -> None:
    index = pd.RangeIndex(5, 5 + count, name="patient")
    pd.DataFrame({"A": np.arange(count) / 2, "B": 1.5}, index).to_parquet(tmp_path / "t.parquet")
    head = read_head(tmp_path / "t.parquet")
    assert head is not None
    assert (head.first, head.columns, head.labels[:3]) == ("patient", ["A", "B"], ["5", "6", "7"])
    found = read_spread(tmp_path / "t.parquet", head)
    assert (found.first, found.columns, found.labels[:3]) == ("patient", ["A", "B"], spread)
    assert (found.labels[-1], found.column("A")[-1]) == (str(4 + count), str((count - 1) / 2))


def test_ids_of_a_parquet_are_whole_where_some_are_missing(tmp_path: Path) -> None:
    pd.DataFrame({"patient": [1, None, 20], "A": [1.5, 2.5, 3.5]}).to_parquet(tmp_path / "t.parquet")
    head = read_head(tmp_path / "t.parquet")
    assert head is not None
    assert head.labels == ["1", "", "20"]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.torn.gz"])
def test_rows_all_over_the_file(name: str, tmp_path: Path) -> None:
    content = "id,A,B\n" + "".join(f"P{row},{row}, NA\n" for row in range(1000)) + "torn\n"
    packed = gzip.compress(content.encode())
    (tmp_path / name).write_bytes({"t.csv": content.encode(), "t.csv.gz": packed}.get(name, packed[:-200]))
    path = (tmp_path / name).rename(tmp_path / name.replace(".torn", ""))
    head = read_head(path)
    assert head is not None
    found = read_spread(path, head)
    rows = list(range(0, 1000, 4)) if "torn" not in name else list(range(200))
    assert (found.first, found.columns, found.labels) == ("id", ["A", "B"], [f"P{row}" for row in rows])
    assert found.column("A") == [str(row) for row in rows]
    assert set(found.column("B")) == {""}
