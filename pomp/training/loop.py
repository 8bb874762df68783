"""The training loop that both stages share: epochs, batches, checkpoints, and a stop that loses nothing."""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from pomp.config import OptimiserConfig
from pomp.errors import TrainingError
from pomp.model import Pomp
from pomp.training.batches import Batch, PatientData, shuffled_batches
from pomp.training.checkpoint import CheckpointStore

StageName = Literal["pretrain", "finetune"]
Losses = dict[str, Tensor]
"""The terms of a step by name; `total` is what is minimised."""

ALL_PATIENTS = -1
"""In place of a fold's number: the paper protocol pre-trains once, on everybody."""

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 10.0
"""Epochs shorter than this share a checkpoint: saving must not cost more than what it saves."""


class StopRequested(Exception):  # noqa: N818 - it is a request, not an error
    """The user asked to stop; the state is saved."""


@dataclass(frozen=True)
class Stage:
    """One stage on one fold: what is minimised on whom, and where its state is kept."""

    name: StageName
    fold: int  # ALL_PATIENTS where the stage does not belong to one fold
    seed: int
    config: OptimiserConfig
    losses: Callable[[Pomp, Batch], Losses]
    checkpoints: CheckpointStore
    on_resume: Callable[[int], None]  # epochs already done
    on_epoch: Callable[[int, dict[str, float], Pomp], None]  # epoch, its metrics, the model
    should_stop: Callable[[], bool]


def train(model: Pomp, data: PatientData, patients: Sequence[str], stage: Stage, device: torch.device) -> None:
    """Train in place, from the newest checkpoint if there is one.

    Every epoch seeds the generators afresh from (seed, stage, fold, epoch), so a resumed run repeats a run that was
    never stopped, bit for bit on the CPU.

    Raises:
        StopRequested: the state after a complete epoch is saved.
        TrainingError: a loss is not finite; the message names the patients of that batch.
    """
    config = stage.config
    optimiser = _optimiser(model, config)
    steps_an_epoch = max(1, round(len(patients) / config.batch_size))
    done = _restore(model, optimiser, stage.checkpoints)
    stage.on_resume(done)
    saved_at = time.monotonic()
    for epoch in range(done, config.epochs):
        started = time.monotonic()
        seed = (stage.seed, ("pretrain", "finetune").index(stage.name), stage.fold + 1, epoch)
        torch.manual_seed(hash_seed(seed))
        model.train()
        sums: dict[str, float] = defaultdict(float)
        for step, names in enumerate(shuffled_batches(patients, config.batch_size, seed)):
            if stage.should_stop():
                if step == 0:  # a part of an epoch is not kept: it could not be repeated bit for bit
                    _save(model, optimiser, stage.checkpoints, epoch)
                raise StopRequested
            rate = learning_rate(config, epoch * steps_an_epoch + step, config.epochs * steps_an_epoch)
            losses = stage.losses(model, data.batch(names).to(device))
            _check_finite(losses["total"], names, stage, epoch)
            _step(model, optimiser, losses["total"], rate, config.clip_norm)
            for name, value in losses.items():
                sums[name] += value.item() * len(names) / len(patients)
        row = {**sums, "learning_rate": rate, "seconds": time.monotonic() - started}
        stage.on_epoch(epoch, row, model)
        if epoch + 1 == config.epochs or time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            _save(model, optimiser, stage.checkpoints, epoch + 1)
            saved_at = time.monotonic()


def learning_rate(config: OptimiserConfig, step: int, steps: int) -> float:
    """Linear warm-up over the first share of the steps, then constant or a cosine down to zero."""
    warmup = config.warmup * steps
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1))) / 2


def hash_seed(parts: Sequence[int]) -> int:
    """One 63-bit seed from several numbers, far apart for neighbours (Fowler-Noll-Vo over the parts)."""
    value = 0xCBF29CE484222325
    for part in parts:
        value = ((value ^ part) * 0x100000001B3) % 2**64
    return value >> 1


def _optimiser(model: nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)


def _check_finite(loss: Tensor, patients: Sequence[str], stage: Stage, epoch: int) -> None:
    if not torch.isfinite(loss):
        raise TrainingError(
            f"The loss became {loss.item()} in {stage.name} of fold {stage.fold}, epoch {epoch}, with patients "
            f"{', '.join(patients)}. The last good state is kept. Lower the learning rate or look at their data."
        )


def _step(model: Pomp, optimiser: torch.optim.Optimizer, loss: Tensor, rate: float, clip_norm: float | None) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimiser.step()


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter once, by name; a shared one under its first name."""
    return dict(model.named_parameters())


def load_weights(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy tensors into the parameters of the same names, all of them."""
    with torch.no_grad():
        for name, parameter in weights(model).items():
            parameter.copy_(tensors[name])


def _save(model: Pomp, optimiser: torch.optim.Optimizer, store: CheckpointStore, epoch: int) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in weights(model).items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in state.items()}
    store.save(epoch, tensors)


def _restore(model: Pomp, optimiser: torch.optim.Optimizer, store: CheckpointStore) -> int:
    checkpoint = store.load()
    if checkpoint is None:
        return 0
    for damage in checkpoint.skipped:
        log.warning("A damaged checkpoint was passed over for the one before, %s", damage)
    found = checkpoint.tensors
    load_weights(model, {name: found[f"model.{name}"] for name in weights(model)})
    state: dict[int, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in found.items():
        kind, _, rest = key.partition(".")
        if kind == "optimiser":
            index, _, name = rest.partition(".")
            state[int(index)][name] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": dict(state)})
    return checkpoint.epoch
