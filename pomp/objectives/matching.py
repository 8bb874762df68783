"""Pathology-omics matching, POM (Eq. 9), and the hard negatives it is asked about."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class HardNegatives(NamedTuple):
    """For each patient of the batch, the index of a wrong partner; never the patient itself."""

    omics: Tensor  # (N,) omics offered to slide i
    pathology: Tensor  # (N,) slide offered to omics i


def hard_negatives(p2o: Tensor, o2p: Tensor, strategy: Literal["max", "multinomial"] = "max") -> HardNegatives:
    """The most similar wrong partner in each direction, or one drawn in proportion to its similarity.

    Args:
        p2o: (N, N) s^p2o of Eq. 6, N ≥ 2.
        o2p: (N, N) s^o2p of Eq. 7.
        strategy: `max` (section 3.3) or `multinomial` (released code, after ALBEF).
    """
    return HardNegatives(_pick(p2o, strategy), _pick(o2p, strategy))


def _pick(similarity: Tensor, strategy: str) -> Tensor:
    own = torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
    score = similarity.detach()
    if strategy == "multinomial":
        # The largest of log p + Gumbel noise is a draw from p. Drawn on the CPU, the noise is the same on every device.
        # A floor keeps rows drawable whose other similarities have underflowed to 0.
        uniform = torch.rand(score.shape).clamp_min(torch.finfo(torch.float32).tiny)
        noise = -(-uniform.log()).clamp_min(torch.finfo(torch.float32).tiny).log()
        score = score.clamp_min(torch.finfo(score.dtype).tiny).log() + noise.to(score.device, non_blocking=True)
    return score.masked_fill(own, -torch.inf).argmax(dim=1)


def matching_loss(logits: Tensor, matched: Tensor) -> Tensor:
    """Eq. (9): cross-entropy of g(h_cls), (K, 2), with (K,) bool, True where slide and omics are one patient's."""
    return functional.cross_entropy(logits, matched.long())
