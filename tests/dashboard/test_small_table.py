"""Tables of a few rows, which are text: letter by letter, with their numbers on the right."""

from __future__ import annotations

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from tests.dashboard.pages import small_tables


def shown(table: pd.DataFrame, **named: dict[str, str]) -> AppTest:
    def page(table, named):  # type: ignore[no-untyped-def]  # its text is run elsewhere, where no type is known
        from dashboard.small_table import show_small_table

        show_small_table(table, **named)

    app = AppTest.from_function(page, args=(table, named)).run()
    assert not app.exception
    return app


def test_numbers_are_written_as_asked_and_stand_on_the_right() -> None:
    table = pd.DataFrame({"Type": ["mrna", "mirna"], "Genes": [1550, 12], "Missing": [0.25, np.nan]})
    app = shown(table, formats={"Genes": "{:,}", "Missing": "{:.1f} %"})
    (read,) = small_tables(app)
    assert read.to_numpy().tolist() == [["mrna", "1,550", "0.2 %"], ["mirna", "12", "–"]]
    assert app.markdown[0].value.split("\n")[1] == "| :-- | --: | --: |"


def test_text_from_data_makes_no_table_of_its_own() -> None:
    hostile = "a | b\n| c | ![x](https://elsewhere.org/x.png) <b>"
    (read,) = small_tables(shown(pd.DataFrame({hostile: [hostile], "n": [1]}, dtype=object)))
    letters = " ".join(hostile.split())
    assert list(read) == [letters, "n"]
    assert read.to_numpy().tolist() == [[letters, "1"]]


def test_an_interval_is_never_broken() -> None:
    app = shown(pd.DataFrame({"Gain": ["−0.108 (−0.191 to −0.020)", "0.641 (0.58–0.70)"]}))
    values = [line.strip("| ") for line in app.markdown[0].value.split("\n")[2:]]
    assert [value.count(" ") for value in values] == [1, 1]
    assert "–" not in {letter for value in values for letter in value.replace("\u2060–\u2060", "")}


def test_columns_are_explained_once() -> None:
    table = pd.DataFrame({"A [x]": [1], "B": [2]})
    (text,) = shown(table, explain={"A [x]": "the first.", "B": "the second."}).markdown
    assert text.help == "- **A \\[x\\]**: the first.\n- **B**: the second."
    assert "What the columns mean" in text.value
    assert not shown(table).markdown[0].help
