"""Formats, compressions and spellings of one table, all of which read alike."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pomp.data.problems import Problems
from pomp.data.readers.table import read_table

CSV = "patient,TP53,ESR1\nP1,1.5,2\nP2,,-3\n"


def parquet_of(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


FRAME = pd.DataFrame({"TP53": [1.5, None], "ESR1": [2, -3]}, index=["P1", "P2"])

SAME: dict[str, tuple[str, bytes]] = {
    "csv": ("t.csv", CSV.encode()),
    "gz": ("t.csv.gz", gzip.compress(CSV.encode())),
    "unpacked by a browser": ("t.csv.gz", CSV.encode()),
    "packed without saying so": ("t.csv", gzip.compress(CSV.encode())),
    "tab": ("t.tsv", CSV.replace(",", "\t").encode()),
    "tab in gz": ("t.tsv.gz", gzip.compress(CSV.replace(",", "\t").encode())),
    "upper case": ("T.CSV", CSV.encode()),
    "byte order mark": ("t.csv", b"\xef\xbb\xbf" + CSV.encode()),
    "Windows lines": ("t.csv", CSV.replace("\n", "\r\n").encode()),
    "old Macintosh lines": ("t.csv", CSV.replace("\n", "\r").encode()),
    "no last newline": ("t.csv", CSV.rstrip().encode()),
    "blank lines at the end": ("t.csv", (CSV + "\n\n").encode()),
    "empty rows of a spreadsheet": ("t.csv", (CSV + ",,\n,,\n").encode()),
    "spaces about the names": ("t.csv", CSV.replace("P1", " P1 ").replace("TP53", " TP53").encode()),
    "quotes": ("t.csv", b'"patient","TP53","ESR1"\n"P1",1.5,2\n"P2",,-3\n'),
    "NA": ("t.csv", CSV.replace(",,", ",NA,").encode()),
    "R's write.table": ("t.csv", b'"TP53","ESR1"\n"P1",1.5,2\n"P2",NA,-3\n'),
    "parquet, patients as index": ("t.parquet", parquet_of(FRAME)),
    "parquet, patients as column": ("t.parquet", parquet_of(FRAME.reset_index(names="patient"))),
}


@pytest.mark.parametrize("case", SAME)
def test_spellings_of_one_table(case: str, tmp_path: Path) -> None:
    name, content = SAME[case]
    (tmp_path / name).write_bytes(content)
    problems = Problems()
    table = read_table(tmp_path / name, name, problems)
    assert table is not None
    assert problems.found == []
    assert (table.labels, table.columns, table.rows) == (["P1", "P2"], ["TP53", "ESR1"], [2, 3])
    np.testing.assert_array_equal(table.cells.to_numpy(float), [[1.5, 2], [np.nan, -3]])


def test_numbers_stay_numbers_and_ids_stay_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,age,stage\n0012,61.5,II\nNA,70,\n")
    table = read_table(tmp_path / "t.csv", "t.csv", Problems())
    assert table is not None
    assert table.labels == ["0012", "NA"]
    assert table.cells.dtypes.astype(str).to_list() == ["float64", "object"]


@pytest.mark.parametrize(
    "column", ["patient_id", "_PATIENT", "case_submitter_id", "submitter_id", "slide_id", "file", "sample"]
)
def test_names_beside_the_labels_keep_their_zeros(column: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"nr, {column},age\n1,0012,61.5\n2,NA,70\n3,17,50\n")
    table = read_table(tmp_path / "t.csv", "t.csv", Problems())
    assert table is not None
    assert table.cells[0].dropna().to_list() == ["0012", "17"]
    assert table.cells[1].dtype == np.float64


@pytest.mark.parametrize(("first", "name"), [(1, "patient"), (0, "id")])
def test_consecutive_ids_of_a_parquet_are_labels(first: int, name: str, tmp_path: Path) -> None:
    index = pd.RangeIndex(first, first + 2, name=name)
    pd.DataFrame({"TP53": [1.5, None], "ESR1": [2, -3]}, index).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", "t.parquet", Problems())
    assert table is not None
    assert (table.labels, table.columns) == ([str(first), str(first + 1)], ["TP53", "ESR1"])


@pytest.mark.parametrize("kind", ["float64", "float32", "Int64"])
def test_ids_of_a_parquet_are_whole_where_some_are_missing(kind: str, tmp_path: Path) -> None:
    ids = pd.Series([1, 20, None], dtype=kind)
    frame = pd.DataFrame({"patient": ids, "sample": ids[::-1].array, "age": [61.0, 70.0, 50.0]})
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", "t.parquet", Problems())
    assert table is not None
    assert table.labels == ["1", "20", ""]
    assert table.cells[0].dropna().to_list() == ["20", "1"]
    assert table.cells[1].dtype == np.float64


def test_a_field_with_a_comma_or_a_line_break_is_one_field(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,note,age\nP1,"left, upper",50\nP2,"two\nlines",60\n')
    table = read_table(tmp_path / "t.csv", "t.csv", Problems())
    assert table is not None
    assert table.cells[0].to_list() == ["left, upper", "two\nlines"]
    assert table.cells[1].to_list() == [50, 60]


def test_blank_rows_leave_the_row_numbers_as_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,x\nP1,1\n\nP2,2\n")
    table = read_table(tmp_path / "t.csv", "t.csv", Problems())
    assert table is not None
    assert (table.rows, table.labels) == ([2, 4], ["P1", "P2"])


TORN = gzip.compress(b"patient,TP53\n" + b"".join(b"P%d,%d\n" % (k, k * k) for k in range(500)))[:-100]
UNREADABLE: list[tuple[str, bytes, str]] = [
    ("t.csv", b"", r"^t\.csv: the file is empty\.$"),
    ("t.csv", b"\n\n", r"^t\.csv, row 1: the first line, which should name the columns, is empty\.$"),
    ("t.csv", b"patient,TP53\n", r"^t\.csv: the file has a header and no rows\.$"),
    ("t.csv", b"patient\nP1\n", r"row 1: has one column only\."),
    ("t.csv", b"patient;TP53\nP1;1\n", r"row 1: has one column only.*holds a semicolon, is that the separator\?"),
    ("t.csv", b"patient\t" + b"gene\t" * 50_000, r"row 1: has one column only.*holds a tab"),
    ("t.csv", b'"patient,' + b"gene," * 50_000 + b"\nP1,1", r"row 1: cannot be read: field larger than field limit"),
    ("t.tsv", b"patient,TP53\nP1,1\n", r"row 1: has one column only.*holds a comma"),
    (
        "t.csv",
        b"patient,A,B\nP1,1,2\nP2,1\nP3,1\n",
        r"row 3: has 2 fields where the header has 3\. So has 1 more row",
    ),
    ("t.csv", b"patient,A,B\nP1,1,2\nP2,1,2,3\n", r"row 3: has 4 fields where the header has 3\.$"),
    (
        "t.csv",
        b"patient,A,B\nP1,1,2,\nP2,3,4,\n",
        r"row 2: has 4 fields where the header has 3, and the last is empty in every row\. If each line ends in a sep",
    ),
    ("t.csv", b'patient,A,B\nP1,"5"" x\ny",2\nP2,1\n', r"row 3: has 2 fields where the header has 3\.$"),
    (
        "t.csv",
        b'patient,A,B\nP1,1,2\nP2,"big,2\nP3,1,2\nP4,"big,2\n',
        r"row 3: a quotation mark opens a field that does not end in one, so that the rows after it would be swallowed",
    ),
    ("t.csv", b'patient,A,B\nP1,1,2\nP2,1,"big\n', r"row 3: a quotation mark opens a field that does not end in one"),
    ("t.csv", "patient,Alter\nMüller,3\n".encode("latin-1"), r"is not UTF-8 text \(byte 15\)\. Save it as 'CSV UTF-8'"),
    ("t.csv", "patient,A\nP1,1\n".encode("utf-16"), r"is not UTF-8 text"),
    ("t.csv.gz", TORN, r"^t\.csv\.gz: cannot be read: .*Is it complete\?$"),
    ("t.parquet", b"PAR1 and no more", r"^t\.parquet: cannot be read as parquet: "),
    ("t.parquet", parquet_of(FRAME.iloc[:0]), r"the file has no rows, or no column beside the first\."),
    ("t.xlsx", b"PK", r"'\.xlsx' is no table format that is read here: save it as \.csv, \.tsv or \.parquet"),
]


@pytest.mark.parametrize(("name", "content", "message"), UNREADABLE)
def test_unreadable(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    problems = Problems()
    assert read_table(tmp_path / name, name, problems) is None
    (problem,) = problems.found
    assert re.search(message, str(problem)), str(problem)


def test_a_missing_corner_name_and_a_first_row_that_ends_in_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("A,B\nP1,1,\nP2,3,4\n")
    table = read_table(tmp_path / "t.csv", "t.csv", Problems())
    assert table is not None
    assert (table.labels, table.columns, table.cells[1].tolist()[1]) == (["P1", "P2"], ["A", "B"], 4)


def test_missing(tmp_path: Path) -> None:
    problems = Problems()
    assert read_table(tmp_path / "t.csv", "t.csv", problems) is None
    assert str(problems.found[0]) == f"t.csv: there is no such file in {tmp_path}."


def test_a_folder_in_place_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    problems = Problems()
    assert read_table(tmp_path / "t.csv", "t.csv", problems) is None
    assert "cannot be read" in problems.found[0].message
