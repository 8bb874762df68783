"""Harrell's and Uno's C against hand-worked pairs, R, lifelines and scikit-survival."""

from __future__ import annotations

import lifelines.utils
import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

from pomp.evaluation import concordance
from pomp.evaluation.concordance import concordance_index, uno_concordance

from .conftest import random_patients

HAND_WORKED = [
    # (what, time, event, risk, C)
    ("perfect", [1, 2, 3], [1, 1, 1], [3, 2, 1], 1.0),
    ("reversed", [1, 2, 3], [1, 1, 1], [1, 2, 3], 0.0),
    ("one of three pairs wrong", [1, 2, 3], [1, 1, 1], [2, 3, 1], 2 / 3),
    ("a tied risk counts one half", [1, 2, 3], [1, 1, 1], [2, 2, 1], 2.5 / 3),
    ("nothing is known after a censoring", [1, 2, 3], [0, 1, 0], [0, 2, 1], 1.0),
    ("two deaths at one time are no pair", [1, 1, 2], [1, 1, 0], [1, 5, 2], 0.5),
    ("who is censored at the time of a death outlives it", [1, 1], [1, 0], [1, 2], 0.0),
]


@pytest.mark.parametrize(("time", "event", "risk", "expected"), [case[1:] for case in HAND_WORKED],
                         ids=[case[0] for case in HAND_WORKED])  # fmt: skip
def test_hand_worked(time: list[int], event: list[int], risk: list[float], expected: float) -> None:
    assert concordance_index(time, event, risk) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_equals_lifelines_and_scikit_survival(seed: int) -> None:
    time, event, risk = random_patients(seed)
    found = concordance_index(time, event, risk)
    assert found == pytest.approx(concordance_index_censored(event, time, risk)[0], abs=1e-12)
    assert found == pytest.approx(lifelines.utils.concordance_index(time, -risk, event), abs=1e-12)


def test_equals_r(reference: dict) -> None:
    rows = reference["rows"]
    assert concordance_index(rows["time"], rows["event"], rows["risk"]) == pytest.approx(reference["concordance"])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    patients = random_patients(0)
    whole = concordance_index(*patients)
    monkeypatch.setattr(concordance, "_ROWS", 7)
    assert concordance_index(*patients) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("time", "event"), [([1, 2, 3], [0, 0, 0]), ([2, 2], [1, 1]), ([5], [1]), ([], [])],
                         ids=["no death", "deaths at one time", "one patient", "nobody"])  # fmt: skip
def test_without_comparable_pair_is_nan(time: list[int], event: list[int]) -> None:
    risk = np.zeros(len(time))
    assert np.isnan(concordance_index(time, event, risk))
    assert np.isnan(uno_concordance([1, 2, 3], [1, 1, 0], time, event, risk))


def test_a_nan_risk_is_not_passed_over() -> None:
    assert np.isnan(concordance_index([1, 2, 3], [1, 1, 1], [3, np.nan, 1]))


@pytest.mark.parametrize("tau", [None, 5.0, 12.0])
@pytest.mark.parametrize("seed", range(5))
def test_uno_equals_scikit_survival(seed: int, tau: float | None) -> None:
    train_time, train_event, _ = random_patients(seed + 100, 200)
    train_time[0], train_event[0] = 500, False  # follow-up of the training patients covers the others'
    time, event, risk = random_patients(seed)
    expected = concordance_index_ipcw(
        Surv.from_arrays(train_event, train_time), Surv.from_arrays(event, time), risk, tau=tau
    )[0]
    assert uno_concordance(train_time, train_event, time, event, risk, tau) == pytest.approx(expected, abs=1e-12)


def test_uno_by_hand() -> None:
    # One of four is censored at 2, when 3 are at risk: G = 2/3 from then on. Deaths at 1 and 3 weigh 1 and 9/4.
    # Pairs of the death at 1: right, right, wrong; of the death at 3: wrong.
    found = uno_concordance([1, 2, 3, 4], [1, 0, 1, 1], [1, 2, 3, 4], [1, 0, 1, 0], [3, 2, 1, 4])
    assert found == pytest.approx(2 / (3 + 9 / 4))


def test_uno_without_censoring_is_harrell() -> None:
    time, _, risk = random_patients(3)
    event = np.ones(len(time), dtype=bool)
    assert uno_concordance(time, event, time, event, risk) == pytest.approx(concordance_index(time, event, risk))


def test_uno_is_nan_where_no_training_patient_is_left() -> None:
    train_time, train_event = [1, 2], [1, 0]  # G is 0 from day 2 on
    time, event, risk = [1, 2, 3], [1, 1, 0], [3, 2, 1]
    assert np.isnan(uno_concordance(train_time, train_event, time, event, risk))
    assert uno_concordance(train_time, train_event, time, event, risk, tau=2) == 1.0
