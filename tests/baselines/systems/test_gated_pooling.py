"""Gated attention pooling against the formula written out."""

from __future__ import annotations

import math

import pytest
import torch

from pomp.baselines.systems.base import Tokens
from pomp.baselines.systems.gated_pooling import GatedPooling


def test_by_hand() -> None:
    """d = 1, V = U = 1 without bias, w = 2: scores 2 tanh(h) sigmoid(h) of the tokens 0 and 1."""
    pooling = GatedPooling(1, 0.0)
    with torch.no_grad():
        for name, parameter in pooling.named_parameters():
            parameter.fill_(2.0 if name.startswith("score") else 0.0 if name.endswith("bias") else 1.0)
    score = 2 * math.tanh(1) / (1 + math.exp(-1))
    tokens = Tokens(torch.tensor([[[0.0], [1.0]]]), torch.ones(1, 2, dtype=torch.bool))
    assert pooling(tokens).item() == pytest.approx(math.exp(score) / (1 + math.exp(score)))


def test_padding_has_no_weight_even_where_it_is_not_finite(generator: torch.Generator) -> None:
    pooling = GatedPooling(8, 0.0)
    values = torch.randn(2, 3, 8, generator=generator)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    alone = pooling(Tokens(values[:1, :2], mask[:1, :2]))
    values[~mask] = torch.inf
    pooled = pooling(Tokens(values, mask))
    torch.testing.assert_close(pooled[:1], alone)
    torch.testing.assert_close(pooled[1], values[1, 0])
