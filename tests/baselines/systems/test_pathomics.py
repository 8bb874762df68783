"""PathOmics: the squared distance that pre-training minimises, who takes part, and what it comes to."""

from __future__ import annotations

import pytest
import torch

from pomp.baselines.systems.pathomics import PATHOMICS, squared_distance
from pomp.baselines.systems.registry import SYSTEMS
from tests.baselines.systems.models import system_config, system_model
from tests.small import TYPES, batch_of, embed, part_of


@pytest.mark.parametrize(
    ("v", "w", "distance"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0]], 0.0),
        ([[1.0, 2.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 4.0]], (1 + 4 + 0 + 9) / 4),
        ([[3.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], 3.0),
    ],
)
def test_by_hand(v: list[list[float]], w: list[list[float]], distance: float) -> None:
    assert squared_distance(torch.tensor(v), torch.tensor(w)).item() == pytest.approx(distance)


def test_without_a_pair_it_is_0() -> None:
    v = torch.zeros(0, 4, requires_grad=True)
    loss = squared_distance(v, torch.zeros(0, 4))
    loss.backward()
    assert loss.item() == 0


def test_it_compares_what_the_risk_is_read_from_in_patients_with_both(generator: torch.Generator) -> None:
    there = torch.tensor([[True] * TYPES, [False] * TYPES, [True] * TYPES, [True] * TYPES])
    model, batch = system_model("pathomics"), batch_of([3, 2, 0, 1], generator, there)
    losses = PATHOMICS.pretraining(system_config("pathomics").pretrain)  # type: ignore[misc]
    terms = losses(model, batch, embed(model, batch))
    pairs = part_of(batch, [0, 3])
    v, w = model.encode(pairs, embed(model, pairs))
    torch.testing.assert_close(terms["total"], (v - w).square().mean())
    torch.testing.assert_close(
        model.head(torch.cat([v, w], dim=1)).squeeze(-1),
        SYSTEMS["pathomics"].risk(model, pairs, embed(model, pairs)),
    )


def test_pre_training_brings_partners_together(generator: torch.Generator) -> None:
    model, batch = system_model("pathomics").train(), batch_of([2] * 12, generator)
    losses = PATHOMICS.pretraining(system_config("pathomics").pretrain)  # type: ignore[misc]
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    found = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = losses(model, batch, model.embedding(torch.cat(batch.regions)))["total"]
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    assert found[-1] < found[0] / 4
