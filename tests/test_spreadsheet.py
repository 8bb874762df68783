"""What a spreadsheet must not compute, and what must stay as it is."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from pomp.spreadsheet import to_csv


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+441234", "'+441234"),
        ("-2 to -1", "'-2 to -1"),
        ("-3", "'-3"),  # text, though of digits
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("a=1", "a=1"),
        ("P-01", "P-01"),
        ("'=1", "'=1"),
        ("a\r=1", "a\r=1"),  # within quotes: no line of its own
        ('a","=1', 'a","=1'),
    ],
)
def test_text(cell: str, expected: str) -> None:
    """As another program reads it back, as a cell and as a header."""
    assert list(csv.reader(io.StringIO(to_csv(pd.DataFrame({cell: [cell, "x"]})), newline=""))) == [
        [expected], [expected], ["x"],
    ]  # fmt: skip


def test_numbers_stay_numbers() -> None:
    table = pd.DataFrame({
        "float": [-0.5, np.nan], "whole": [-3, 4], "missing": pd.array([-1, None], "Int64"), "flag": [True, False],
        "mixed": [-1.5, "-1.5"], "day": pd.to_datetime(["2025-01-01", None]),
    })  # fmt: skip
    assert to_csv(table) == (
        "float,whole,missing,flag,mixed,day\r\n"
        "-0.5,-3,-1,True,-1.5,2025-01-01\r\n"
        ",4,,False,'-1.5,\r\n"
    )  # fmt: skip


def test_precision_of_numbers_is_kept() -> None:
    value = 0.1 + 0.2
    assert float(to_csv(pd.DataFrame({"x": [value]})).split()[1]) == value


def test_categories_and_twice_the_same_column() -> None:
    table = pd.DataFrame([["=a", "-b"]], columns=["x", "x"]).astype("category")
    assert to_csv(table) == "x,x\r\n'=a,'-b\r\n"


@pytest.mark.parametrize(("table", "expected"), [(pd.DataFrame(), "\r\n"), (pd.DataFrame({"=a": []}), "'=a\r\n")])
def test_nothing(table: pd.DataFrame, expected: str) -> None:
    assert to_csv(table) == expected


def test_the_table_itself_is_left_alone() -> None:
    table = pd.DataFrame({"=a": ["=b"]})
    to_csv(table)
    assert table.to_dict("list") == {"=a": ["=b"]}
