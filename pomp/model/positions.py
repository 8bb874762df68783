"""Position embeddings of regions (E_pos of Eq. 2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoid(positions: Tensor, width: int) -> Tensor:
    """(…) positions → (…, width) sines and cosines at wavelengths from 2π to 10,000·2π (Vaswani et al. 2017)."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=positions.device) * (-math.log(10_000) / half))
    angles = positions.to(torch.float32)[..., None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def sinusoid_2d(coordinates: Tensor, width: int) -> Tensor:
    """(…, 2) row and column → (…, width): the first half encodes the row, the second the column."""
    return torch.cat([sinusoid(coordinates[..., 0], width // 2), sinusoid(coordinates[..., 1], width // 2)], dim=-1)
