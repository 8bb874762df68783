"""The plain transformer that every module of POMP uses (section 4), and the padding of ragged token lists."""

from __future__ import annotations

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


def pad_ragged(tokens: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """(R, d) tokens of B patients one after another, (B,) counts → (B, M, d) padded with zeros and (B, M) mask.

    M is the largest count, and at least 1, so that a batch without any token still has a shape.
    """
    longest = max(int(counts.max()), 1)
    mask = torch.arange(longest, device=tokens.device)[None, :] < counts[:, None]  # (B, M)
    padded = tokens.new_zeros(len(counts), longest, tokens.shape[-1])
    padded[mask] = tokens
    return padded, mask
