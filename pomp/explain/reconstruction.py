"""What pre-training has learnt of how omics go together: hide a type and predict it from the rest."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from pomp.config import PretrainConfig
from pomp.explain.gene_rows import gene_rows
from pomp.explain.reading import Reading
from pomp.model import Pomp
from pomp.objectives.masked import mask_omics
from pomp.omics.matrix import OmicsMatrix


@torch.no_grad()
def reconstructions(model: Pomp, reading: Reading, omics: OmicsMatrix, config: PretrainConfig) -> pd.DataFrame:
    """Masked omics modelling (Eq. 10) of each type that a patient has, from the patient's slides and other types.

    With cross-entropy the target is the softmax of the hidden values, which is the same for values that all differ by
    one constant. What is predicted is therefore shifted, for each patient and type, to the mean of the observed values;
    the order and the distances of the genes are the model's, their level is not. With mse nothing is shifted.

    Columns: patient, type, gene, observed (standardised) and reconstructed. A type that is all a patient has is left
    out: there is no rest to predict it from.

    Args:
        model: pre-trained, in evaluation mode; it reads omics.
        reading: of B patients.
        omics: whose types and genes the batch holds.
        config: how the types were hidden, and by which loss the model learnt to predict them.
    """
    batch = reading.batch
    predicted = torch.stack([_predict(model, reading, place, config) for place in range(batch.values.shape[1])], dim=1)
    if config.mom_loss == "cross_entropy":
        predicted = predicted + _mean(batch.values - predicted, batch.genes)
    known = batch.present.sum(dim=1) + (batch.layout.counts > 0)
    there = (batch.present & (known > 1)[:, None])[:, : len(omics.types)].cpu().numpy()
    observed, reconstructed = batch.values.cpu().numpy(), predicted.cpu().numpy()
    return gene_rows(batch.patients, there, omics, observed=observed, reconstructed=reconstructed)


def _predict(model: Pomp, reading: Reading, place: int, config: PretrainConfig) -> Tensor:
    """(B, G) f(h_mask) with the type at this place hidden."""
    batch = reading.batch
    chosen = torch.full((len(batch.patients),), place, device=batch.values.device)
    hidden = model.encode_omics(mask_omics(batch.values, chosen, config.mask), batch.present)
    return model.reconstruct(model.fuse(hidden, reading.pathology).types[:, place])  # type: ignore[no-any-return]


def _mean(values: Tensor, genes: Tensor) -> Tensor:
    """(B, T, 1) of (B, T, G) over the genes that there are."""
    return (values * genes).sum(dim=2, keepdim=True) / genes.sum(dim=2, keepdim=True)
