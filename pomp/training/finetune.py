"""Fine-tuning for survival (section 3.4), and the risks of any patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from pomp.config import FinetuneConfig
from pomp.model import Pomp
from pomp.objectives.cox import cox_loss
from pomp.training.batches import Batch, PatientData, region_batches
from pomp.training.loop import Losses


def finetune_losses(config: FinetuneConfig) -> Callable[[Pomp, Batch], Losses]:
    """The step of fine-tuning: `cox` (Eq. 15) of the configured risk (Eq. 12 by default)."""

    def losses(model: Pomp, batch: Batch) -> Losses:
        pathology = model.encode_pathology(batch.regions, batch.coordinates, batch.counts)
        omics = model.encode_omics(batch.values, batch.present)
        loss = cox_loss(model.risk(pathology, omics), batch.time_days, batch.event, config.ties)
        return {"cox": loss, "total": loss}

    return losses


@torch.inference_mode()
def predict_risk(model: Pomp, data: PatientData, patients: Sequence[str], device: torch.device) -> np.ndarray:
    """(N,) log relative hazards in the order of `patients`; higher means earlier death."""
    model.eval()
    parts = []
    for names in region_batches(data, patients):
        batch = data.batch(names).to(device)
        pathology = model.encode_pathology(batch.regions, batch.coordinates, batch.counts)
        parts.append(model.risk(pathology, model.encode_omics(batch.values, batch.present)).cpu())
    return torch.cat(parts).double().numpy()
