"""Who is compared with whom."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pomp.errors import TrainingError
from pomp.omics.contrast import choose_contrast

PATIENTS = [f"P{row:02d}" for row in range(14)]
VALUES = pd.DataFrame({"A": range(14), "B": range(14)}, PATIENTS, dtype=float)
OUTCOME = pd.DataFrame(
    {
        "time_days": [10, 20, 30, 40, 50, 60, 70, 80, 90, 5, 50, 51, 400, 500],
        "event": [True] * 9 + [False] * 5,
    },
    PATIENTS,
)


def normals(samples: int, empty: int = 0) -> pd.DataFrame:
    names = [f"N{row:02d}" for row in range(samples + empty)]
    return pd.DataFrame({"B": [1.0] * samples + [None] * empty, "A": 2.0, "C": 3.0}, names).where(
        pd.Series(range(samples + empty), names) < samples
    )


def test_short_against_long_survivors() -> None:
    contrast = choose_contrast(VALUES, None, OUTCOME, "auto", "mrna")
    # The median of nine event times is 50. P09 and P10, censored by then, are in neither group.
    assert contrast.first.index.tolist() == ["P00", "P01", "P02", "P03", "P04"]
    assert contrast.second.index.tolist() == ["P05", "P06", "P07", "P08", "P11", "P12", "P13"]
    assert contrast.label == "event by day 50 (5) vs followed longer (7)"


@pytest.mark.parametrize(
    ("samples", "empty", "choice", "expected"),
    [
        (10, 0, "auto", "tumour (14) vs normal (10)"),
        (10, 0, "normals", "tumour (14) vs normal (10)"),
        (10, 3, "auto", "tumour (14) vs normal (10)"),
        (10, 0, "survival", "event by day 50 (5) vs followed longer (7)"),
        (9, 0, "auto", "event by day 50 (5) vs followed longer (7)"),
        (9, 3, "auto", "event by day 50 (5) vs followed longer (7)"),
    ],
)
def test_normals_where_there_are_ten(samples: int, empty: int, choice: Any, expected: str) -> None:
    contrast = choose_contrast(VALUES, normals(samples, empty), OUTCOME, choice, "mirna")
    assert contrast.label == expected
    assert list(contrast.second.columns) == ["A", "B"]


FEW = OUTCOME.assign(event=[True] * 8 + [False] * 6)
LATE = OUTCOME.assign(time_days=100.0)

FAILURES: list[tuple[pd.DataFrame, pd.DataFrame | None, Any, str]] = [
    (
        OUTCOME,
        None,
        "normals",
        r"'mrna' has 0 normal samples to learn from \(.*\), and the contrast 'normals' needs 10\. Set omics\.contrast",
    ),
    (OUTCOME, normals(9), "normals", "'mrna' has 9 normal samples to learn from"),
    (
        FEW,
        normals(9),
        "auto",
        r"'mrna': has 9 normal samples to learn from \(those of patients outside .*\), fewer than 10; of 14",
    ),
    (FEW, normals(9), "survival", "'mrna': of 14 training patients"),
    (
        FEW,
        None,
        "auto",
        r"of 14 training patients with 8 events, 4 had theirs by the median event time \(45 days\) and 9",
    ),
    (
        LATE,
        None,
        "auto",
        r"9 had theirs by the median event time \(100 days\) and 0 were followed longer.*Use fewer folds",
    ),
]


@pytest.mark.parametrize(("outcome", "reference", "choice", "message"), FAILURES)
def test_failures(outcome: pd.DataFrame, reference: pd.DataFrame | None, choice: Any, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        choose_contrast(VALUES, reference, outcome, choice, "mrna")
