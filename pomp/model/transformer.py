"""The plain transformer that every module of POMP uses (section 4), and the layout of ragged token lists."""

from __future__ import annotations

from typing import NamedTuple

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn


class Transformer(nn.Module):
    """Pre-norm transformer blocks over a padded set of tokens."""

    def __init__(self, width: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(width, heads, qkv_bias=True, proj_drop=dropout, attn_drop=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, L, d) tokens and (B, L) mask, True where a token is real → (B, L, d).

        Padding is never attended to; what stands at padded places of the result means nothing.
        """
        allowed = mask[:, None, None, :]  # (B, 1, 1, L)
        for block in self.blocks:
            tokens = block(tokens, attn_mask=allowed)
        return self.norm(tokens)  # type: ignore[no-any-return]


class Layout(NamedTuple):
    """Where R regions of B patients, one patient after another, stand among (B, M) places, M the largest count.

    It is made where the counts are known, on the CPU, so that nothing later has to wait for a device to tell them.
    """

    counts: Tensor  # (B,) regions a patient
    places: Tensor  # (R,) place of each region, numbered row by row
    mask: Tensor  # (B, M) True where a region is real

    def to(self, device: torch.device) -> Layout:
        return Layout(*(tensor.to(device, non_blocking=True) for tensor in self))

    def pad(self, tokens: Tensor) -> Tensor:
        """(R, d) → (B, M, d), with zeros where there is no region."""
        rows, longest = self.mask.shape
        padded = tokens.new_zeros(rows * longest, tokens.shape[-1])
        return padded.index_copy(0, self.places, tokens).view(rows, longest, -1)


def lay_out(counts: Tensor) -> Layout:
    """(B,) counts, each 0 or more → their layout. M is at least 1, so that a batch without any region has a shape."""
    longest = max(int(counts.max()), 1)
    mask = torch.arange(longest, device=counts.device)[None, :] < counts[:, None]  # (B, M)
    return Layout(counts, mask.flatten().nonzero().squeeze(1), mask)
