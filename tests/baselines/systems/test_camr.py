"""CAMR: the distance that alignment minimises, who takes part, and that shared parts come to look alike."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import energy_distance as scipy_energy_distance

from pomp.baselines.systems import camr
from pomp.baselines.systems.camr import ALIGNMENT, CAMR, energy_distance
from tests.baselines.systems.models import system_config, system_model
from tests.small import TYPES, batch_of, embed, part_of


@pytest.mark.parametrize(
    ("x", "y", "distance"),
    [
        ([[0.0]], [[3.0]], 6.0),
        ([[0.0], [2.0]], [[2.0], [0.0]], 0.0),  # one distribution, whoever has which value
        ([[0.0], [2.0]], [[1.0], [1.0]], 2 * 1 - 1 - 0),
        ([[0.0, 0.0]], [[3.0, 4.0]], 10 / math.sqrt(2)),
    ],
)
def test_by_hand(x: list[list[float]], y: list[list[float]], distance: float) -> None:
    assert energy_distance(torch.tensor(x), torch.tensor(y)).item() == pytest.approx(distance)


@pytest.mark.parametrize("patients", [7, 60])
def test_as_scipy_has_it(patients: int, generator: torch.Generator) -> None:
    """scipy's is the root of it, for d = 1."""
    x, y = torch.randn(2, patients, 1, generator=generator, dtype=torch.float64)
    expected = scipy_energy_distance(x[:, 0].numpy(), 1 + 2 * y[:, 0].numpy()) ** 2
    assert energy_distance(x, 1 + 2 * y).item() == pytest.approx(expected)


@pytest.mark.parametrize("patients", [0, 1, 40])
def test_equal_parts_have_no_distance_and_finite_gradients(patients: int) -> None:
    x = torch.randn(patients, 4).requires_grad_()
    loss = energy_distance(x, x.detach().clone())
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_patients_who_lack_a_modality_are_not_aligned_and_terms_add_up(generator: torch.Generator) -> None:
    there = torch.tensor([[True] * TYPES, [False] * TYPES, [True] * TYPES, [True] * TYPES])
    model, batch = system_model("camr"), batch_of([3, 2, 0, 1], generator, there)
    terms = CAMR.finetuning(system_config("camr").finetune)(model, batch, embed(model, batch))
    pairs = part_of(batch, [0, 3])
    parts = model.parts(pairs, embed(model, pairs))
    torch.testing.assert_close(terms["alignment"], energy_distance(parts.slide_shared, parts.omics_shared))
    torch.testing.assert_close(terms["total"], terms["cox"] + ALIGNMENT * terms["alignment"])


def test_shared_parts_have_one_length_and_every_part_counts(generator: torch.Generator) -> None:
    model, batch = system_model("camr"), batch_of([3, 2, 1], generator)
    parts = model.parts(batch, embed(model, batch))
    for shared in (parts.slide_shared, parts.omics_shared):
        torch.testing.assert_close(shared.square().mean(dim=1), torch.ones(3), atol=1e-3, rtol=0)
    for name in parts._fields:
        without = parts._replace(**{name: torch.zeros_like(getattr(parts, name))})
        assert (model.risk(without) - model.risk(parts)).abs().min() > 1e-6, name


@pytest.mark.parametrize("weight", [0.0, ALIGNMENT])
def test_alignment_closes_the_gap_between_shared_parts_and_nothing_else_does(
    weight: float, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camr, "ALIGNMENT", weight)
    model, batch = system_model("camr").train(), batch_of([2] * 30, generator)
    losses = CAMR.finetuning(system_config("camr").finetune)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(60):
        optimiser.zero_grad()
        losses(model, batch, model.embedding(torch.cat(batch.regions)))["total"].backward()
        optimiser.step()
    parts = model.parts(batch, embed(model, batch))
    slides, omics = parts.slide_shared.detach(), parts.omics_shared.detach()
    spread = torch.cat([slides - slides.mean(dim=0), omics - omics.mean(dim=0)]).std(dim=0).norm()
    gap = (slides.mean(dim=0) - omics.mean(dim=0)).norm() / spread
    assert gap < 0.5 if weight else gap > 1.0
