"""Selection frequencies over complementary halves."""

from __future__ import annotations

import numpy as np
import pytest

from pomp.omics.stability_selection import complementary_halves, selection_frequency


@pytest.mark.parametrize("patients", [40, 41])
def test_halves_are_complementary_and_share_the_events(patients: int) -> None:
    event = np.arange(patients) % 5 == 0  # 8 or 9 events
    halves = list(complementary_halves(event, 3, seed=0))
    assert len(halves) == 6
    for one, other in zip(halves[::2], halves[1::2], strict=True):
        assert sorted([*one, *other]) == list(range(patients))
        assert abs(len(one) - len(other)) <= 1
        assert abs(int(event[one].sum()) - int(event[other].sum())) <= 1
    assert len({tuple(half) for half in halves}) == 6


def cohort(effect: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(200, 125))
    time = np.ceil(random.exponential(500 * np.exp(-effect * x[:, :3].sum(axis=1))))
    return x, time, random.random(200) < 0.6


def test_planted_genes_are_chosen_in_nearly_every_half() -> None:
    frequency = selection_frequency(*cohort(effect=0.8), seed=0)
    assert (frequency[:3] > 0.9).all()
    assert np.median(frequency) < 0.1
    np.testing.assert_allclose(frequency * 100, np.rint(frequency * 100), atol=1e-9)


def test_every_half_chooses_the_root_of_the_genes() -> None:
    assert selection_frequency(*cohort(effect=0.0), seed=0).sum() == pytest.approx(10)  # √(0.8 · 125)


def test_noise_is_hardly_ever_stable() -> None:
    # Meinshausen & Bühlmann's bound: at most one gene of noise at 0.9, in expectation.
    stable = [(selection_frequency(*cohort(0.0, seed), seed=seed) >= 0.9).sum() for seed in range(10)]
    assert np.mean(stable) <= 1


def test_the_seed_decides() -> None:
    rows = cohort(effect=0.3)
    np.testing.assert_array_equal(selection_frequency(*rows, seed=1), selection_frequency(*rows, seed=1))
    assert (selection_frequency(*rows, seed=1) != selection_frequency(*rows, seed=2)).any()


@pytest.mark.parametrize("events", [0, 1])
def test_a_half_without_events_chooses_nothing(events: int) -> None:
    x, time, _ = cohort(effect=0.0)
    frequency = selection_frequency(x, time, np.arange(200) < events, seed=0)
    assert frequency.sum() <= 10 * events / 2 + 1e-9
