"""Eq. 6: s^p2o, the softmax of a slide's similarities over the batch's omics."""

import math

import pytest
import torch

from pomp.objectives.contrastive import pathology_to_omics

V = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
W = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
HALF = math.sqrt(0.5)
COSINES = [[1, 1, 0], [0, 0, 1], [HALF, HALF, HALF]]


def written_out(rows: list[list[float]], temperature: float) -> list[list[float]]:
    powers = [[math.exp(value / temperature) for value in row] for row in rows]
    return [[value / sum(row) for value in row] for row in powers]


@pytest.mark.parametrize("temperature", [1.0, 0.5, 0.07])
def test_written_out(temperature: float) -> None:
    found = pathology_to_omics(V, W, temperature)
    torch.testing.assert_close(found, torch.tensor(written_out(COSINES, temperature)))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))
