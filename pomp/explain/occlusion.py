"""What a region does to the risk: leave it out and look again."""

from __future__ import annotations

import torch
from torch import Tensor

from pomp.model import OmicsTokens, PathologyTokens, Pomp

TOKENS = 65_536
"""Tokens in one pass: bounds the memory for patients with many regions."""


@torch.inference_mode()
def occlusion(model: Pomp, embedded: Tensor, coordinates: Tensor, omics: OmicsTokens) -> Tensor:
    """(M,) risk with every region minus the risk without region k, for one patient.

    Positive: the region raises the patient's risk. The unit is the log relative hazard. With a single region, what is
    left is the model's answer for a patient without slides.

    Args:
        model: in evaluation mode.
        embedded: (M, d) region embeddings of Eq. 1.
        coordinates: (M, 2) row and column.
        omics: the patient's own tokens, a batch of one.
    """
    regions = len(embedded)
    everything = torch.arange(regions, device=embedded.device)
    whole = _risk(model, embedded, coordinates, everything[None], omics)
    parts = []
    for block in torch.split(everything, max(1, TOKENS // regions)):
        others = everything.expand(len(block), -1)[everything != block[:, None]].reshape(len(block), -1)  # (b, M-1)
        parts.append(_risk(model, embedded, coordinates, others, omics))
    return whole - torch.cat(parts)


def _risk(model: Pomp, embedded: Tensor, coordinates: Tensor, kept: Tensor, omics: OmicsTokens) -> Tensor:
    """(b,) risks of one patient seen through b different choices of regions, kept (b, K)."""
    versions, count = kept.shape
    counts = torch.full((versions,), count, device=kept.device)
    chosen = kept.reshape(-1)
    pathology: PathologyTokens = model.pathology.contextualise(embedded[chosen], coordinates[chosen], counts)
    same = torch.zeros(versions, dtype=torch.long, device=kept.device)
    return model.risk(pathology, omics.select(same))
