"""The quick reader of numbers against the careful one: the same cells, names and complaints."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.problems import Problems
from pomp.data.readers import matrix
from pomp.data.readers.matrix import read_matrix
from pomp.data.readers.table import read_table

BODY = "".join(f"g{row},{row / 7!r},{-row},{'' if row % 3 else 'NA'},{row}e-3\n" for row in range(200))
TEXT = "gene,a,b,c,d\n" + BODY

TABLES: dict[str, tuple[str, bytes, bool]] = {
    "csv": ("t.csv", TEXT.encode(), True),
    "gz": ("t.csv.gz", gzip.compress(TEXT.encode()), True),
    "unpacked by a browser": ("t.csv.gz", TEXT.encode(), True),
    "tab, no suffix": ("HiSeqV2", TEXT.replace(",", "\t").encode(), True),
    "by_genes": ("all_thresholded.by_genes", TEXT.replace(",", "\t").encode(), True),
    "quotes": ("t.csv", TEXT.replace("g1,", '"g1",').encode(), True),
    "byte order mark": ("t.csv", b"\xef\xbb\xbf" + TEXT.encode(), True),
    "Windows lines": ("t.csv", TEXT.replace("\n", "\r\n").encode(), True),
    "R's write.table": ("t.csv", TEXT.replace("gene,", "", 1).encode(), True),
    "spaces about numbers": ("t.csv", TEXT.replace(",-", ", -").encode(), True),
    "old Macintosh lines": ("t.csv", TEXT.replace("\n", "\r").encode(), False),
    "blank lines": ("t.csv", (TEXT + "\n\n").encode(), False),
    "a word": ("t.csv", TEXT.replace("-150,", "high,").encode(), False),
    "a field with a comma": ("t.csv", TEXT.replace("g9,", '"g,9",').encode(), True),
    "a field over two lines": ("t.csv", TEXT.replace("g9,", '"g\n9",').encode(), False),
}


@pytest.mark.parametrize("case", TABLES)
def test_both_readers_agree(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content, quick = TABLES[case]
    (tmp_path / name).write_bytes(content)
    careful = read_table(tmp_path / name, name, Problems())
    if quick:
        monkeypatch.setattr(matrix, "read_table", None)  # not called
    monkeypatch.setattr(matrix, "BLOCK", 64)  # several blocks
    table = read_matrix(tmp_path / name, name, Problems())
    assert table is not None
    assert careful is not None
    assert (table.labels, table.columns, table.rows) == (careful.labels, careful.columns, careful.rows)
    np.testing.assert_array_equal(table.cells.to_numpy().astype(str), careful.cells.to_numpy().astype(str))


FRAME = pd.DataFrame({"a": [1.5, np.nan], "b": [2.0, -3.0]}, index=["g1", "g2"])
PARQUETS: dict[str, tuple[pd.DataFrame, bool]] = {
    "genes as column": (FRAME.reset_index(names="gene"), True),
    "whole numbers": (FRAME.fillna(0).astype(int).reset_index(names="gene"), True),
    "single precision": (FRAME.astype(np.float32).reset_index(names="gene"), True),
    "genes as index": (FRAME, False),
    "text": (FRAME.assign(b=["2", "low"]).reset_index(names="gene"), False),
}


@pytest.mark.parametrize("case", PARQUETS)
def test_parquet(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, quick = PARQUETS[case]
    frame.to_parquet(tmp_path / "t.parquet")
    careful = read_table(tmp_path / "t.parquet", "t.parquet", Problems())
    if quick:
        monkeypatch.setattr(matrix, "read_table", None)  # not called
    table = read_matrix(tmp_path / "t.parquet", "t.parquet", Problems())
    assert table is not None
    assert careful is not None
    assert (table.labels, table.columns, table.rows) == (careful.labels, careful.columns, careful.rows)
    assert table.cells.to_numpy(float if quick else object).astype(str).tolist() == (
        careful.cells.to_numpy(float if quick else object).astype(str).tolist()
    )


FAULTS: dict[str, tuple[str, bytes]] = {
    "torn line": ("t.csv", TEXT.rsplit(",", 2)[0].encode()),
    "torn gzip": ("t.csv.gz", gzip.compress(TEXT.encode())[:-20]),
    "wrong separator": ("t.tsv", TEXT.encode()),
    "not UTF-8": ("t.csv", TEXT.replace("g9,", "gü,").encode("latin-1")),
    "empty": ("t.csv", b""),
    "header only": ("t.csv", b"gene,a\n"),
    "lines that end in a separator": ("t.csv", TEXT.replace("e-3\n", "e-3,\n").encode()),
    "no text table": ("t.xlsx", b"PK"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_is_said_as_by_the_careful_reader(case: str, tmp_path: Path) -> None:
    name, content = FAULTS[case]
    (tmp_path / name).write_bytes(content)
    quick, careful = Problems(), Problems()
    assert read_matrix(tmp_path / name, name, quick) is None
    assert read_table(tmp_path / name, name, careful) is None
    assert quick.found == careful.found
    assert len(quick.found) == 1
