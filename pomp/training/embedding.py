"""Eq. 1 for all regions of a batch within the memory that there is, with the gradients of the whole batch.

The losses couple the patients of a batch, but they see a region only through its embedding. So the regions go through
the ViT part by part; the losses are computed and differentiated from the embeddings (R, d), which are small; and the
gradients of the embeddings are carried back through the ViT part by part (Gao et al., 2021, "Scaling deep contrastive
learning batch size under memory limited setup"). Parts whose activations fit into memory keep them; the others are
computed a second time, with the same random numbers, but for the products that they could keep. The gradients are those
of the batch as a whole either way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pomp.model.recall import noting, recalling
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
        self._costs: Costs | None = None  # None: not known yet
        self._parts: list[Tensor] = []
        self._seed: tuple[int, ...] = ()
        self.kept: dict[int, Tensor] = {}  # outputs of parts, with all their activations
        self.noted: dict[int, list[Tensor]] = {}  # of others the products that need not be multiplied again

    def forward(self, regions: Sequence[Tensor], seed: tuple[int, ...]) -> Tensor:
        """(R, d) float32, a leaf whose gradient `backward` carries on.

        Args:
            regions: of the batch's patients, R in all.
            seed: of the dropout.
        """
        self._parts, self._seed = list(parts_of(regions, self._compute.part)), seed
        self.kept, self.noted = {}, {}
        if self._costs is None and self._parts:
            self._costs = self._measure()
        keep, note = (0, 0) if self._costs is None else self._costs.afford(len(self._parts))
        outputs = [self._first_pass(index, keep, note) for index in range(len(self._parts))]
        return torch.cat([self._nothing(), *outputs]).requires_grad_()

    def backward(self, gradient: Tensor | None) -> None:
        """Add to the gradients of the module's weights, given those of the embeddings (R, d); None: no loss saw any."""
        if gradient is not None:
            for index, share in enumerate(torch.split(gradient, [len(part) for part in self._parts])):
                output = self.kept.pop(index, None)
                torch.autograd.backward(self._second_pass(index) if output is None else output, share)
        self._parts, self.kept, self.noted = [], {}, {}

    def predict(self, regions: Sequence[Tensor]) -> Tensor:
        """(R, d) float32 without gradients; the module is in evaluation mode."""
        return torch.cat([self._nothing(), *(self._embed(part) for part in parts_of(regions, self._compute.part))])

    def _nothing(self) -> Tensor:
        return torch.zeros(0, self._width, device=self._compute.device)

    def _first_pass(self, index: int, keep: int, note: int) -> Tensor:
        if index < keep:
            self.kept[index] = self._pass(index)
            return self.kept[index].detach()
        with torch.no_grad():
            if index >= keep + note:
                return self._pass(index)
            with noting(self._module) as self.noted[index]:
                return self._pass(index)

    def _second_pass(self, index: int) -> Tensor:
        products = self.noted.pop(index, None)
        if products is None:
            return self._pass(index)
        with recalling(self._module, products):
            return self._pass(index)

    def _pass(self, index: int) -> Tensor:
        torch.manual_seed(hash_seed((*self._seed, index)))
        return self._embed(self._parts[index])

    def _embed(self, regions: Tensor) -> Tensor:
        with self._compute.autocast():
            embedded: Tensor = self._module(regions)
        return embedded.float()

    def _measure(self) -> Costs:
        with _count_saved(self._module) as saved, noting(self._module) as noted:
            self._pass(0)
        costs = Costs(int(self._compute.memory * SHARE), sum(saved), sum(product.nbytes for product in noted))
        log.info(
            "%d regions keep %.3g GB of activations, or %.3g GB of products for a second pass; there is room for %.3g.",
            len(self._parts[0]), costs.keeping / 1e9, costs.noting / 1e9, costs.room / 1e9,
        )  # fmt: skip
        return costs


@dataclass(frozen=True)
class Costs:
    """Bytes of a part."""

    room: int  # in all
    keeping: int  # its activations
    noting: int  # its products

    def afford(self, parts: int) -> tuple[int, int]:
        """How many parts keep their activations, and how many others note their products, which is the next best."""
        if parts * self.keeping <= self.room:
            return parts, 0
        keep = max(0, (self.room - parts * self.noting) // max(1, self.keeping - self.noting))
        return keep, min(parts - keep, (self.room - keep * self.keeping) // max(1, self.noting))


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
