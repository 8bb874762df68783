"""Multimodal encoder: omics queries read the regions, and the result is fused (Eq. 4-5)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pomp.config import ModelConfig
from pomp.model.omics import OmicsTokens
from pomp.model.pathology import PathologyTokens
from pomp.model.transformer import Transformer


class MultimodalTokens(NamedTuple):
    """Output of Eq. 4-5."""

    cls: Tensor  # (B, d) h_cls
    types: Tensor  # (B, T, d); the row of a masked type is h_mask
    attention: Tensor  # (B, 1+T, K) weights of Eq. 4 for [CLS-O] and each type over the keys; a row sums to 1, or to 0


class CrossAttention(nn.Module):
    """One head, no bias, as written in Eq. 4."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Eq. (4): queries (B, Q, d), keys (B, K, d), mask (B, K) → (B, Q, d) and the weights (B, Q, K).

        A patient without any key gets zeros, not NaN.
        """
        # Q (K W)ᵀ = (Q Wᵀ) Kᵀ and A (K W) = (A K) W: there are hundreds of keys for each of a few queries, and so no
        # matrix meets all the keys.
        scores = self.query(queries) @ self.key.weight @ keys.transpose(1, 2) / keys.shape[-1] ** 0.5
        scores = scores.masked_fill(~mask[:, None, :], torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=-1) * mask[:, None, :]
        return self.value(weights @ keys), weights


class MultimodalEncoder(nn.Module):
    """Cross-attention, the Multi-Transformer, the residual and a layer norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.residual = config.residual
        self.keys = config.cross_attention_keys
        self.cross = CrossAttention(config.width)
        self.transformer = Transformer(config.width, config.heads, config.multimodal_layers, config.dropout)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, omics: OmicsTokens, pathology: PathologyTokens) -> MultimodalTokens:
        """Eq. (5), H = LN(Multi-Transformer(H_cross) + O_final)."""
        keys, mask = pathology.regions, pathology.mask
        if self.keys == "regions_and_cls":
            keys = torch.cat([pathology.cls[:, None], keys], dim=1)
            mask = nn.functional.pad(mask, (1, 0), value=True)
        crossed, weights = self.cross(omics.all, keys, mask)
        fused = self.transformer(crossed, nn.functional.pad(omics.mask, (1, 0), value=True))
        final = self.norm(fused + omics.all if self.residual else fused)
        return MultimodalTokens(final[:, 0], final[:, 1:], weights)
