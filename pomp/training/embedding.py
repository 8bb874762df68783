"""Eq. 1 for all regions of a batch within the memory that there is, with the gradients of the whole batch.

The losses couple the patients of a batch, but they see a region only through its embedding. So the regions go through
the ViT part by part; the losses are computed and differentiated from the embeddings (R, d), which are small; and the
gradients of the embeddings are carried back through the ViT part by part (Gao et al., 2021, "Scaling deep contrastive
learning batch size under memory limited setup"). Parts whose activations fit into memory keep them; the others are
computed a second time, with the same random numbers. The gradients are those of the batch as a whole either way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pomp.training.device import Compute
from pomp.training.seeds import hash_seed

log = logging.getLogger(__name__)

SHARE = 0.75
"""Of the memory that activations of the ViT may take: the rest is for the losses, the gradients and the work itself."""


class PartwiseEmbedding:
    """The ViT, or the layer that stands for it, over the regions of one batch after another."""

    def __init__(self, module: nn.Module, width: int, compute: Compute) -> None:
        """`module`: (R, …) regions → (R, d); `width`: d."""
        self._module, self._width, self._compute = module, width, compute
        self.kept: dict[int, Tensor] = {}  # outputs of parts, with their activations
        self._most: int | None = None  # parts that may keep theirs; None: not known yet
        self._parts: list[Tensor] = []
        self._seed: tuple[int, ...] = ()

    def forward(self, regions: Sequence[Tensor], seed: tuple[int, ...]) -> Tensor:
        """(R, d) float32, a leaf whose gradient `backward` carries on.

        Args:
            regions: of the batch's patients, R in all.
            seed: of the dropout.
        """
        self._parts, self._seed, self.kept = list(parts_of(regions, self._compute.part)), seed, {}
        outputs = [self._first_pass(index) for index in range(len(self._parts))]
        empty = torch.zeros(0, self._width, device=self._compute.device)
        return torch.cat([empty, *outputs]).requires_grad_()

    def backward(self, gradient: Tensor | None) -> None:
        """Add to the gradients of the module's weights, given those of the embeddings (R, d); None: no loss saw any."""
        if gradient is not None:
            shares = torch.split(gradient, [len(part) for part in self._parts])
            for index, share in enumerate(shares):
                output = self.kept.pop(index, None)
                torch.autograd.backward(self._pass(index) if output is None else output, share)
        self._parts, self.kept = [], {}

    def predict(self, regions: Sequence[Tensor]) -> Tensor:
        """(R, d) float32 without gradients; the module is in evaluation mode."""
        parts = parts_of(regions, self._compute.part)
        outputs = [self._embed(part) for part in parts]
        return torch.cat([torch.zeros(0, self._width, device=self._compute.device), *outputs])

    def _first_pass(self, index: int) -> Tensor:
        if self._most is None:
            with _count_saved(self._module) as saved:
                output = self._pass(index)
            self._most = self._affordable_parts(saved)
        elif index < self._most:
            output = self._pass(index)
        else:
            with torch.no_grad():
                return self._pass(index)
        self.kept[index] = output
        return output.detach()

    def _pass(self, index: int) -> Tensor:
        torch.manual_seed(hash_seed((*self._seed, index)))
        return self._embed(self._parts[index])

    def _embed(self, regions: Tensor) -> Tensor:
        with self._compute.autocast():
            embedded: Tensor = self._module(regions)
        return embedded.float()

    def _affordable_parts(self, saved: list[int]) -> int:
        """From the bytes that the first part keeps. One part is worked on in any case."""
        each = max(1, sum(saved))
        most = int(self._compute.memory * SHARE) // each
        log.info(
            "A part of %d regions keeps %.2f GB of activations: up to %d regions of a batch keep theirs, more are "
            "computed twice.", len(self._parts[0]), each / 1e9, most * len(self._parts[0]),
        )  # fmt: skip
        return most


def parts_of(regions: Sequence[Tensor], size: int) -> Iterator[Tensor]:
    """The regions of all patients in parts of `size`, the last one perhaps smaller; copied only where two meet."""
    waiting: list[Tensor] = []
    missing = size
    for own in regions:
        start = 0
        while start < len(own):
            piece = own[start : start + missing]
            waiting.append(piece)
            start, missing = start + len(piece), missing - len(piece)
            if not missing:
                yield waiting[0] if len(waiting) == 1 else torch.cat(waiting)
                waiting, missing = [], size
    if waiting:
        yield waiting[0] if len(waiting) == 1 else torch.cat(waiting)


@contextmanager
def _count_saved(module: nn.Module) -> Iterator[list[int]]:
    """Bytes of each tensor that is kept for the backward pass meanwhile; of what shares memory, once. No weights."""
    sizes: list[int] = []
    seen = {parameter.untyped_storage()._cdata for parameter in module.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in seen:
            seen.add(storage._cdata)
            sizes.append(storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield sizes
