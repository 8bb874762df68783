"""Losses of an epoch: means over patients, and the first step that went wrong."""

from __future__ import annotations

import math

import pytest
import torch

from pomp.training.tally import Bad, Tally

CPU, OTHER = torch.device("cpu"), torch.device("meta")


def tensors(**losses: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in losses.items()}


def test_means_are_over_patients_and_a_missing_term_counts_as_0() -> None:
    tally = Tally(CPU)
    tally.add(["a", "b", "c"], tensors(poc=1.0, total=1.0))
    tally.add(["d"], tensors(mom=4.0, total=5.0))
    assert tally.means() == pytest.approx({"poc": 0.75, "mom": 1.0, "total": 2.0})
    assert tally.first_bad() is None


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
