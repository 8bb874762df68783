"""Fine-tuning for survival (section 3.4), and the risks of any patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pomp.config import FinetuneConfig
from pomp.model import Pomp
from pomp.objectives.cox import cox_loss
from pomp.training.batches import Batch, PatientData, region_batches
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses


def finetune_losses(config: FinetuneConfig) -> StepLosses:
    """The step of fine-tuning: `cox` (Eq. 15) of the configured risk (Eq. 12 by default)."""

    def losses(model: Pomp, batch: Batch, embedded: Tensor) -> Losses:
        pathology = model.contextualise(embedded, batch.coordinates, batch.layout)
        omics = model.encode_omics(batch.values, batch.present)
        loss = cox_loss(model.risk(pathology, omics), batch.time_days, batch.event, config.ties)
        return {"cox": loss, "total": loss}

    return losses


@torch.inference_mode()
def predict_risk(model: Pomp, data: PatientData, patients: Sequence[str], compute: Compute) -> np.ndarray:
    """(N,) log relative hazards in the order of `patients`; higher means earlier death."""
    model.eval()
    embedding = PartwiseEmbedding(model.pathology.embedding, model.width, compute)
    parts = []
    for names in region_batches(data, patients):
        batch = data.batch(names).to(compute.device)
        pathology = model.contextualise(embedding.predict(batch.regions), batch.coordinates, batch.layout)
        parts.append(model.risk(pathology, model.encode_omics(batch.values, batch.present)).cpu())
    return torch.cat(parts).double().numpy()
