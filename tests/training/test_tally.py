"""Losses of an epoch: means over patients, and the first step that went wrong."""

from __future__ import annotations

import math

import pytest
import torch

from pomp.training.tally import Bad, Tally, task_patients
from tests.small import TYPES, batch_of

CPU, OTHER = torch.device("cpu"), torch.device("meta")


def tensors(**losses: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in losses.items()}


def test_means_are_over_patients_and_a_step_without_a_term_does_not_count_for_it() -> None:
    tally = Tally(CPU)
    tally.add(["a", "b", "c"], tensors(poc=1.0, total=1.0))
    tally.add(["d"], tensors(mom=4.0, total=5.0))
    assert tally.means() == pytest.approx({"poc": 1.0, "mom": 4.0, "total": 2.0})
    assert tally.first_bad() is None


def test_a_term_is_weighted_by_the_patients_it_is_a_mean_of() -> None:
    tally = Tally(CPU)
    tally.add(["a", "b", "c", "d"], tensors(poc=1.0, mom=1.0, total=2.0), {"poc": 3, "mom": 4})
    tally.add(["e", "f", "g", "h"], tensors(mom=3.0, total=3.0), {"poc": 1, "mom": 2})
    tally.add(["i", "j", "k", "l"], tensors(poc=6.0, mom=5.0, total=11.0), {"poc": 2, "mom": 2})
    assert tally.means() == pytest.approx({"poc": (3 + 12) / 5, "mom": (4 + 6 + 10) / 8, "total": 16 / 3})


def test_tasks_are_of_who_has_what_they_take() -> None:
    present = torch.ones(5, TYPES, dtype=torch.bool)
    present[1] = False  # slides alone
    present[3, 1:] = False  # one type and no slide: nothing is left when it is hidden
    batch = batch_of([2, 1, 0, 0, 4], torch.Generator().manual_seed(0), present)
    of_pairs = dict.fromkeys(("poc", "pom", "correlation", "distance", "alignment", "align"), 2)
    assert task_patients(batch) == {**of_pairs, "mom": 3}


def test_a_step_without_pairs_says_nothing_of_their_distance() -> None:
    tally = Tally(CPU)
    tally.add(["a", "b", "c", "d"], tensors(distance=0.0, total=0.0), {"distance": 0})
    assert tally.means() == {"distance": 0.0, "total": 0.0}
    tally.add(["e", "f", "g", "h"], tensors(distance=3.0, total=3.0), {"distance": 2})
    assert tally.means() == pytest.approx({"distance": 3.0, "total": 1.5})


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_on_the_cpu_a_loss_is_looked_at_at_once_elsewhere_at_the_end(wrong: float) -> None:
    for device, known in ((CPU, True), (OTHER, False)):
        tally = Tally(device)
        assert tally.add(["a"], tensors(total=1.0)) is None
        found = tally.add(["b", "c"], tensors(total=wrong))
        assert (found is not None) == known
        tally.add(["d"], tensors(total=math.nan))
        bad = tally.first_bad()
        assert isinstance(bad, Bad)
        assert list(bad.patients) == ["b", "c"]
        assert str(bad.loss) == str(wrong)
