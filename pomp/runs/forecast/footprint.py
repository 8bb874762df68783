"""Bytes that a model takes, counted on the model itself: weights, and what one region keeps for the backward pass."""

from __future__ import annotations

import torch

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import Frozen, RunConfig
from pomp.model.recall import noting
from pomp.training.device import Compute
from pomp.training.embedding import Costs, count_saved

_HALF = 2  # bytes of a stored feature, float16


class Footprint(Frozen):
    """Bytes, where not said otherwise."""

    parameters: int  # numbers, of the whole model
    embedding_parameters: int  # numbers, of the ViT or of the layer that stands for it
    stored: int  # of a region on disk and in memory
    kept: int  # activations of a region
    noted: int  # products that a region notes for a second pass
    shared: int  # activations of a pass that do not grow with its regions, such as weights in bfloat16

    def costs(self, part: int, room: int) -> Costs:
        """Of parts of so many regions, in so many bytes."""
        return Costs(room, self.shared + part * self.kept, part * self.noted)


def count_footprint(config: RunConfig, types: int, features: int | None, dtype: torch.dtype) -> Footprint:
    """Counted in passes over one region and over two, on the CPU.

    There attention in bfloat16 is two products and a softmax, and what runs from layer to layer is float32; a GPU has
    one kernel and bfloat16, and keeps about a quarter less.

    Args:
        config: its `model.modalities` is decided.
        types: T.
        features: F, where regions are features in place of pixels.
        dtype: of the ViT's matrix products.
    """
    with torch.device("meta"):
        system = SYSTEMS[config.model.system]
        model = system.build(config, max(types, 1), config.omics.genes, config.seed, features)
    module = model.embedding
    parameters, embedding = (sum(p.numel() for p in part.parameters()) for part in (model, module))
    side = config.slides.side
    one = torch.zeros(1, side, side, 3, dtype=torch.uint8) if features is None else torch.zeros(1, features)
    module = module.to_empty(device="cpu").train()
    saved, noted = zip(*(_count(module, torch.cat([one] * regions), dtype) for regions in (1, 2)), strict=True)
    return Footprint(
        parameters=parameters,
        embedding_parameters=embedding,
        stored=one.nbytes if features is None else features * _HALF,
        kept=saved[1] - saved[0],
        noted=noted[0],
        shared=max(0, 2 * saved[0] - saved[1]),
    )


def _count(module: torch.nn.Module, regions: torch.Tensor, dtype: torch.dtype) -> tuple[int, int]:
    with Compute(torch.device("cpu"), dtype).autocast(), count_saved(module) as saved, noting(module) as noted:
        module(regions)
    return sum(saved), sum(product.nbytes for product in noted)
