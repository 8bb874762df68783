"""A table of a few rows, as text: read aloud, printed and drawn like any other, and nobody has to search it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.elements import plain
from pomp.markdown import WORD_JOINER

_BRACKETS = re.compile(r"\\\(.{,30}?\\\)")


def show_small_table(
    table: pd.DataFrame, *, formats: Mapping[str, str] | None = None, explain: Mapping[str, str] | None = None
) -> None:
    """A few rows that nobody has to sort, with one question mark for all columns.

    Args:
        table: named as the columns are shown.
        formats: column → Python's format of its numbers, such as '{:,.1f} %'; they stand on the right. One that is not
            known is a dash. Other columns are shown letter by letter.
        explain: column → what it means.
    """
    formats = formats or {}
    lines = [
        list(map(plain, table)),
        ["--:" if name in formats else ":--" for name in table],
        *([_cell(value, formats.get(str(name))) for name, value in row.items()] for row in table.to_dict("records")),
    ]
    below = "\n\n:small[:gray[What the columns mean]]" if explain else ""  # a question mark needs words to stand at
    st.markdown(
        "\n".join(f"| {' | '.join(line)} |" for line in lines) + below,
        help="\n".join(f"- **{plain(name)}**: {text}" for name, text in explain.items()) if explain else None,
    )


def _cell(value: object, form: str | None) -> str:
    if form is None:
        return _BRACKETS.sub(_on_one_line, plain(value))  # an interval, most often
    return "–" if pd.isna(value) else form.format(value)  # type: ignore[call-overload]


def _on_one_line(part: re.Match[str]) -> str:
    return part[0].replace(" ", "\N{NO-BREAK SPACE}").replace("–", f"{WORD_JOINER}–{WORD_JOINER}")
