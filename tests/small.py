"""Small models and batches whose every input is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from pomp.config import PRESETS, RunConfig, override
from pomp.model import Pomp, build_model
from pomp.training.batches import Batch

TYPES, GENES, SIDE = 3, 8, 32


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
    return build_model(small_config(**changes), TYPES, GENES, seed=3).eval()


def random_regions(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels (R, 3, SIDE, SIDE) and distinct rows and columns (R, 2)."""
    pixels = torch.randint(0, 256, (count, 3, SIDE, SIDE), dtype=torch.uint8, generator=generator)
    places = torch.stack([torch.arange(count) // 7, torch.arange(count) % 7], dim=1)
    return pixels, places


def batch_of(counts: Sequence[int], generator: torch.Generator, present: torch.Tensor | None = None) -> Batch:
    """Patients with these numbers of regions, random omics, distinct times and an event for every other patient."""
    patients = len(counts)
    pixels, places = random_regions(sum(counts), generator)
    there = torch.ones(patients, TYPES, dtype=torch.bool) if present is None else present
    return Batch(
        patients=tuple(f"P{index}" for index in range(patients)),
        regions=pixels,
        coordinates=places,
        counts=torch.tensor(counts),
        values=torch.randn(patients, TYPES, GENES, generator=generator) * there[..., None],
        present=there,
        genes=torch.ones(TYPES, GENES, dtype=torch.bool),
        time_days=torch.randperm(patients, generator=generator).float() + 1,
        event=torch.arange(patients) % 2 == 0,
    )
