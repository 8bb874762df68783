"""Tables in Markdown, whatever the cells hold."""

from __future__ import annotations

from pomp.markdown import markdown_table


def test_a_table() -> None:
    assert markdown_table(["", "C", "of"], [["a | b", "0.6", ""], ["two\nlines", "–", "c"]]) == [
        "| | C | of |",
        "| --- | --- | --- |",
        "| a ¦ b | 0.6 | |",
        "| two lines | – | c |",
    ]


def test_a_table_without_rows() -> None:
    assert markdown_table(("one",), ()) == ["| one |", "| --- |"]
