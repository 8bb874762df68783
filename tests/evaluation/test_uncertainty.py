from __future__ import annotations

import pytest

from pomp.evaluation.uncertainty import Interval, signed, signed_words


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(0.0234, 3, "+0.023"), (-0.0586, 3, "−0.059"), (-0.0004, 3, "+0.000"), (-0.25, 2, "−0.25"), (12, 1, "+12.0")],
)
def test_a_number_has_its_sign(value: float, digits: int, said: str) -> None:
    assert signed(value, digits) == said


def test_a_difference_has_its_interval() -> None:
    assert signed_words(-0.021, Interval(-0.06, 0.018)) == "−0.021 (−0.060 to +0.018)"
