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
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch._dynamo.exc import BackendCompilerFailed

from pomp.model.recall import noting, recalling
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.seeds import hash_seed

log = logging.getLogger(__name__)

ROOM = 0.6
"""Share of the memory that activations of the ViT may take: the rest is for the losses, the gradients and the work."""


@dataclass(frozen=True)
class Share:
    """Member `rank` of `members` processes that embed the parts of a batch together."""

    rank: int
    members: int

    def of(self, parts: int) -> range:
        """The member's parts, one after another; together the members' shares are all parts, in their order."""
        first, last = (number * parts // self.members for number in (self.rank, self.rank + 1))
        return range(first, last)


ALL = Share(0, 1)


class Embedding(Protocol):
    """Eq. 1 for one batch after another, by one process or by several."""

    @property
    def compute(self) -> Compute:
        """How this process does its part of the work."""

    def forward(self, batch: Batch, seed: tuple[int, ...]) -> Tensor:
        """(R, d) float32, a leaf whose gradient `backward` carries on. `seed`: of the dropout."""

    def backward(self, gradient: Tensor | None) -> None:
        """Add to the gradients of the weights, given those of the embeddings (R, d); None: no loss saw any."""

    def shrink(self) -> bool:
        """Keep less from now on, because memory was short. False: there is nothing to give up."""


class PartwiseEmbedding:
    """The ViT, or the layer that stands for it, over the regions of one batch after another."""

    def __init__(self, module: nn.Module, width: int, compute: Compute, share: Share = ALL) -> None:
        """`module`: (R, …) regions → (R, d); `width`: d; `share`: which parts of a batch are this process's."""
        self._module, self._width, self.compute, self._share = module, width, compute, share
        # For parts of the usual size only: it is compiled for one size.
        self._fast: Callable[[Tensor], Tensor] | None = _compile(module) if compute.compiled else None
        self._costs: Costs | None = None  # None: not known yet
        self._parts: list[Part] = []
        self._seed: tuple[int, ...] = ()
        self.kept: dict[int, Tensor] = {}  # outputs of parts, with all their activations
        self.noted: dict[int, list[Tensor]] = {}  # of others the products that need not be multiplied again

    def forward(self, batch: Batch, seed: tuple[int, ...]) -> Tensor:
        """As `Embedding.forward`."""
        return self.embed(batch.regions, seed).requires_grad_()

    def embed(self, regions: Sequence[Tensor], seed: tuple[int, ...]) -> Tensor:
        """(R, d) float32 of the patients' R regions, with zeros in the parts that are not this process's."""
        self._parts, self._seed = list(parts_of(regions, self.compute.part)), seed
        self.kept, self.noted = {}, {}
        own = self._share.of(len(self._parts))
        if self._costs is None and own:
            self._costs = self._measure()
        keep, note = (0, 0) if self._costs is None else self._costs.afford(len(own))
        nothing = torch.zeros(0, self._width, device=self.compute.device)
        with self.compute.autocast():  # around all parts, so that weights are converted once
            outputs = [
                self._first_pass(index, index - own.start < keep, index - own.start < keep + note)
                if index in own
                else nothing.new_zeros(part.size, self._width)
                for index, part in enumerate(self._parts)
            ]
        return torch.cat([nothing, *outputs])

    def needs(self, counts: Sequence[int]) -> list[bool]:
        """Whether this process embeds any region of each patient, of patients with so many regions in a batch."""
        own = self._share.of(math.ceil(sum(counts) / self.compute.part))
        first, last = own.start * self.compute.part, own.stop * self.compute.part
        return [max(end - count, first) < min(end, last) for end, count in zip(accumulate(counts), counts, strict=True)]

    def backward(self, gradient: Tensor | None) -> None:
        """As `Embedding.backward`."""
        if gradient is not None:
            gradients = torch.split(gradient, [part.size for part in self._parts])
            with self.compute.autocast():
                for index in self._share.of(len(self._parts)):
                    output = self.kept.pop(index, None)
                    torch.autograd.backward(self._second_pass(index) if output is None else output, gradients[index])
        self._parts, self.kept, self.noted = [], {}, {}

    def shrink(self) -> bool:
        """As `Embedding.shrink`."""
        if self._costs is None or not self._costs.room:
            return False
        room = self._costs.room // 2 if self._costs.room > self._costs.noting else 0
        self._costs, self._parts, self.kept, self.noted = replace(self._costs, room=room), [], {}, {}
        log.warning("Memory was short: from now on %.3g GB are kept for activations.", room / 1e9)
        return True

    def predict(self, regions: Sequence[Tensor]) -> Tensor:
        """(R, d) float32 without gradients; the module is in evaluation mode."""
        outputs = (self._run(self._module, part.join()) for part in parts_of(regions, self.compute.part))
        return torch.cat([torch.zeros(0, self._width, device=self.compute.device), *outputs])

    def _first_pass(self, index: int, keep: bool, note: bool) -> Tensor:
        if keep:
            self.kept[index] = self._pass(index)
            return self.kept[index].detach()
        with torch.no_grad():
            if not note:
                return self._pass(index)
            with noting(self._module) as noted:
                output = self._pass(index)
            # Moved together, once the pass has given its memory back: left where they are, among what is gone, they
            # would keep the next passes from taking the same memory.
            self.noted[index] = list(torch.stack(noted))
            return output

    def _second_pass(self, index: int) -> Tensor:
        products = self.noted.pop(index, None)
        if products is None:
            return self._pass(index)
        with recalling(self._module, products):
            return self._pass(index)

    def _pass(self, index: int) -> Tensor:
        torch.manual_seed(hash_seed((*self._seed, index)))
        return self._embed(self._parts[index].join())

    def _embed(self, regions: Tensor) -> Tensor:
        if self._fast is not None and len(regions) == self.compute.part:
            try:
                return self._run(self._fast, regions)
            except BackendCompilerFailed as error:
                log.warning("The ViT is not compiled (%s): training goes on without.", str(error).splitlines()[0])
                self._fast = None
        return self._run(self._module, regions)

    def _run(self, module: Callable[[Tensor], Tensor], regions: Tensor) -> Tensor:
        with self.compute.autocast():
            return module(regions).float()

    def _measure(self) -> Costs:
        first, size = self._share.of(len(self._parts)).start, self.compute.part
        with count_saved(self._module) as saved:
            self._pass(first)
        keeping = sum(saved) * size // self._parts[first].size  # a small batch may have no part of the usual size
        with torch.no_grad(), noting(self._module) as noted:
            self._run(self._module, self._parts[first].pieces[0][:1])
        costs = Costs(int(self.compute.memory * ROOM), keeping, size * sum(product.nbytes for product in noted))
        log.info(
            "%d regions keep %.3g GB of activations, or %.3g GB of products for a second pass; there is room for %.3g.",
            size, costs.keeping / 1e9, costs.noting / 1e9, costs.room / 1e9,
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
        if not self.noting:  # features go through one layer, which has no products to note
            return keep, 0
        return keep, min(parts - keep, (self.room - keep * self.keeping) // self.noting)


def _compile(module: nn.Module) -> Callable[[Tensor], Tensor]:
    compiled: Callable[[Tensor], Tensor] = torch.compile(module, dynamic=False)
    return compiled


class Part(NamedTuple):
    """Regions that go through the ViT in one pass. They lie where their patients' regions lie until they are joined."""

    pieces: tuple[Tensor, ...]  # of one patient each
    size: int  # regions in all

    def join(self) -> Tensor:
        """(R, …) copied only where patients meet."""
        return self.pieces[0] if len(self.pieces) == 1 else torch.cat(self.pieces)


def parts_of(regions: Sequence[Tensor], size: int) -> Iterator[Part]:
    """The regions of all patients in parts of `size`, the last one perhaps smaller."""
    waiting: list[Tensor] = []
    missing = size
    for own in regions:
        start = 0
        while start < len(own):
            piece = own[start : start + missing]
            waiting.append(piece)
            start, missing = start + len(piece), missing - len(piece)
            if not missing:
                yield Part(tuple(waiting), size)
                waiting, missing = [], size
    if waiting:
        yield Part(tuple(waiting), size - missing)


@contextmanager
def count_saved(module: nn.Module) -> Iterator[list[int]]:
    """Bytes of each tensor that is kept for the backward pass meanwhile; of what shares memory, once. No weights."""
    sizes: list[int] = []
    weights = {parameter.untyped_storage()._cdata for parameter in module.parameters()}
    seen: dict[int, torch.UntypedStorage] = {}  # held, so that no other takes the number of one that is gone

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights and storage._cdata not in seen:
            seen[storage._cdata] = storage
            sizes.append(storage.nbytes())
        return tensor.detach()  # kept itself, an output would keep its own graph alive, for ever

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield sizes
