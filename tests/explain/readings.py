"""What the explanations begin with, of small batches."""

from __future__ import annotations

import numpy as np
import torch

from pomp.explain.reading import Reading
from pomp.model import Pomp
from pomp.omics.matrix import OmicsMatrix
from pomp.training.batches import Batch
from tests.small import GENES, TYPES, embed

NAMES = ("mrna", "mirna", "methylation")


@torch.no_grad()
def reading_of(model: Pomp, batch: Batch) -> Reading:
    embedded = embed(model, batch).detach()
    return Reading(batch, embedded, model.contextualise(embedded, batch.coordinates, batch.layout))


def omics_of(batch: Batch, fewer: int = 0) -> OmicsMatrix:
    """The batch's patients as the selector leaves them; the last type has `fewer` genes than the others."""
    mask = np.ones((TYPES, GENES), bool)
    mask[-1, GENES - fewer :] = False
    genes = {name: tuple(f"{name}-{gene}" for gene in range(row.sum())) for name, row in zip(NAMES, mask, strict=True)}
    return OmicsMatrix(batch.values.numpy(), batch.present.numpy(), mask, NAMES, genes, batch.patients)


def presence(*rows: str) -> torch.Tensor:
    """'101' → the patient has the first and the third type."""
    return torch.tensor([[sign == "1" for sign in row] for row in rows])
