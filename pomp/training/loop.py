"""The training loop that both stages share: epochs, batches, checkpoints, and a stop that loses no finished epoch."""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from pomp.config import OptimiserConfig
from pomp.errors import TrainingError
from pomp.memory import peak_bytes
from pomp.model import SurvivalModel
from pomp.training.batches import Batch, PatientData, read_ahead, shuffled_batches
from pomp.training.checkpoint import CheckpointStore
from pomp.training.device import Compute
from pomp.training.embedding import Embedding, PartwiseEmbedding
from pomp.training.fold_names import fold_words
from pomp.training.seeds import hash_seed
from pomp.training.tally import Bad, Losses, Tally, task_patients
from pomp.training.team import Team, TeamEmbedding

TrainedStage = Literal["pretrain", "finetune"]
StepLosses = Callable[[Any, Batch, Tensor], Losses]
"""The losses of a batch, by a model of the kind that they are made for, from the batch's region embeddings (R, d)."""

log = logging.getLogger(__name__)

_LOSSES = -1  # in place of a part's number in the seed

CHECKPOINT_SECONDS = 10.0
"""Epochs shorter than this share a checkpoint: saving must not cost more than what it saves."""


class StopRequested(Exception):  # noqa: N818 - it is a request, not an error
    """The user asked to stop. What is finished is saved; what was begun, an epoch at most, is done again."""


@dataclass(frozen=True)
class Stage:
    """One stage on one fold: what is minimised on whom, and where its state is kept."""

    name: TrainedStage
    fold: int  # ALL_PATIENTS where the stage does not belong to one fold
    seed: int
    config: OptimiserConfig
    losses: StepLosses
    checkpoints: CheckpointStore
    on_resume: Callable[[int], None]  # epochs already done
    on_epoch: Callable[[int, dict[str, float], SurvivalModel], None]  # epoch, its metrics, the model
    should_stop: Callable[[], bool]


def train(
    model: SurvivalModel,
    data: PatientData,
    patients: Sequence[str],
    stage: Stage,
    compute: Compute,
    team: Team | None = None,
) -> None:
    """Train in place, from the newest checkpoint if there is one.

    Every step seeds the generators afresh from (seed, stage, fold, epoch, step), so a resumed run repeats a run that
    was never stopped, bit for bit on the CPU.

    Args:
        team: whose other members have been told to begin; this process leads it.

    Raises:
        StopRequested: the state after the last complete epoch is saved.
        TrainingError: a loss is not finite; the message names the patients of that batch. That state is saved, too.
    """
    config = stage.config
    optimiser = _optimiser(model, config)
    embedding = _embedding(model, compute, team)
    steps_an_epoch = config.steps(len(patients))
    done = _restore(model, optimiser, stage.checkpoints)
    stage.on_resume(done)
    saved_at = time.monotonic()
    unsaved: dict[str, Tensor] = {}  # the state before the epoch that is under way, where no file has it
    for epoch in range(done, config.epochs):
        started = time.monotonic()
        seed = (stage.seed, ("pretrain", "finetune").index(stage.name), stage.fold + 1, epoch)
        model.train()
        tally, regions = Tally(compute.device), 0
        batches = read_ahead(data, shuffled_batches(patients, steps_an_epoch, seed), compute.device)
        with _kept(unsaved, epoch, stage), closing(batches):
            for step, (names, batch) in enumerate(batches):
                if stage.should_stop():
                    raise StopRequested
                regions += len(batch.coordinates)
                rate = learning_rate(config, epoch * steps_an_epoch + step, config.epochs * steps_an_epoch)
                optimiser.zero_grad(set_to_none=True)
                terms = backpropagate(model, batch, stage.losses, embedding, (*seed, step))
                _check(tally.add(names, terms, task_patients(batch)), stage, epoch)
                _update(model, optimiser, rate, config.clip_norm)
            _check(tally.first_bad(), stage, epoch)
        row = {**tally.means(), "learning_rate": rate, **_effort(compute.device, regions, time.monotonic() - started)}
        stage.on_epoch(epoch, row, model)
        if epoch + 1 == config.epochs or time.monotonic() - saved_at > CHECKPOINT_SECONDS:
            stage.checkpoints.save(epoch + 1, _state(model, optimiser))
            saved_at, unsaved = time.monotonic(), {}
        else:
            unsaved = {name: tensor.detach().clone() for name, tensor in _state(model, optimiser).items()}


@contextmanager
def _kept(unsaved: dict[str, Tensor], epoch: int, stage: Stage) -> Iterator[None]:
    """The state before an epoch is saved where the epoch is stopped or a loss goes wrong, if no file has it.

    What the epoch itself has done is not kept: it could not be repeated bit for bit.
    """
    try:
        yield
    except (StopRequested, TrainingError):
        if unsaved:
            stage.checkpoints.save(epoch, unsaved)
        raise


def _effort(device: torch.device, regions: int, seconds: float) -> dict[str, float]:
    """What an epoch took: seconds, regions_per_second where there are regions, and memory_gb where it is known.

    The memory is the most that was held at once so far: by tensors on a GPU (CUDA), otherwise by the process.
    """
    effort = {"seconds": seconds}
    if regions:
        effort["regions_per_second"] = regions / seconds
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_bytes()
    return effort if peak is None else effort | {"memory_gb": peak / 1e9}


def backpropagate(
    model: SurvivalModel, batch: Batch, losses: StepLosses, embedding: Embedding, seed: tuple[int, ...]
) -> Losses:
    """The losses of a batch; its gradients become those of the model's parameters, which had none.

    The device is not waited for. Where memory is short after all, less is kept and the step begins again.

    Args:
        embedding: of the model's regions.
        seed: of dropout and of every draw of the losses.

    Raises:
        TrainingError: memory is short although nothing is kept that can be computed twice.
    """
    while True:
        try:
            with embedding.compute.step():
                embedded = embedding.forward(batch, seed)
                torch.manual_seed(losses_seed(seed))
                terms = losses(model, batch, embedded)
                torch.autograd.backward(terms["total"])
                embedding.backward(embedded.grad)
            return {name: term.detach() for name, term in terms.items()}
        except torch.OutOfMemoryError as error:
            if not embedding.shrink():
                raise TrainingError(
                    f"The memory of the device does not hold a batch of {len(batch.patients)} patients with "
                    f"{len(batch.coordinates)} regions. Lower batch_size, or sample regions with slides.max_regions."
                ) from error
        model.zero_grad(set_to_none=True)


def losses_seed(seed: tuple[int, ...]) -> int:
    """Of what the losses draw in the step of that seed."""
    return hash_seed((*seed, _LOSSES))


def learning_rate(config: OptimiserConfig, step: int, steps: int) -> float:
    """Linear warm-up over the first share of the steps, then constant or a cosine down to zero."""
    warmup = config.warmup * steps
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1))) / 2


def _embedding(model: SurvivalModel, compute: Compute, team: Team | None) -> Embedding:
    module = model.embedding
    if team is None or model.modalities == "omics":  # without regions there is nothing to share
        return PartwiseEmbedding(module, model.width, compute)
    return TeamEmbedding(team, PartwiseEmbedding(module, model.width, compute, team.share), module)


def _optimiser(model: nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)


def _check(bad: Bad | None, stage: Stage, epoch: int) -> None:
    if bad is not None:
        raise TrainingError(
            f"The loss became {bad.loss} in {stage.name} of {fold_words(stage.fold)}, epoch {epoch + 1}, with patients "
            f"{', '.join(bad.patients)}. The last good state is kept. Lower the learning rate or look at their data."
        )


def _update(model: SurvivalModel, optimiser: torch.optim.Optimizer, rate: float, clip_norm: float | None) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    optimiser.step()
    model.keep_within_limits()


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Every parameter once, by name; a shared one under its first name."""
    return dict(model.named_parameters())


def load_weights(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy tensors into the parameters of the same names, all of them."""
    with torch.no_grad():
        for name, parameter in weights(model).items():
            parameter.copy_(tensors[name])


def _state(model: SurvivalModel, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    tensors = {f"model.{name}": tensor for name, tensor in weights(model).items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in state.items()}
    return tensors


def _restore(model: SurvivalModel, optimiser: torch.optim.Optimizer, store: CheckpointStore) -> int:
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
