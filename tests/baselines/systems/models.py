"""Small models of any system, and their risks."""

from __future__ import annotations

from typing import Any

import torch

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import RunConfig, SystemName
from pomp.model import SurvivalModel
from pomp.training.batches import Batch
from tests.small import GENES, TYPES, embed, small_config


def system_config(name: SystemName, **changes: Any) -> RunConfig:
    """`small_config` of that system, with the modalities that it reads."""
    reads = "omics" if name == "deepsurv" else "both"
    return small_config(**{"model__system": name, "model__modalities": reads} | changes)


def system_model(name: SystemName, features: int | None = None, **changes: Any) -> Any:
    """A freshly initialised model in evaluation mode, for TYPES types of GENES genes."""
    model: SurvivalModel = SYSTEMS[name].build(system_config(name, **changes), TYPES, GENES, 3, features)
    return model.eval()


def risks(name: SystemName, model: Any, batch: Batch) -> torch.Tensor:
    """(B,) of a batch."""
    return SYSTEMS[name].risk(model, batch, embed(model, batch))
