"""Gated attention pooling: one vector of a set of tokens, with a weight for each that is learnt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pomp.baselines.systems.base import Tokens


class GatedPooling(nn.Module):
    """z = Σ a_m h_m, a = softmax(wᵀ (tanh(V h_m) ⊙ sigmoid(U h_m))) over the real tokens.

    Source: Ilse, Tomczak & Welling, "Attention-based deep multiple instance learning", ICML 2018, Eq. 7 and 9.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.tanh = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Dropout(dropout))
        self.gate = nn.Sequential(nn.Linear(width, width), nn.Sigmoid(), nn.Dropout(dropout))
        # No bias: the softmax would not notice it.
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, tokens: Tokens) -> Tensor:
        """(B, L, d) tokens, of which each patient has at least one → (B, d)."""
        scores = self.score(self.tanh(tokens.values) * self.gate(tokens.values)).squeeze(-1)  # (B, L)
        weights = scores.masked_fill(~tokens.mask, torch.finfo(scores.dtype).min).softmax(dim=1)
        # Not `weights @ values`: what stands at padded places must not count even if it is not finite.
        return (weights[..., None] * tokens.values.masked_fill(~tokens.mask[..., None], 0.0)).sum(dim=1)  # type: ignore[no-any-return]
