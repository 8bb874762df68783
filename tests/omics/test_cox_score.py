"""The score test of all genes against R's coxph, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pomp.omics import cox_score
from pomp.omics.cox_score import cox_score_test, risk_set_shares

HAND_WORKED = [
    # (what, time, event, x, z)
    # U = 1 - 1/3, I = 1/3 · 2/3; the later deaths are among equals.
    ("the highest dies first", [1, 2, 3], [1, 1, 1], [1, 0, 0], np.sqrt(2)),
    # Efron: the second of the two deaths is among the third patient and one half of each of the two, U = 1 - 1/3 - 1/4.
    ("two die together", [1, 1, 2], [1, 1, 0], [1, 0, 0], 5 / np.sqrt(59)),
    ("the lowest dies first", [1, 2, 3], [1, 1, 1], [-1, 0, 0], -np.sqrt(2)),
    ("who is censored at a death's time is at risk", [1, 1], [1, 0], [1, 0], 1),
    ("nobody differs", [1, 2, 3], [1, 1, 1], [4, 4, 4], 0),
    ("nobody at risk differs", [1, 2, 3], [0, 1, 1], [9, 4, 4], 0),
    ("the last alone dies", [1, 2, 3], [0, 0, 1], [1, 2, 3], 0),
    ("nobody dies", [1, 2, 3], [0, 0, 0], [1, 2, 3], 0),
]


@pytest.mark.parametrize(("time", "event", "x", "expected"), [case[1:] for case in HAND_WORKED],
                         ids=[case[0] for case in HAND_WORKED])  # fmt: skip
def test_hand_worked(time: list[float], event: list[int], x: list[float], expected: float) -> None:
    result = cox_score_test(np.array([x], float).T, np.array(time, float), np.array(event, bool))
    np.testing.assert_allclose(result.statistic, [expected], atol=1e-12)
    assert (result.p_value[0] == 1) == (expected == 0)


@pytest.mark.parametrize("rows", ["untied", "tied", "one_event"])
def test_as_r(reference: dict[str, Any], rows: str) -> None:
    known = reference["score"][rows]
    x, time, event = np.array(known["genes"]).T, np.array(known["time"]), np.array(known["event"], bool)
    result = cox_score_test(x, time, event)
    np.testing.assert_allclose(result.statistic**2, known["chi_square"], rtol=1e-8)
    np.testing.assert_array_equal(np.sign(result.statistic), np.sign(known["coefficient"]))


def test_p_value() -> None:
    result = cox_score_test(np.array([[1.0, 0.0, 0.0]]).T, np.array([1.0, 2.0, 3.0]), np.ones(3, bool))
    assert result.p_value[0] == pytest.approx(0.157299207050285)  # R: pchisq(2, 1, lower.tail = FALSE)


def patients(seed: int = 0, number: int = 60, genes: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(number, genes)), random.integers(1, 30, number) * 1.0, random.random(number) < 0.5


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = patients()
    whole = cox_score_test(*rows)
    monkeypatch.setattr(cox_score, "BLOCK", 3)
    np.testing.assert_allclose(cox_score_test(*rows).statistic, whole.statistic, rtol=1e-12)


def test_scale_and_order_of_patients_do_not_matter() -> None:
    x, time, event = patients()
    expected = cox_score_test(x, time, event).statistic
    order = np.random.default_rng(1).permutation(len(x))
    moved = cox_score_test(1e6 + 1e-3 * x[order], time[order], event[order]).statistic
    np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_shares_of_efron() -> None:
    time, event = np.array([5.0, 2.0, 2.0, 1.0]), np.array([True, True, True, False])
    np.testing.assert_allclose(
        risk_set_shares(time, event), [[1 / 3, 1 / 3, 1 / 3, 0], [0.5, 0.25, 0.25, 0], [1, 0, 0, 0]]
    )
