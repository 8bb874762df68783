"""Figures and tables are made once for the same data, and anew for other data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from dashboard.once import once

made: list[object] = []


@dataclass(frozen=True, eq=False)
class Part:
    values: np.ndarray


def draw(table: pd.DataFrame, part: Part, title: str = "") -> list[str]:
    made.append(title)
    return [f"{table['a'].sum():g}, {part.values.sum():g}, {title}"]


def draw_other(table: pd.DataFrame, part: Part, title: str = "") -> list[str]:
    return ["other", *draw(table, part, title)]


def table(last: float = 3.0) -> pd.DataFrame:
    return pd.DataFrame({"a": [1.0, 2.0, last]})


def test_equal_data_are_drawn_once() -> None:
    made.clear()
    first = once(draw, table(), Part(np.arange(3)), title="equal")
    assert first == ["6, 3, equal"]
    assert once(draw, table(), Part(np.arange(3)), title="equal") is first
    assert made == ["equal"]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (lambda: once(draw, table(4.0), Part(np.arange(3)), title="a"), ["7, 3, a"]),
        (lambda: once(draw, table(), Part(np.arange(4)), title="a"), ["6, 6, a"]),
        (lambda: once(draw, table(), Part(np.arange(3)), title="b"), ["6, 3, b"]),
        (lambda: once(draw, table(), Part(np.arange(3))), ["6, 3, "]),
        (lambda: once(draw_other, table(), Part(np.arange(3)), title="a"), ["other", "6, 3, a"]),
    ],
    ids=["a cell", "an array in a dataclass", "a named argument", "a default", "another function"],
)
def test_what_differs_is_drawn_anew(drawn: object, expected: list[str]) -> None:
    once(draw, table(), Part(np.arange(3)), title="a")
    made.clear()
    assert drawn() == expected
    assert len(made) == 1
