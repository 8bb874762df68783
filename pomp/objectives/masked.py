"""Masked omics modelling, MOM (Eq. 10): one omics type a patient is hidden and has to be reconstructed."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


def choose_masked(present: Tensor) -> Tensor:
    """(B, T) which types a patient has → (B,) one of them at random; 0 for a patient without any."""
    drawn = torch.rand(present.shape).to(present.device, non_blocking=True)
    return drawn.masked_fill(~present, -1.0).argmax(dim=1)


def mask_omics(values: Tensor, chosen: Tensor, fill: Literal["zeros", "ones"] = "zeros") -> Tensor:
    """(B, T, G) values with type chosen[b] of each patient replaced by a vector of zeros (section 3.3) or ones."""
    corrupted = values.clone()
    corrupted[torch.arange(len(values), device=values.device), chosen] = 0.0 if fill == "zeros" else 1.0
    return corrupted


def masked_loss(
    predicted: Tensor,
    target: Tensor,
    genes: Tensor,
    kind: Literal["cross_entropy", "mse"] = "cross_entropy",
) -> Tensor:
    """Eq. (10): how far f(h_mask) is from the hidden omics, mean over patients.

    Cross-entropy needs a target that is a distribution: with z-scores themselves as y^mask it has no lower bound. The
    target is therefore their softmax over the type's genes, and the loss is bounded below by the target's entropy.

    Args:
        predicted: (B, G) f(h_mask), logits for cross-entropy, values for the squared error.
        target: (B, G) the hidden values.
        genes: (B, G) True where the hidden type has a gene; the rest is padding and does not count.
        kind: `cross_entropy` (the paper) or `mse` (the released code).
    """
    if kind == "mse":
        squared = (predicted - target).square() * genes
        return (squared.sum(dim=1) / genes.sum(dim=1)).mean()
    lowest = torch.finfo(predicted.dtype).min
    log_probability = functional.log_softmax(predicted.masked_fill(~genes, lowest), dim=1)
    wanted = target.masked_fill(~genes, lowest).softmax(dim=1)
    return -(wanted * log_probability.masked_fill(~genes, 0.0)).sum(dim=1).mean()
