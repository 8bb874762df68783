"""Numbers of the Cohort page's figures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.cohort import (
    KEPT_IN_PAPER,
    bar_figure,
    bar_table,
    funnel_figure,
    modality_figure,
    modality_table,
    range_figure,
    range_table,
)
from pomp.data.exclusion import Step

HOSTILE = "<script>alert(1)</script>"
SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt;"
STAGES = pd.Series({"a": "I", "b": "II", "c": "I", "d": "not recorded"})
AGES = pd.Series({"a": 41.0, "b": 50.0, "c": 59.5, "d": math.nan, "e": 70.0})


def test_funnel_figure() -> None:
    bars = funnel_figure([Step("loaded", 10), Step("has mrna", 7), Step("kept", 8)]).data[0]
    assert bars.x == (10, 7, 8)
    assert bars.y == ("loaded", "has mrna", "kept")


def test_the_paper_has_a_bar_of_its_own() -> None:
    bars = funnel_figure([Step("loaded", 10), Step("kept", 8)], 12).data[0]
    assert (bars.x, bars.y[-1]) == ((10, 8, 12), KEPT_IN_PAPER)


def test_modality_table_counts_patients_alike() -> None:
    table = modality_table(["a", "b", "c", "d"], {"mrna": ["a", "b", "c"], "slides": ["a", "b"]})
    assert table.to_dict("records") == [
        {"mrna": True, "slides": True, "patients": 2},
        {"mrna": True, "slides": False, "patients": 1},
        {"mrna": False, "slides": False, "patients": 1},
    ]
    cells = modality_figure(table).data[0]
    np.testing.assert_array_equal(cells.z, [[1, 1], [1, 0], [0, 0]])
    assert cells.y == ("1: 2 patients", "2: 1 patient", "3: 1 patient")


def test_categories_of_the_patients_shown_and_of_everybody() -> None:
    table = bar_table(STAGES, ["I", "II", "not recorded"], pd.Index(["a", "b"]))
    assert table.to_numpy().tolist() == [["I", 1, 2], ["II", 1, 1], ["not recorded", 0, 1]]


@pytest.mark.parametrize(
    ("filtered", "texts", "traces"), [(False, ("1", "1", "0"), 1), (True, ("1 of 2", "1 of 1", "0 of 1"), 2)]
)
def test_bars_say_how_many_of_how_many_where_a_filter_is_on(
    filtered: bool, texts: tuple[str, ...], traces: int
) -> None:
    table = bar_table(STAGES, ["I", "II", "not recorded"], pd.Index(["a", "b"]))
    figure = bar_figure(table, [], filtered)
    assert len(figure.data) == traces
    assert figure.data[-1].text == texts
    assert [list(data) for data in figure.data[-1].customdata] == [["I"], ["II"], ["not recorded"]]
    narrow = figure.layout.meta["narrow"]["xaxis"]
    assert (narrow["tickangle"], narrow.get("range")) == (0, [0, 4] if filtered else None)  # ticks that lie down


@pytest.mark.parametrize("filtered", [False, True])
def test_the_number_at_a_bar_may_stand_beyond_the_axis(filtered: bool) -> None:
    figures = [
        funnel_figure([Step("loaded", 10), Step("kept", 8)]),
        bar_figure(bar_table(STAGES, ["I", "II"], STAGES.index), [], filtered),
    ]
    assert [figure.data[-1].cliponaxis for figure in figures] == [False, False]


def test_bins_have_round_ends_and_hold_everybody() -> None:
    table = range_table(AGES, pd.Index(["a", "b", "d"]))
    assert table["lowest"].iloc[0] == 40  # 29 years in about 15 bins: 2 years each
    assert (table["highest"] - table["lowest"]).unique().tolist() == [2]
    assert (table["patients"].sum(), table["cohort"].sum()) == (2, 4)
    assert table[table["patients"] > 0]["lowest"].tolist() == [40, 50]


def test_one_value_is_one_bin() -> None:
    table = range_table(pd.Series({"a": 3.0}), pd.Index(["a"]))
    assert table.to_numpy().tolist() == [[2.5, 3.5, 1, 1]]


def test_a_bar_of_a_range_knows_its_ends() -> None:
    figure = range_figure(range_table(AGES, AGES.index), "age (years)", (), filtered=False)
    assert list(figure.data[0].customdata[0]) == [40, 42]
    assert figure.layout.xaxis.title.text == "age (years)"


@pytest.mark.parametrize("chosen", [(), ("I",)])
def test_a_filter_that_changes_no_number_still_changes_the_figure(chosen: tuple[str, ...]) -> None:
    """Otherwise the browser would go on holding the click, and set the filter again after it was cleared."""
    table = bar_table(STAGES, ["I", "II"], STAGES.index)
    other = ("I",) if not chosen else ()
    assert bar_figure(table, chosen, True).to_json() != bar_figure(table, other, True).to_json()


def test_names_from_data_are_no_markup() -> None:
    table = bar_table(pd.Series({"a": HOSTILE}), [HOSTILE], pd.Index(["a"]))
    assert bar_figure(table, (), filtered=False).data[0].y == (SHOWN,)
    assert funnel_figure([Step(f"has {HOSTILE}", 3), Step("kept", 3)]).data[0].y[0] == f"has {SHOWN}"
    figure = range_figure(range_table(AGES, AGES.index), HOSTILE, (), filtered=False)
    assert figure.layout.xaxis.title.text == SHOWN
    assert modality_figure(modality_table(["a"], {HOSTILE: ["a"]})).data[0].x == (SHOWN,)
