"""Eq. 9: the matching loss, and the hard negatives behind it."""

import math

import pytest
import torch

from pomp.objectives.contrastive import omics_to_pathology, pathology_to_omics
from pomp.objectives.matching import hard_negatives, matching_loss


def test_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])  # P(match) = 1/2 and 3/4
    expected = -(math.log(1 / 2) + math.log(1 / 4)) / 2
    assert matching_loss(logits, torch.tensor([True, False])).item() == pytest.approx(expected, rel=1e-6)


def test_hard_negatives_by_hand() -> None:
    p2o = torch.tensor([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.1, 0.7]])
    o2p = torch.tensor([[0.6, 0.1, 0.3], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]])
    found = hard_negatives(p2o, o2p)
    assert found.omics.tolist() == [1, 0, 0]
    assert found.pathology.tolist() == [2, 0, 1]


@pytest.mark.parametrize("strategy", ["max", "multinomial"])
@pytest.mark.parametrize("patients", [2, 3, 50])
@pytest.mark.parametrize("temperature", [1.0, 0.01])
def test_never_the_positive(strategy: str, patients: int, temperature: float, generator: torch.Generator) -> None:
    own = torch.arange(patients)
    for _ in range(20):
        v = torch.randn(patients, 8, generator=generator)
        w = v + 0.01 * torch.randn(patients, 8, generator=generator)  # the positive is by far the most similar
        similarity = (v, w, temperature)
        found = hard_negatives(pathology_to_omics(*similarity), omics_to_pathology(*similarity), strategy)
        assert not (found.omics == own).any()
        assert not (found.pathology == own).any()


def test_multinomial_draws_in_proportion() -> None:
    torch.manual_seed(11)
    row = torch.tensor([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]])
    drawn = torch.stack([hard_negatives(row, row, "multinomial").omics for _ in range(3000)])
    assert (drawn[:, 0] == 1).float().mean().item() == pytest.approx(2 / 3, abs=0.04)
