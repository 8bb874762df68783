"""Where inside a region the model looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from pomp.model import RegionEmbedding


@contextmanager
def watching_patches(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """The list of `received_attention`, (r, N) for each part of r regions that is embedded within the block.

    It stays empty where regions are features: they have no patches.
    """
    seen: list[Tensor] = []
    if not isinstance(embedding, RegionEmbedding):
        yield seen
        return
    attention: Any = embedding.vit.blocks[-1].attn
    handle = attention.register_forward_pre_hook(
        lambda _, inputs: seen.append(received_attention(attention, inputs[0]))
    )
    try:
        yield seen
    finally:
        handle.remove()


@torch.no_grad()
def received_attention(attention: Any, tokens: Tensor) -> Tensor:
    """(r, N) attention that each patch receives in the last layer of the ViT, a sum of 1 for each region.

    A region is summed up by the mean of its N patch tokens (Eq. 1), so its attention is the mean over all N queries,
    and over the heads.

    Args:
        attention: timm's, of the last layer.
        tokens: (r, N, d) its input.
    """
    regions, patches, width = tokens.shape
    heads: int = attention.num_heads
    query, key, _ = (
        attention.qkv(tokens).reshape(regions, patches, 3, heads, -1).permute(2, 0, 3, 1, 4)
    )  # (r, H, N, d/H)
    scores = query @ key.transpose(-2, -1) * (width // heads) ** -0.5
    weights: Tensor = scores.softmax(dim=-1).mean(dim=(1, 2))
    return weights


def scale_to_bytes(weights: Tensor) -> Tensor:
    """(R, N) weights → uint8, where 255 is the strongest patch of its region."""
    return (weights / weights.amax(dim=1, keepdim=True) * 255).round().to(torch.uint8)
