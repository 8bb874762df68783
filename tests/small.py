"""Small models and batches whose every input is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pomp.config import PRESETS, RunConfig, override
from pomp.model import PathologyTokens, Pomp
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import StepLosses, backpropagate
from pomp.training.system import POMP

TYPES, GENES, SIDE = 3, 8, 32
SEED = (5, 1)
"""Of the step whose `gradients` are taken."""


def small_config(**changes: Any) -> RunConfig:
    """A tiny multimodal configuration with dotted fields changed (dots written as double underscores)."""
    base = {
        "slides.region_px": 128,
        "slides.downsample": 4,
        "model.modalities": "both",
        "model.width": 16,
        "model.heads": 2,
        "model.dropout": 0.0,
    }
    return override(PRESETS["demo"], base | {key.replace("__", "."): value for key, value in changes.items()})


def small_model(**changes: Any) -> Pomp:
    return POMP.build(small_config(**changes), TYPES, GENES, seed=3).eval()


def random_regions(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels (R, SIDE, SIDE, 3) and distinct rows and columns (R, 2)."""
    pixels = torch.randint(0, 256, (count, SIDE, SIDE, 3), dtype=torch.uint8, generator=generator)
    places = torch.stack([torch.arange(count) // 7, torch.arange(count) % 7], dim=1)
    return pixels, places


def batch_of(counts: Sequence[int], generator: torch.Generator, present: torch.Tensor | None = None) -> Batch:
    """Patients with these numbers of regions, random omics, distinct times and an event for every other patient."""
    patients = len(counts)
    pixels, places = random_regions(sum(counts), generator)
    there = torch.ones(patients, TYPES, dtype=torch.bool) if present is None else present
    return Batch.of(
        patients=[f"P{index}" for index in range(patients)],
        regions=torch.split(pixels, list(counts)),
        coordinates=places,
        values=torch.randn(patients, TYPES, GENES, generator=generator),
        present=there,
        genes=torch.ones(patients, TYPES, GENES, dtype=torch.bool),
        time_days=torch.randperm(patients, generator=generator).float() + 1,
        event=torch.arange(patients) % 2 == 0,
    )


def part_of(batch: Batch, rows: list[int]) -> Batch:
    """Some patients of a batch, in that order."""
    places = torch.split(batch.coordinates, batch.layout.counts.tolist())
    return Batch.of(
        [batch.patients[row] for row in rows], [batch.regions[row] for row in rows],
        torch.cat([places[row] for row in rows]), batch.values[rows], batch.present[rows], batch.genes[rows],
        batch.time_days[rows], batch.event[rows],
    )  # fmt: skip


def embed(model: Pomp, batch: Batch) -> torch.Tensor:
    """Eq. 1 as training does it: (R, d), whose gradient goes no further."""
    compute = Compute(torch.device("cpu"))
    return PartwiseEmbedding(model.embedding, model.width, compute).forward(batch, (0,))


def encode_slides(model: Pomp, batch: Batch) -> PathologyTokens:
    """Eq. 1 and 2 for all regions in one pass."""
    return model.pathology(torch.cat(batch.regions), batch.coordinates, batch.layout.counts)


def gradients(model: Pomp, batch: Batch, losses: StepLosses, compute: Compute) -> dict[str, torch.Tensor]:
    """Of every parameter that has any, and the losses of that step, on the CPU."""
    model = model.to(compute.device)
    model.zero_grad(set_to_none=True)
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)
    terms = backpropagate(model, batch.to(compute.device), losses, embedding, SEED)
    found = {name: one.grad.to("cpu", copy=True) for name, one in model.named_parameters() if one.grad is not None}
    return found | {name: term.cpu() for name, term in terms.items()}
