"""What reaches the fit, and in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pomp.data.omics_table import OmicsTable
from pomp.omics.training_rows import TrainingRows

NAN = float("nan")
VALUES = pd.DataFrame(
    {"B": [1.0, NAN, 3.0, 4.0], "A": [5.0, NAN, 7.0, 8.0], "C": [9.0, NAN, NAN, 2.0]}, ["P3", "P1", "P2", "P0"]
)
NORMALS = pd.DataFrame({"C": [1.0], "A": [2.0], "B": [3.0]}, ["N0"])
OUTCOME = pd.DataFrame({"time_days": [10.0, 30.0, 20.0, 5.0], "event": [True, False, True, True]},
                       ["P1", "P3", "P2", "elsewhere"]).assign(age=60)  # fmt: skip


def test_sorted_training_patients_with_a_value() -> None:
    rows = TrainingRows.of(OmicsTable("mrna", "log", VALUES, NORMALS), OUTCOME)
    assert rows.values.index.tolist() == rows.outcome.index.tolist() == ["P2", "P3"]  # P1 has no value, P0 no outcome
    assert rows.values.columns.tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(rows.values, [[7.0, 3.0, NAN], [5.0, 1.0, 9.0]])
    assert rows.outcome.columns.tolist() == ["time_days", "event"]
    assert rows.outcome["time_days"].tolist() == [20.0, 30.0]
    assert rows.normals is not None
    assert rows.normals.loc["N0"].tolist() == [2.0, 3.0, 1.0]


@pytest.mark.parametrize(("unseen", "left"), [
    ((), ["N0", "TCGA-AA-0001-11", "TCGA-AA-0002-11A-11R"]),
    (("TCGA-AA-0002", "TCGA-AA-0009"), ["N0", "TCGA-AA-0001-11"]),
    (("TCGA-AA-0001", "TCGA-AA-0002", "N0"), []),
])  # fmt: skip
def test_normals_of_the_unseen_are_left_out(unseen: tuple[str, ...], left: list[str]) -> None:
    labels = ["N0", "TCGA-AA-0001-11", "TCGA-AA-0002-11A-11R"]
    normals = pd.DataFrame(0.0, labels, VALUES.columns)
    rows = TrainingRows.of(OmicsTable("mrna", "log", VALUES, normals), OUTCOME, unseen)
    assert rows.normals is not None
    assert rows.normals.index.tolist() == left


def test_memory_is_laid_out_alike_however_the_table_was_made() -> None:
    # Sums round by the order of the memory: tables of equal values must not differ in it.
    for order in ("C", "F"):
        values = pd.DataFrame(np.array(VALUES, order=order), VALUES.index, VALUES.columns)  # type: ignore[call-overload]
        for outcome in (OUTCOME, OUTCOME.drop("P1")):
            rows = TrainingRows.of(OmicsTable("mrna", "log", values, values), outcome)
            assert rows.normals is not None
            assert rows.values.to_numpy().flags.f_contiguous
            assert rows.normals.to_numpy().flags.f_contiguous
