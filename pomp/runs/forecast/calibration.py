"""How fast this machine trains a model: a few steps of the real one, timed on made-up patients."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import Frozen, RunConfig
from pomp.model import SurvivalModel
from pomp.model.flops import PASSES
from pomp.runs.forecast.work import embedding_flops, pretraining_flops, risk_flops
from pomp.training.batches import Batch
from pomp.training.device import Compute
from pomp.training.embedding import PartwiseEmbedding
from pomp.training.loop import StepLosses, backpropagate
from pomp.training.made_up import made_up_batch

SMALL, LARGE = (2, 1), (16, 32)
"""Patients, and regions of each, of the two steps whose difference tells the speed of all but the ViT."""

_PART = 512  # regions in the timed pass of the ViT, at most
_PART_FLOPS = {"cuda": 2**41, "mps": 2**35, "cpu": 2**34}  # of its forward pass, at most
_ALL = 2**62  # bytes: the timed pass keeps its activations
_ENOUGH = 1.0  # seconds of timed work
_REPEATS = 5
_SEED = (0,)


class Pace(Frozen):
    """Training's speed on one device."""

    embedding: float  # FLOP/s in Eq. 1, forward and backward
    rest: float  # FLOP/s in all the rest
    pretrain_step: float  # seconds of a step, however small
    finetune_step: float


def measure_pace(config: RunConfig, compute: Compute, types: int, features: int | None) -> Pace:
    """Time the ViT, the losses without it, and the smallest steps.

    Args:
        config: its `model.modalities` is decided.
        types, features: T, and F where regions are features in place of pixels.
    """
    system = SYSTEMS[config.model.system]
    model = system.build(config, max(types, 1), config.omics.genes, config.seed, features).to(compute.device).train()
    optimiser = torch.optim.AdamW(model.parameters(), fused=True)
    bare = 0 if config.model.modalities == "omics" else 1
    small, large = (
        _batch(config, patients, regions * bare, types, features).to(compute.device)
        for patients, regions in (SMALL, LARGE)
    )
    embedding = PartwiseEmbedding(model.embedding, model.width, compute)

    def step(losses: StepLosses) -> None:
        optimiser.zero_grad(set_to_none=True)
        backpropagate(model, small, losses, embedding, _SEED)
        optimiser.step()

    survival = system.finetuning(config.finetune)
    tasks = survival if system.pretraining is None else system.pretraining(config.pretrain)
    losses, flops = (tasks, pretraining_flops) if config.pretrain.epochs else (survival, risk_flops)
    fixed, whole = (_unread(model, batch, losses, compute) for batch in (small, large))
    less, more = (patients * flops(config, regions * bare, types) for patients, regions in (SMALL, LARGE))
    return Pace(
        embedding=_embedding_rate(model, config, compute, features) if bare else 1.0,
        rest=PASSES * (more - less) / max(whole - fixed, fixed / 10),  # a clock that hardly tells them apart
        pretrain_step=_seconds(lambda: step(tasks), compute),
        finetune_step=_seconds(lambda: step(survival), compute),
    )


def _unread(model: SurvivalModel, batch: Batch, losses: StepLosses, compute: Compute) -> float:
    """Seconds of a step whose region embeddings are given."""
    count = int(batch.layout.counts.sum())

    def run() -> None:
        model.zero_grad(set_to_none=True)
        given = torch.randn(count, model.width, device=compute.device, requires_grad=True)
        with compute.step():
            torch.autograd.backward(losses(model, batch, given)["total"])

    return _seconds(run, compute)


def _embedding_rate(model: SurvivalModel, config: RunConfig, compute: Compute, features: int | None) -> float:
    """FLOP/s of one part, forward and backward."""
    flops = embedding_flops(config, features)
    count = max(1, min(compute.part, _PART, _PART_FLOPS[compute.device.type] // flops))
    batch = _batch(config, 1, count, 1, features).to(compute.device)
    embedding = PartwiseEmbedding(model.embedding, model.width, replace(compute, memory=_ALL))
    gradient = torch.randn(count, model.width, device=compute.device)

    def run() -> None:
        embedding.forward(batch, _SEED)
        embedding.backward(gradient)

    return PASSES * count * flops / _seconds(run, compute)


def _batch(config: RunConfig, patients: int, regions: int, types: int, features: int | None) -> Batch:
    """Patients with so many regions each and, where T is not 0, omics of every type."""
    side = config.slides.side
    shape = (side, side, 3) if features is None else (features,)
    return made_up_batch(
        [regions] * patients, shape, max(types, 1), config.omics.genes, config.seed, measured=types > 0
    )


def _seconds(work: Callable[[], None], compute: Compute) -> float:
    """Of the fastest of a few times, after one that is not counted."""
    taken: list[float] = []
    work()
    while len(taken) < _REPEATS and sum(taken) < _ENOUGH:
        started = time.perf_counter()
        work()
        torch.zeros(1, device=compute.device).item()  # waits for the device
        taken.append(time.perf_counter() - started)
    return min(taken)
