"""Where the model looks: weights it computes on the way, per region."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pomp.model import Layout, OmicsTokens, PathologyTokens, Pomp
from pomp.model.pathology import PathologyEncoder
from pomp.training.batches import Batch


@torch.inference_mode()
def cls_attention(encoder: PathologyEncoder, embedded: Tensor, coordinates: Tensor, layout: Layout) -> Tensor:
    """(R,) attention of [CLS-P] over each patient's regions in the last layer of the Pat-Transformer (Eq. 2).

    The mean over the heads, rescaled to sum to 1 over a patient's regions: what [CLS-P] gives to itself is left out.
    It says where the model looked and not whether that raised or lowered the risk; `occlusion` does.
    """
    attention: Any = encoder.transformer.blocks[-1].attn
    seen: list[Tensor] = []
    handle = attention.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        mask = encoder.contextualise(embedded, coordinates, layout).mask
    finally:
        handle.remove()
    weights = _cls_row(attention, seen[0], mask)  # (B, M)
    return weights[mask]


def _cls_row(attention: Any, tokens: Tensor, mask: Tensor) -> Tensor:
    """Softmax of the first query against the region keys, from the projections of timm's attention."""
    batch, length, width = tokens.shape
    heads: int = attention.num_heads
    query, key, _ = attention.qkv(tokens).reshape(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4)  # (B, H, L, d/H)
    scores: Tensor = (query[:, :, :1] @ key[:, :, 1:].transpose(-2, -1)).squeeze(2) * (
        width // heads
    ) ** -0.5  # (B, H, M)
    scores = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min)
    return (scores.softmax(dim=-1) * mask[:, None]).mean(dim=1)


@torch.inference_mode()
def alignment(model: Pomp, pathology: PathologyTokens, omics: OmicsTokens, batch: Batch) -> Tensor:
    """(R, T) weight that each omics type gives to each region in the cross-attention (Eq. 4), NaN for a missing type.

    It is not on the way to the cosine risk of Eq. 12: it shows which tissue the omics are matched with.
    """
    weights = model.fuse(omics, pathology).attention[:, 1:, -pathology.mask.shape[1] :]  # (B, T, M)
    weights = weights.masked_fill(~batch.present[:, :, None], torch.nan)
    return weights.transpose(1, 2)[pathology.mask]
