"""Eq. (16): the C-index to the letter, against pairs written out and against Harrell's C."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.evaluation.concordance import concordance_index, paper_concordance

CASES = [
    # (what, time, event, risk, c)
    ("two pairs of three", [1, 2, 3], [1, 1, 1], [2, 3, 1], 2 / 3),
    ("a tied risk counts as wrong", [1, 2, 3], [1, 1, 1], [2, 2, 1], 2 / 3),
    ("t_j > t_i is strict: censored at the time of death is no pair", [1, 1, 2], [1, 0, 0], [1, 2, 0], 1.0),
    ("only the dead are i", [1, 2, 3], [0, 1, 0], [0, 2, 1], 1.0),
    ("two deaths at one time are no pair", [1, 1, 2], [1, 1, 0], [1, 3, 2], 1 / 2),
    ("a risk that is nan is wrong in all its pairs", [1, 2, 3], [1, 1, 0], [2, np.nan, 1], 1 / 3),
]


@pytest.mark.parametrize(("time", "event", "risk", "expected"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_hand_worked(time: list[int], event: list[int], risk: list[float], expected: float) -> None:
    assert paper_concordance(time, event, risk) == pytest.approx(expected)


def test_as_the_double_sum_is_written() -> None:
    generator = np.random.default_rng(16)
    time, event, risk = generator.integers(1, 15, 40), generator.random(40) < 0.5, generator.integers(0, 9, 40)
    pairs = [(i, j) for i in range(40) if event[i] for j in range(40) if time[j] > time[i]]
    expected = sum(risk[i] > risk[j] for i, j in pairs) / len(pairs)
    assert paper_concordance(time, event, risk) == pytest.approx(expected)


def test_is_harrell_without_ties() -> None:
    generator = np.random.default_rng(17)
    time, event, risk = generator.permutation(60), generator.random(60) < 0.5, generator.normal(size=60)
    assert paper_concordance(time, event, risk) == pytest.approx(concordance_index(time, event, risk))


def test_no_pair_is_nan() -> None:
    assert np.isnan(paper_concordance([1, 2], [0, 0], [1, 2]))
