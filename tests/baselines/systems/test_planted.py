"""Every system reads both modalities: a signal in either of them alone is found, in patients that were not seen."""

from __future__ import annotations

import pytest
import torch

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import SystemName
from pomp.evaluation.concordance import concordance_index
from pomp.training.batches import Batch
from tests.baselines.systems.models import risks, system_config, system_model
from tests.small import GENES, TYPES

FEATURES = 8
WHERE = ("slides", "omics")
PLANTED = [(name, where) for name in SYSTEMS for where in WHERE if (name, where) != ("deepsurv", "slides")]


def planted(patients: int, where: str, seed: int) -> Batch:
    """Three regions of features a patient, and omics; one number of either tells the time of death. All die."""
    generator = torch.Generator().manual_seed(seed)
    hazard = torch.randn(patients, generator=generator)
    regions = torch.randn(patients, 3, FEATURES, generator=generator)
    values = torch.randn(patients, TYPES, GENES, generator=generator)
    if where == "slides":
        regions[:, :, 0] += 2 * hazard[:, None]
    else:
        values[:, 1, 0] = hazard
    return Batch.of(
        patients=[f"P{number}" for number in range(patients)], regions=list(regions),
        coordinates=torch.zeros(3 * patients, 2, dtype=torch.int64), values=values,
        present=torch.ones(patients, TYPES, dtype=torch.bool),
        genes=torch.ones(patients, TYPES, GENES, dtype=torch.bool), time_days=torch.exp(-hazard),
        event=torch.ones(patients, dtype=torch.bool),
    )  # fmt: skip


@pytest.mark.parametrize(("name", "where"), PLANTED)
def test_a_signal_in_either_modality_is_found(name: SystemName, where: str) -> None:
    """New patients at every step, so that there is nothing to learn by heart."""
    model = system_model(name, FEATURES).train()
    losses = SYSTEMS[name].finetuning(system_config(name).finetune)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for number in range(50):
        batch = planted(64, where, number)
        optimiser.zero_grad()
        losses(model, batch, model.embedding(torch.cat(batch.regions)))["total"].backward()
        optimiser.step()
    unseen = planted(150, where, 1000)
    with torch.no_grad():
        found = risks(name, model.eval(), unseen)
    assert concordance_index(unseen.time_days.numpy(), unseen.event.numpy(), found.numpy()) > 0.75
