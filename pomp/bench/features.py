"""One epoch of fine-tuning from region features, beside one from the pixels of the same regions."""

from __future__ import annotations

from collections.abc import Callable

import torch

from pomp.bench.measurement import Measurement, Rival, Scale, in_turns
from pomp.config import PRESETS, RunConfig, override
from pomp.model import Pomp
from pomp.training.batches import Batch
from pomp.training.device import pick_device, plan_compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.finetune import finetune_losses
from pomp.training.loop import backpropagate
from pomp.training.made_up import made_up_batch
from pomp.training.system import POMP

DIMENSION = 1024
"""Of UNI's features."""

TYPES, GENES = 3, 64


def measure(scale: Scale) -> list[Measurement]:
    """The demo's model on its own small regions, and the paper's model on regions of 256 pixels a side."""
    demo, paper = (override(PRESETS[name], {"model.modalities": "both"}) for name in ("demo", "paper"))
    if scale == "small":
        return [_compare("demo", demo, patients=8, regions=4, repeats=1)]
    patients, regions = (50, 144) if pick_device().type == "cuda" else (16, 50)  # a batch, or what a CPU has time for
    return [
        _compare("demo", demo, patients=64, regions=20, repeats=9),
        _compare("paper", paper, patients=patients, regions=regions, repeats=3),
    ]


def _compare(name: str, config: RunConfig, patients: int, regions: int, repeats: int) -> Measurement:
    counts, side = [regions] * patients, config.slides.side
    pixels = made_up_batch(counts, (side, side, 3), TYPES, GENES)
    features = made_up_batch(counts, (DIMENSION,), TYPES, GENES)
    device = pick_device()
    pixels, features = pixels.to(device), features.to(device)
    ours, theirs = (POMP.build(config, TYPES, GENES, 0, dimension).to(device) for dimension in (DIMENSION, None))
    ways = {"features": _epoch(ours, features, config, DIMENSION), "pixels": _epoch(theirs, pixels, config, None)}
    seconds = in_turns(ways, repeats)
    difference = _difference_beyond_the_embedding(ours, theirs, pixels)
    return Measurement(
        work=f"epoch of fine-tuning, {name} model: {patients} patients × {regions} regions of {DIMENSION} features",
        seconds=seconds["features"],
        rivals=[Rival(f"pixels of the same regions, {config.slides.side} a side", seconds["pixels"])],
        checks=[f"risks of the two models from the same region embeddings: largest difference {difference:g}"],
    )


def _epoch(model: Pomp, batch: Batch, config: RunConfig, features: int | None) -> Callable[[], object]:
    losses = finetune_losses(config.finetune)
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.finetune.learning_rate, fused=True)
    compute = plan_compute(pick_device(), config, features)
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)
    model.train()

    def epoch() -> None:
        optimiser.zero_grad(set_to_none=True)
        backpropagate(model, batch, losses, embedding, (0,))
        optimiser.step()
        optimiser.param_groups[0]["params"][0].flatten()[0].item()  # waits for the device

    return epoch


@torch.inference_mode()
def _difference_beyond_the_embedding(ours: Pomp, theirs: Pomp, pixels: Batch) -> float:
    """Largest difference of the two models' risks from the same region embeddings, the other weights made equal."""
    shared = {name: value for name, value in theirs.state_dict().items() if ".embedding." not in name}
    ours.load_state_dict(shared, strict=False)
    embedded = theirs.eval().pathology.embedding(torch.cat(pixels.regions))
    risks = []
    for model in (ours.eval(), theirs):
        pathology = model.contextualise(embedded, pixels.coordinates, pixels.layout)
        risks.append(model.risk(pathology, model.encode_omics(pixels.values, pixels.present)))
    return float((risks[0] - risks[1]).abs().max())
