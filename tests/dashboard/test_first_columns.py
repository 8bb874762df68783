"""What a narrow window shows of a wide table, without scrolling, is what it is about: names, states and results."""

from __future__ import annotations

import json

import pytest

from tests.dashboard.fake import FakeWorkspace
from tests.dashboard.pages import open_page, small_tables


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("page", "part", "alt", "first"), [
    ("train", {}, "All runs", ["State", "Title", "C-index"]),
    ("runs", {}, "All runs", ["State", "Title", "C-index"]),
])  # fmt: skip
def test_first_columns(page: str, part: dict[str, str], alt: str, first: list[str]) -> None:
    app = open_page(page, **part)
    (table,) = (element for element in app.dataframe if element.proto.alt == alt)
    columns = json.loads(table.proto.columns)
    shown = list(table.proto.column_order) or list(table.value)
    assert [columns.get(name, {}).get("label") or name for name in shown][: len(first)] == first


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(("page", "part", "first"), [
    ("survival", {}, ["Group", "Patients", "Deaths", "Hazard ratio", "p"]),
    ("survival", {"survival-part": "C-index"}, ["Model", "Harrell's C", "POMP ahead by", "Verdict"]),
    ("cohort", {"cohort": "tumours"}, ["Type", "Patients", "Genes", "Missing"]),
])  # fmt: skip
def test_first_columns_of_small_tables(page: str, part: dict[str, str], first: list[str], fake: FakeWorkspace) -> None:
    chosen = {"run": fake.runs["honest"]} if page == "survival" else {}
    table = small_tables(open_page(page, **chosen, **part))[0]
    assert list(table)[: len(first)] == first
