"""The strength of a ridge, chosen by cross-validated partial likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from sksurv.linear_model import CoxPHSurvivalAnalysis

from pomp.baselines.penalised_cox import survival_target
from pomp.baselines.penalty import PENALTIES, UNTUNED, choose_penalty, log_likelihood


def patients(signal: float, count: int = 150, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six covariates, each of which moves the log hazard by `signal` a standard deviation."""
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(count, 6))
    death, loss = generator.exponential(1000 / np.exp(signal * matrix.sum(axis=1))), generator.uniform(100, 3000, count)
    return matrix, np.ceil(np.minimum(death, loss)), death <= loss


def test_likelihood_by_its_definition() -> None:
    generator = np.random.default_rng(0)
    hazard, time, event = generator.normal(size=40), np.ceil(generator.exponential(5, 40)), generator.random(40) < 0.6
    expected = sum(hazard[one] - np.log(np.exp(hazard[time >= time[one]]).sum()) for one in np.flatnonzero(event))
    assert log_likelihood(hazard, time, event) == pytest.approx(expected, rel=1e-12)


def test_chooses_as_leaving_out_each_part_says() -> None:
    """The same, written out for one cohort, with inner folds that hold events and the others evenly."""
    matrix, time, event = patients(0.3)
    places = np.lexsort((np.random.default_rng(0).permutation(len(event)), event))
    fold = np.empty(len(event), dtype=int)
    fold[places] = np.arange(len(event)) % 5
    assert {int(event[fold == one].sum()) for one in range(5)} <= {event.sum() // 5, event.sum() // 5 + 1}
    gained = []
    for alpha in PENALTIES:
        total = 0.0
        for one in range(5):
            kept = fold != one
            model = CoxPHSurvivalAnalysis(alpha=alpha, ties="efron")
            model.fit(matrix[kept], survival_target(time[kept], event[kept]))
            hazard = model.predict(matrix)
            total += log_likelihood(hazard, time, event) - log_likelihood(hazard[kept], time[kept], event[kept])
        gained.append(total)
    assert choose_penalty(matrix, time, event) == PENALTIES[int(np.argmax(gained))]


def test_a_strong_signal_is_penalised_less_than_noise() -> None:
    strong, noise = ([choose_penalty(*patients(signal, seed=seed)) for seed in range(5)] for signal in (0.6, 0.0))
    assert max(strong) <= 10
    assert np.median(noise) >= 100


def test_the_penalty_of_some_covariates_alone_can_be_chosen() -> None:
    matrix, time, event = patients(0.6)
    matrix[:, 3:] = np.random.default_rng(5).normal(size=(len(matrix), 3))  # noise
    chosen = choose_penalty(matrix, time, event, lambda alpha: np.array([1e-3] * 3 + [alpha] * 3))
    assert chosen > choose_penalty(matrix, time, event)


@pytest.mark.parametrize("events", [1, 3, 4])
def test_too_few_events_choose_nothing(events: int) -> None:
    matrix, time, _ = patients(0.6)
    event = np.arange(len(time)) < events
    assert (choose_penalty(matrix, time, event) == UNTUNED) is (events < 4)


def test_everybody_with_an_event_can_be_divided() -> None:
    matrix, time, _ = patients(0.6)
    assert choose_penalty(matrix, time, np.ones(len(time), dtype=bool)) in PENALTIES
