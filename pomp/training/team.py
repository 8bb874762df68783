"""One run on several devices: each embeds its share of a batch's regions, and one does all the rest.

The losses couple all patients of a batch: negatives come from the whole batch, and so do risk sets. They are computed
in one place, by the leader, from the embeddings that all members hand in; the ViT, 99.6 % of the work, is what the
members share. They need no more than its weights, which they get at every step, so a member that starts late or comes
anew has nothing to catch up with, and all that is written is written by the leader. Parts of a batch and their seeds
are the same for any number of members: a run gives the same losses on one and on many, to rounding.

Members are started by torchrun: `torchrun --standalone --nproc-per-node 2 -m pomp run --run DIR`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pomp.config import RunConfig
from pomp.errors import TrainingError
from pomp.model import build_embedding
from pomp.training.bank import RegionBank
from pomp.training.batches import Batch
from pomp.training.device import Compute, plan_compute, room_for_regions
from pomp.training.embedding import PartwiseEmbedding, Share

LEADER = 0
_PATIENCE = timedelta(days=7)  # members wait while the leader prepares slides and chooses genes


def rank() -> int:
    """This process's number in its team; 0 where it is alone."""
    return int(os.environ.get("RANK", "0"))


def members() -> int:
    """Processes in the team that torchrun started, this one included."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(device: torch.device) -> Iterator[Team | None]:
    """The team that this process is a member of, for the block; None where it is alone."""
    if members() == 1:
        yield None
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield Team(device)
    finally:
        dist.destroy_process_group()


@contextmanager
def leading(device: torch.device) -> Iterator[Team | None]:
    """`joined` for the leader, who dismisses the others at the end of the block, however it ends."""
    with joined(device) as team:
        try:
            yield team
        finally:
            if team is not None:
                with suppress(TrainingError):  # they may be gone, which was said already
                    team.dismiss()


class Team:
    """What members say to each other. The leader gives orders; the others follow them until they are dismissed.

    Whatever they say raises a `TrainingError` where one of them is gone.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.share = Share(dist.get_rank(), dist.get_world_size())
        # Orders are objects, which go through the CPU.
        self._orders = dist.new_group(backend="gloo", timeout=_PATIENCE)
        self._owed = False

    def order(self, *what: Any) -> tuple[Any, ...]:
        """The leader's order, given by the leader and received by the others."""
        box = [what]
        self._owed = True  # until it is known that all have it
        with _together():
            dist.broadcast_object_list(box, LEADER, group=self._orders)
        name, *rest = box[0]
        self._owed = name == "forward" or (name == "backward" and rest != [None])
        return box[0]

    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Give the leader's values to all, in place."""
        flat = torch.cat([tensor.detach().flatten() for tensor in tensors])
        with _together():
            dist.broadcast(flat, LEADER)
        for tensor, values in zip(tensors, _pieces(flat, tensors), strict=True):
            tensor.detach().copy_(values.view_as(tensor))

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Sum the members' values at the leader, in place there."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with _together():
            dist.reduce(flat, LEADER)
        self._owed = False
        for tensor, values in zip(tensors, _pieces(flat, tensors), strict=True):
            tensor.copy_(values.view_as(tensor))

    def begin(self, config: RunConfig, regions: RegionBank, compute: Compute) -> None:
        """Tell the others what they are going to embed, and how. Whatever they knew before is forgotten."""
        self.order("begin", config, regions.bare(), compute)

    def dismiss(self) -> None:
        """Let the others go home.

        While they owe an answer that nobody will take they hear no order: the closing connection tells them.
        """
        if not self._owed:
            self.order("end")


class TeamEmbedding:
    """The leader's `PartwiseEmbedding`, of which the others do their share."""

    def __init__(self, team: Team, own: PartwiseEmbedding, module: nn.Module) -> None:
        self._team, self._own, self._weights = team, own, list(module.parameters())
        self.compute = own.compute

    def forward(self, batch: Batch, seed: tuple[int, ...]) -> Tensor:
        """As `Embedding.forward`."""
        self._team.order("forward", batch.patients, seed)
        self._team.spread(self._weights)
        embedded = self._own.embed(batch.regions, seed)
        self._team.add_up([embedded])
        return embedded.requires_grad_()

    def backward(self, gradient: Tensor | None) -> None:
        """As `Embedding.backward`."""
        self._team.order("backward", None if gradient is None else tuple(gradient.shape))
        if gradient is None:
            self._own.backward(None)
            return
        self._team.spread([gradient])
        self._own.backward(gradient)
        self._team.add_up(_gradients(self._weights))

    def shrink(self) -> bool:
        """As `Embedding.shrink`: the others are in the middle of a step that they cannot begin again."""
        return False


def follow(team: Team) -> None:
    """Do this member's share of every step until the leader dismisses the team."""
    embedding: PartwiseEmbedding | None = None
    weights: Sequence[Tensor] = []
    regions: RegionBank | None = None
    while (order := team.order())[0] != "end":
        if order[0] == "begin":
            _, config, regions, compute = order
            embedding, weights = _prepare(team, config, regions, compute)
            continue
        assert embedding is not None and regions is not None, "the leader begins before it goes on"  # noqa: S101
        if order[0] == "forward":
            _, patients, seed = order
            team.spread(weights)
            team.add_up([embedding.embed(_read_share(embedding, regions, patients), seed)])
        elif order[1] is not None:
            gradient = torch.empty(order[1], device=team.device)
            team.spread([gradient])
            for weight in weights:
                weight.grad = None
            embedding.backward(gradient)
            team.add_up(_gradients(weights))


def _read_share(embedding: PartwiseEmbedding, regions: RegionBank, patients: Sequence[str]) -> list[Tensor]:
    """Regions of a batch's patients on this member's device; of those whom only others embed, their number alone."""
    device, counts = embedding.compute.device, [len(regions.table(patient)) for patient in patients]
    return [
        regions.read(patient).to(device, non_blocking=True) if needed else torch.empty(count, 0)
        for patient, count, needed in zip(patients, counts, embedding.needs(counts), strict=True)
    ]


def _prepare(
    team: Team, config: RunConfig, regions: RegionBank, leaders: Compute
) -> tuple[PartwiseEmbedding, Sequence[Tensor]]:
    regions.keep(room_for_regions(team.device))
    own = plan_compute(team.device, config, regions.features)
    compute = replace(leaders, device=own.device, memory=own.memory)
    slides = config.slides
    module = build_embedding(config.model, slides.side, regions.features, slides.flips).to(team.device).train()
    return PartwiseEmbedding(module, config.model.width, compute, team.share), list(module.parameters())


def _gradients(weights: Sequence[Tensor]) -> list[Tensor]:
    """Of every weight; zeros where this member had no region of the batch."""
    for weight in weights:
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
    return [weight.grad for weight in weights if weight.grad is not None]


def _pieces(flat: Tensor, like: Sequence[Tensor]) -> Sequence[Tensor]:
    return torch.split(flat, [tensor.numel() for tensor in like])


@contextmanager
def _together() -> Iterator[None]:
    """For what takes all members, and nothing else: a process that is short of memory raises the same kind of error."""
    try:
        yield
    except RuntimeError as error:  # what torch.distributed raises when another process is gone
        raise TrainingError(
            f"Another process that worked on this run is gone ({str(error).splitlines()[0]}). Its output says why. "
            "Resume to go on from the last checkpoint, with fewer processes if memory was short."
        ) from error
