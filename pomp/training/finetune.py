"""Fine-tuning for survival (section 3.4), and the risks of any patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pomp.config import FinetuneConfig
from pomp.model import Pomp, SurvivalModel
from pomp.objectives.cox import cox_loss
from pomp.training.batches import Batch, PatientData, region_batches
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import StepLosses
from pomp.training.tally import Losses

Risk = Callable[[Any, Batch, Tensor], Tensor]
"""(B,) log relative hazards of a batch, by a model of the kind that it is made for, from region embeddings (R, d)."""


def pomp_risk(model: Pomp, batch: Batch, embedded: Tensor) -> Tensor:
    """The configured risk, Eq. 12 by default."""
    pathology = model.contextualise(embedded, batch.coordinates, batch.layout)
    return model.risk(pathology, model.encode_omics(batch.values, batch.present))


def finetune_losses(config: FinetuneConfig, risk: Risk = pomp_risk) -> StepLosses:
    """The step of fine-tuning: `cox` (Eq. 15) of a risk."""

    def losses(model: Any, batch: Batch, embedded: Tensor) -> Losses:
        loss = cox_loss(risk(model, batch, embedded), batch.time_days, batch.event, config.ties)
        return {"cox": loss, "total": loss}

    return losses


@torch.inference_mode()
def predict_risk(
    model: SurvivalModel, data: PatientData, patients: Sequence[str], compute: Compute, risk: Risk = pomp_risk
) -> np.ndarray:
    """(N,) log relative hazards in the order of `patients`; higher means earlier death."""
    model.eval()
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)
    parts = []
    for names in region_batches(data, patients):
        batch = data.batch(names).to(compute.device)
        parts.append(risk(model, batch, embedding.predict(batch.regions)).cpu())
    return torch.cat(parts).double().numpy()
