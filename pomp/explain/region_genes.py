"""Which genes tie an omics type to a region."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pomp.explain.reading import Reading
from pomp.model import Pomp

GENES = 3
"""Genes that are named for a region and an omics type."""


class TiedGenes(NamedTuple):
    """n genes for each of T omics types and M regions of one patient, the strongest first."""

    genes: Tensor  # (T, M, n) places among the G genes of the type
    weights: Tensor  # (T, M, n) positive: the gene's value pushes the type towards the region


def tied_genes(model: Pomp, reading: Reading) -> TiedGenes:
    """The genes whose values push the alignment of an omics type with a region most, up or down.

    The weight is gradient times input of the logit of the cross-attention (Eq. 4), before the softmax over regions, by
    the type's own genes: the change that the logit would show if the value went to 0, the mean, were the model linear.
    What stands for a type that the patient lacks, or for a place that has no gene where a type has fewer than n, means
    nothing.

    Args:
        model: in evaluation mode; it reads slides and omics.
        reading: of one patient with regions.
    """
    batch = reading.batch
    with torch.no_grad():
        keys = model.multimodal.cross.key(reading.pathology.regions[0]) / model.width**0.5  # (M, d)
    # Gradients go back from as few places as will do: from the regions, or from each number of the query.
    if len(keys) <= model.width:
        gradients = _gradients(model, reading, keys)
    else:
        gradients = keys @ _gradients(model, reading, torch.eye(model.width, device=keys.device))
    weights = gradients * batch.values[0][:, None]  # (T, M, G)
    strength = weights.abs().masked_fill(~batch.genes[0][:, None], -1.0)
    strongest = strength.topk(min(GENES, strength.shape[2]), dim=2).indices
    return TiedGenes(strongest, weights.gather(2, strongest))


def _gradients(model: Pomp, reading: Reading, directions: Tensor) -> Tensor:
    """(T, n, G) of each type's query along each of n directions (n, d) by the type's own values, all in one pass."""
    batch, count, types = reading.batch, len(directions), reading.batch.values.shape[1]
    kind = torch.arange(types, device=directions.device).repeat_interleave(count)  # (T · n,)
    row = torch.arange(types * count, device=directions.device)
    with torch.enable_grad():
        values = batch.values.repeat(types * count, 1, 1).requires_grad_()
        tokens = model.encode_omics(values, batch.present.expand(types * count, -1)).types[row, kind]
        along = (model.multimodal.cross.query(tokens) * directions.repeat(types, 1)).sum()
    return torch.autograd.grad(along, values)[0][row, kind].view(types, count, -1)
