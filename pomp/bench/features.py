"""One epoch of fine-tuning from region features, beside one from the pixels of the same regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns
from pomp.config import PRESETS, RunConfig, override
from pomp.model import Pomp, build_model
from pomp.training.batches import Batch
from pomp.training.finetune import finetune_losses

DIMENSION = 1024
"""Of UNI's features."""

TYPES, GENES = 3, 64


def measure(scale: Scale) -> list[Measurement]:
    """The demo's model on its own small regions, and the paper's model on regions of 256 pixels a side."""
    demo, paper = (override(PRESETS[name], {"model.modalities": "both"}) for name in ("demo", "paper"))
    if scale == "small":
        return [_compare("demo", demo, patients=8, regions=4, repeats=1)]
    return [
        _compare("demo", demo, patients=64, regions=20, repeats=9),
        _compare("paper", paper, patients=4, regions=25, repeats=3),
    ]


def _compare(name: str, config: RunConfig, patients: int, regions: int, repeats: int) -> Measurement:
    generator = torch.Generator().manual_seed(0)
    pixels = _make_batch(patients, regions, config.slides.side, generator)
    features = replace(pixels, regions=torch.randn(patients * regions, DIMENSION, generator=generator).half())
    ours, theirs = (build_model(config, TYPES, GENES, 0, dimension) for dimension in (DIMENSION, None))
    ways = {"features": _epoch(ours, features, config), "pixels": _epoch(theirs, pixels, config)}
    seconds = in_turns(ways, repeats)
    difference = _difference_beyond_the_embedding(ours, theirs, pixels)
    return Measurement(
        work=f"epoch of fine-tuning, {name} model: {patients} patients × {regions} regions of {DIMENSION} features",
        seconds=seconds["features"],
        rivals=[Rival(f"pixels of the same regions, {config.slides.side} a side", seconds["pixels"])],
        checks=[f"risks of the two models from the same region embeddings: largest difference {difference:g}"],
    )


def _make_batch(patients: int, regions: int, side: int, generator: torch.Generator) -> Batch:
    """All patients at once, with random pixels, omics and follow-up."""
    total = patients * regions
    places = torch.arange(regions).repeat(patients)
    return Batch(
        patients=tuple(f"P{number}" for number in range(patients)),
        regions=torch.randint(0, 256, (total, 3, side, side), dtype=torch.uint8, generator=generator),
        coordinates=torch.stack([places // 5, places % 5], dim=1),
        counts=torch.full((patients,), regions),
        values=torch.randn(patients, TYPES, GENES, generator=generator),
        present=torch.ones(patients, TYPES, dtype=torch.bool),
        genes=torch.ones(TYPES, GENES, dtype=torch.bool),
        time_days=torch.randperm(patients, generator=generator).float() + 1,
        event=torch.arange(patients) % 2 == 0,
    )


def _epoch(model: Pomp, batch: Batch, config: RunConfig) -> Callable[[], float]:
    losses = finetune_losses(config.finetune)
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.finetune.learning_rate)
    model.train()

    def epoch() -> float:
        optimiser.zero_grad(set_to_none=True)
        loss: Tensor = losses(model, batch)["total"]
        torch.autograd.backward(loss)
        optimiser.step()
        return loss.item()

    return epoch


@torch.inference_mode()
def _difference_beyond_the_embedding(ours: Pomp, theirs: Pomp, pixels: Batch) -> float:
    """Largest difference of the two models' risks from the same region embeddings, the other weights made equal."""
    shared = {name: value for name, value in theirs.state_dict().items() if ".embedding." not in name}
    ours.load_state_dict(shared, strict=False)
    embedded = theirs.eval().pathology.embedding(pixels.regions)
    risks = []
    for model in (ours.eval(), theirs):
        pathology = model.pathology.contextualise(embedded, pixels.coordinates, pixels.counts)
        risks.append(model.risk(pathology, model.encode_omics(pixels.values, pixels.present)))
    return float((risks[0] - risks[1]).abs().max())
