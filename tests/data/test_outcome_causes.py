"""Which ends of follow-up are deaths before the event."""

from __future__ import annotations

import pandas as pd
import pytest

from pomp.data.outcome_causes import CENSORED, COMPETING, EVENT, TOLERANCE_DAYS, Causes, find_causes


def of(rows: list[tuple[float, int, float | None, int]]) -> Causes:
    """The endpoint's time and event, and those of overall survival, where they are known."""
    table = pd.DataFrame(rows, columns=["time_days", "event", "life", "died"])
    overall = table.dropna(subset=["life"])
    return find_causes(
        table[["time_days", "event"]].astype({"event": bool}),
        pd.DataFrame({"time_days": overall["life"], "event": overall["died"].astype(bool)}),
    )


@pytest.mark.parametrize(
    ("row", "time", "cause"),
    [
        ((100, 1, 400, 1), 100, EVENT),  # progressed, then died: the first counts
        ((100, 1, 100, 1), 100, EVENT),  # died of the disease
        ((100, 1, 400, 0), 100, EVENT),
        ((100, 0, 100, 1), 100, COMPETING),  # died of something else
        ((100, 0, 100 + TOLERANCE_DAYS, 1), 100 + TOLERANCE_DAYS, COMPETING),
        ((100, 0, 101 + TOLERANCE_DAYS, 1), 100, CENSORED),  # not followed for the endpoint until the death
        ((100, 0, 100 - TOLERANCE_DAYS, 1), 100 - TOLERANCE_DAYS, COMPETING),
        ((100, 0, 100, 0), 100, CENSORED),
        ((100, 0, 400, 0), 100, CENSORED),
        ((100, 0, 20, 0), 100, CENSORED),
    ],
)
def test_cause(row: tuple[float, int, float, int], time: float, cause: int) -> None:
    found = of([row])
    assert found.table[["time_days", "cause"]].to_numpy().tolist() == [[time, cause]]
    assert (found.unknown, found.contradictory) == (0, 0)
    assert found.unwatched == (cause == CENSORED and row[3] == 1)


def test_who_cannot_be_classified_is_left_out_and_counted() -> None:
    found = of([(50, 1, None, 0), (60, 0, None, 0), (500, 0, 100, 1), (70, 0, 70, 1), (80, 1, 80, 1)])
    assert found.table.index.tolist() == [3, 4]
    assert (found.unknown, found.contradictory, found.unwatched) == (2, 1, 0)
