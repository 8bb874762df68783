"""P-values of a table's differences: by protocol, each comparison once, as R's `p.adjust` says."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.corrected_t import CorrectedT
from pomp.evaluation.uncertainty import Interval
from pomp.runs.grid.adjusted import Comparison, adjust
from pomp.runs.grid.score import Difference


def difference(p_value: float, mean: float = 0.1, reason: str | None = None) -> Difference:
    test = CorrectedT(mean, 0.05, Interval(0.01, 0.2), 2.5, 9, p_value, 10, 0, reason)
    return Difference(mean, mean - 0.05, mean + 0.05, test)


CASES: dict[str, tuple[list[tuple[str, str, float]], list[float | None]]] = {
    # p.adjust(c(0.01, 0.03, 0.04), "holm") is 0.03, 0.06, 0.06
    "one family": ([("honest", "a", 0.01), ("honest", "b", 0.03), ("honest", "c", 0.04)], [0.03, 0.06, 0.06]),
    "two families": ([("honest", "a", 0.01), ("honest", "b", 0.03), ("paper", "a", 0.02)], [0.02, 0.03, None]),
    "the same runs twice": ([("honest", "a", 0.01), ("honest", "a", 0.01), ("honest", "b", 0.03)], [0.02, 0.02, 0.03]),
    "only the same runs": ([("honest", "a", 0.01), ("honest", "a", 0.01)], [None, None]),
    "alone": ([("honest", "a", 0.01)], [None]),
    "none": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_adjusted_within_a_family(case: str) -> None:
    given, expected = CASES[case]
    places = {number: Comparison(family, runs, difference(p)) for number, (family, runs, p) in enumerate(given)}
    found = adjust(places)
    assert [found[number].adjusted_p for number in range(len(given))] == [
        value if value is None else pytest.approx(value) for value in expected
    ]


def test_without_a_test_there_is_no_comparison() -> None:
    untested = difference(np.nan, reason="no fold has a score")
    found = adjust({"a": Comparison("honest", 1, difference(0.03)), "b": Comparison("honest", 2, untested)})
    assert found["a"].adjusted_p == pytest.approx(0.03)
    assert found["b"].adjusted_p is not None
    assert np.isnan(found["b"].adjusted_p)
    assert not found["b"].told_apart


@pytest.mark.parametrize(("p_value", "mean", "said"), [
    (0.01, 0.1, "+0.100 (+0.050 to +0.150)"),
    (0.2, 0.1, "+0.100 (+0.050 to +0.150), cannot be told apart"),
    (0.01, -0.02, "−0.020 (−0.070 to +0.030), cannot be told apart"),
])  # fmt: skip
def test_in_words(p_value: float, mean: float, said: str) -> None:
    assert difference(p_value, mean).words == said
