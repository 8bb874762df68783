"""The paper's tables: read from the assets, number by number what the paper prints."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pomp.data import published
from pomp.data.paper_cohorts import PAPER_PATIENTS
from pomp.data.published import published_row, read_published
from pomp.errors import ConfigError

PAPER = Path(__file__).resolve().parents[3] / "shared" / "paper"


@pytest.mark.parametrize(
    ("named", "project", "expected"),
    [
        ("table1:MCAT", "COAD", (0.691, 0.132)),
        ("table1:PathOmics", "LIHC", (0.690, 0.013)),
        ("table1:POMP", "LGG", (0.856, 0.046)),
        ("table2:POMP-B0", "STAD", (0.610, 0.041)),
        ("table2:POMP-B6", "COAD", (0.540, 0.074)),
        ("table2:POMP", "BRCA", (0.700, 0.030)),
    ],
)
def test_numbers_as_printed(named: str, project: str, expected: tuple[float, float]) -> None:
    assert published_row(named)[project] == expected


@pytest.mark.parametrize(("table", "rows"), [("table1", 8), ("table2", 8)])
def test_every_row_has_all_six_cohorts(table: str, rows: int) -> None:
    found = read_published(table)
    assert len(found) == rows
    assert all(list(row) == list(PAPER_PATIENTS) for row in found.values())


def test_pomp_is_the_same_in_both_tables() -> None:
    assert published_row("table1:POMP") == published_row("table2:POMP")


@pytest.mark.parametrize("table", ["table1", "table2"])
def test_the_copy_is_the_papers(table: str) -> None:
    if not PAPER.is_dir():
        pytest.skip(f"no paper at {PAPER}")
    with (PAPER / f"{table}.csv").open() as file:
        for row in csv.DictReader(file):
            name = row.get("method") or row["setting"]
            expected = {key: (float(row[key]), float(row[f"{key}_sd"])) for key in PAPER_PATIENTS}
            assert read_published(table)[name] == expected


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("table3:POMP", r"There is no published table 'table3'\. There are: table1, table2\."),
        ("../table1:POMP", r"no published table '\.\./table1'"),
        ("table1", r"table1 has no row ''\. Write one of table1:MCAT, "),
        ("table1:POMP-B1", r"table1 has no row 'POMP-B1'"),
    ],
)
def test_what_is_not_there(named: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        published_row(named)


@pytest.mark.parametrize("text", [None, "method,COAD\nPOMP,0.7\n", "method,COAD,COAD_sd\nPOMP,high,0.1\n"])
def test_a_damaged_copy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    (tmp_path / "published").mkdir()
    if text is not None:
        (tmp_path / "published" / "table1.csv").write_text(text)
    monkeypatch.setattr(published, "assets_folder", lambda: tmp_path)
    read_published.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"table1\.csv cannot be read as a published table .*Install pomp again"):
            read_published("table1")
    finally:
        read_published.cache_clear()
