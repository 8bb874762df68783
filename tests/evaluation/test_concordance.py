"""Harrell's and Uno's C against hand-worked pairs, R, lifelines and scikit-survival."""

from __future__ import annotations

from functools import partial

import lifelines.utils
import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

from pomp.evaluation.concordance import concordance_index, paper_concordance, uno_concordance

from .conftest import Patients, random_patients

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


def by_pairs(time: np.ndarray, event: np.ndarray, risk: np.ndarray, weights: np.ndarray) -> float:
    """The definition: every pair of patients, each weighted by its death's weight."""
    death, other = np.s_[:, None], np.s_[None, :]
    outlived = (time[other] > time[death]) | ((time[other] == time[death]) & ~event[other])
    pairs = np.where(event[death] & outlived, weights[death], 0.0)
    right = (risk[death] > risk[other]) + (risk[death] == risk[other]) / 2
    return float((pairs * right).sum() / pairs.sum()) if pairs.any() else float("nan")


def by_pairs_of_the_paper(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> float:
    pairs = event[:, None] & (time[None, :] > time[:, None])
    return float((risk[:, None] > risk[None, :])[pairs].mean()) if pairs.any() else float("nan")


def probability_uncensored(train_time: np.ndarray, train_event: np.ndarray, when: float) -> float:
    """G: Kaplan-Meier of the censoring, deaths of the same time out of its risk set; nan beyond the last time."""
    if when > train_time.max():
        return float("nan")
    chance = 1.0
    for time in np.unique(train_time[train_time <= when]):
        lost = ((train_time == time) & ~train_event).sum()
        at_risk = (train_time >= time).sum() - ((train_time == time) & train_event).sum()
        chance *= 1 - lost / max(at_risk, 1)
    return float(chance)


def small_case(generator: np.random.Generator) -> Patients:
    """1 to 40 patients, with one to many different times and risks, nobody to everybody dying."""
    patients = generator.integers(1, 40)
    times, risks = generator.integers(1, [patients + 1, patients + 1])
    event = generator.random(patients) < generator.choice([0.1, 0.5, 0.9, 1.0])
    risk = generator.integers(0, risks, patients) / 3 - 1
    return generator.integers(0, times, patients).astype(float), event, risk


def test_is_its_definition() -> None:
    generator = np.random.default_rng(0)
    for _ in range(3000):
        patients = small_case(generator)
        expected = by_pairs(*patients, np.ones(len(patients[0])))
        assert concordance_index(*patients) == pytest.approx(expected, rel=1e-15, nan_ok=True)
        expected = by_pairs_of_the_paper(*patients)
        assert paper_concordance(*patients) == pytest.approx(expected, rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("tau", [None, 4.0])
def test_uno_is_its_definition(tau: float | None) -> None:
    generator, known = np.random.default_rng(1), 0
    for _ in range(1000):
        train_time, train_event, _ = small_case(generator)
        time, event, risk = small_case(generator)
        counted = event & (time < (tau or np.inf))
        chance = np.array([probability_uncensored(train_time, train_event, when) for when in time[counted]])
        weights = np.zeros(len(time))
        with np.errstate(divide="ignore"):
            weights[counted] = chance**-2
        expected = by_pairs(time, event, risk, weights) if (chance > 0).all() else float("nan")
        found = uno_concordance(train_time, train_event, time, event, risk, tau)
        assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)
        known += not np.isnan(found)
    assert known > 200


@pytest.mark.parametrize("patients", [724, 20_000])
def test_equals_scikit_survival_on_many_patients(patients: int) -> None:
    """Risks are whole: scikit-survival takes risks within 1e-8 of each other for tied, we only equal ones."""
    generator = np.random.default_rng(patients)
    risk = generator.permutation(3 * patients)[:patients] // 2
    time, event = np.ceil(generator.exponential(900, patients)), generator.random(patients) < 0.4
    expected = concordance_index_censored(event, time, risk)[0]
    assert concordance_index(time, event, risk) == pytest.approx(expected, abs=1e-12)


def test_a_near_tie_is_no_tie() -> None:
    """Of the three pairs scikit-survival calls one tied, whose risks differ by 1e-9."""
    time, event, risk = np.array([1, 2, 3]), np.ones(3, bool), np.array([1 + 1e-9, 1.0, 0.0])
    assert concordance_index(time, event, risk) == 1.0
    assert concordance_index_censored(event, time, risk)[0] == pytest.approx(2.5 / 3)


@pytest.mark.parametrize(("time", "event"), [([1, 2, 3], [0, 0, 0]), ([2, 2], [1, 1]), ([5], [1]), ([], [])],
                         ids=["no death", "deaths at one time", "one patient", "nobody"])  # fmt: skip
def test_without_comparable_pair_is_nan(time: list[int], event: list[int]) -> None:
    risk = np.zeros(len(time))
    assert np.isnan(concordance_index(time, event, risk))
    assert np.isnan(uno_concordance([1, 2, 3], [1, 1, 0], time, event, risk))


def test_a_nan_risk_is_not_passed_over() -> None:
    for risk in ([3, np.nan, 1], [np.nan, 2, 1], [3, 2, np.nan]):
        assert np.isnan(concordance_index([1, 2, 3], [1, 1, 0], risk))
        assert np.isnan(uno_concordance([1, 2, 3], [1, 1, 0], [1, 2, 3], [1, 1, 0], risk))


def test_infinite_risks_are_ordered() -> None:
    assert concordance_index([1, 2, 3, 4], [1, 1, 1, 0], [np.inf, np.inf, 2, -np.inf]) == pytest.approx(5.5 / 6)


def test_a_time_that_is_nan_makes_no_pair() -> None:
    times, event, risk = [1, np.nan, 2, np.nan], [1, 1, 0, 0], [2, 3, 1, 5]
    assert concordance_index(times, event, risk) == paper_concordance(times, event, risk) == 1.0


@pytest.mark.parametrize(("event", "risk", "shapes"), [
    ([1], [1, 2], r"\(2,\), \(1,\) and \(2,\)"),
    ([1, 0], [1], r"\(2,\), \(2,\) and \(1,\)"),
    ([1, 0], [[1], [2]], r"\(2,\), \(2,\) and \(2, 1\)"),
])  # fmt: skip
def test_arrays_that_do_not_belong_together(event: list, risk: list, shapes: str) -> None:
    for compared in (concordance_index, paper_concordance, partial(uno_concordance, [1, 2], [1, 0])):
        with pytest.raises(ValueError, match=f"the shapes {shapes}: give one number a patient"):
            compared([1, 2], event, risk)


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
