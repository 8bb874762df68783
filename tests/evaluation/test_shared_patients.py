"""The patients that all models scored, and tables that cannot be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.errors import RunError
from pomp.evaluation.shared_patients import shared_patients

ROWS = pd.DataFrame({"patient": ["d", "a", "b", "c"], "fold": [1, 0, 1, 0], "risk": [1.0, 2.0, 3.0, 4.0]})


def test_sorted_and_only_where_the_fold_is_the_same() -> None:
    other = ROWS.assign(fold=[1, 1, 1, 0], risk=0.0).iloc[::-1]
    found = shared_patients({"one": ROWS, "other": other})
    assert [list(table["patient"]) for table in found.values()] == [["b", "c", "d"]] * 2
    assert list(found["one"]["risk"]) == [3.0, 4.0, 1.0]


WRONG = [
    ({}, "share no patient"),
    ({"one": ROWS, "other": ROWS.assign(fold=7)}, "The models one, other share no patient in the same fold"),
    ({"one": ROWS, "other": ROWS.iloc[:0]}, "other: there is no patient"),
    (
        {"one": ROWS, "other": ROWS.assign(risk=[1.0, np.nan, 2.0, np.inf])},
        r"other: the risk of patient a is nan, not a finite number \(2 such rows\)",
    ),
]


@pytest.mark.parametrize(("tables", "message"), WRONG)
def test_wrong(tables: dict[str, pd.DataFrame], message: str) -> None:
    with pytest.raises(RunError, match=message):
        shared_patients(tables)
