"""How long each stage of a run takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pomp.config import OptimiserConfig, RunConfig
from pomp.model.flops import PASSES
from pomp.runs.fold_division import FoldCost, folds_at_a_time, process_bytes
from pomp.runs.forecast.footprint import Footprint
from pomp.runs.forecast.machine import Machine
from pomp.runs.forecast.memory import plan_memory, split_step
from pomp.runs.forecast.result import StageTime
from pomp.runs.forecast.work import embedding_flops, occlusion_flops, pretraining_flops, risk_flops
from pomp.runs.forecast.workload import Workload

CUT_SECONDS = 0.0011
"""A region of a slide with a JPEG pyramid on one core, tissue and HDF5 included: 41 took 0.0447 s (`pomp bench`)."""

FLAT_SECONDS = 0.036
"""The same where a slide has one level alone: 4 took 0.143 s."""

VALUE_SECONDS = 4.1e-7
"""Choosing genes, a value: 602 patients × 12,503 genes took 3.1 s on two cores."""

COUNT_SECONDS = 1.3e-5
"""DESeq2, a count: 374 patients × 20,000 genes took 97 s on two cores."""

READ_RATE = 1e9
"""Bytes a second at which regions that nothing keeps are taken to come from their files."""

LINK_RATE = 1e10
"""Bytes a second that devices of one run are taken to exchange."""

_FLOAT32 = 4
_EXCHANGES = 2  # weights and their gradients, embeddings and theirs


@dataclass(frozen=True)
class Situation:
    """All that decides the time."""

    config: RunConfig
    workload: Workload
    machine: Machine
    footprint: Footprint
    devices: int

    @property
    def types(self) -> int:
        return len(self.workload.genes)

    @property
    def training(self) -> int:
        """Patients of a training fold."""
        return round(self.workload.patients * (self.config.folds - 1) / self.config.folds)

    @property
    def pretraining(self) -> int:
        """Patients who are pre-trained on at a time."""
        return self.workload.patients if self.config.rules.pretraining == "all" else self.training

    def largest_step(self) -> int:
        """Patients in the largest step."""
        config = self.config
        found = [step_patients(config.finetune, self.training)]
        if config.pretrain.epochs:
            found.append(step_patients(config.pretrain, self.pretraining))
        return math.ceil(max(found))

    def epoch_seconds(self, stage: OptimiserConfig, patients: int, flops: float, step_seconds: float) -> float:
        """One pass over so many patients.

        The devices share the ViT; one of them does the rest. The slowest has the most parts.

        Args:
            flops: of a patient's forward pass beyond the ViT.
            step_seconds: of a step however small.
        """
        machine, footprint, width = self.machine, self.footprint, self.config.model.width
        batch = step_patients(stage, patients)
        regions = math.ceil(batch * self.workload.regions)
        parts = split_step(regions, machine, footprint, self.devices)
        own = regions * parts.own / max(parts.total, 1)
        shared = own * parts.passes * embedding_flops(self.config, self.workload.features) / machine.pace.embedding
        alone = step_seconds + PASSES * batch * flops / machine.pace.rest
        numbers = footprint.embedding_parameters + regions * width
        exchanged = _EXCHANGES * _FLOAT32 * numbers / LINK_RATE if self.devices > 1 and regions else 0.0
        memory = plan_memory(self.config, self.workload, math.ceil(batch), machine, footprint, self.devices)
        read = memory.from_files * patients / self.workload.patients / READ_RATE
        return max(patients / batch * (shared + alone + exchanged), read)

    def rounds(self, times: int) -> int:
        """In how many rounds so many folds are done."""
        return math.ceil(times / self.at_a_time)

    @property
    def at_a_time(self) -> int:
        """Folds that are worked on side by side, as the worker decides it."""
        if not self.machine.cores:
            return 1
        config, folds = self.config, self.config.folds
        pretraining = _pretraining_seconds(self) if config.rules.pretraining == "training" else 0.0
        cost = FoldCost(
            seconds=pretraining + _finetuning_seconds(self),
            memory=process_bytes(self.workload.patients * sum(self.workload.genes)),
            matrix_bound=False,
        )
        return folds_at_a_time(cost, "cpu", self.machine.cores, self.machine.memory, folds)


def step_patients(stage: OptimiserConfig, patients: int) -> float:
    """Patients of a step, on average, as training makes near-equal batches."""
    return patients / stage.steps(patients)


def stage_times(now: Situation) -> Iterator[StageTime]:
    """Every stage that the run has, in its order."""
    if now.workload.uncut:
        seconds = now.workload.uncut * CUT_SECONDS
        yield StageTime(name="prepare", times=1, seconds=seconds, work=f"{now.workload.uncut:,} regions to be cut")
    if now.types:
        yield _selection(now)
    if now.config.pretrain.epochs:
        yield _pretraining(now)
    yield _finetuning(now)
    yield _reading(now)


def _selection(now: Situation) -> StageTime:
    once = now.config.rules.selection == "all"
    patients, times = (now.workload.patients, 1) if once else (now.training, now.config.folds)
    seconds = patients * (VALUE_SECONDS * sum(now.workload.genes) + COUNT_SECONDS * sum(now.workload.counts))
    work = f"{patients:,} patients × {sum(now.workload.genes):,} genes"
    return StageTime(name="select", times=times, seconds=times * seconds, work=work)


def _pretraining(now: Situation) -> StageTime:
    times = 1 if now.config.rules.pretraining == "all" else now.config.folds
    work = _training_work(now, now.config.pretrain.epochs, now.pretraining)
    seconds = now.rounds(times) * _pretraining_seconds(now)
    return StageTime(name="pretrain", times=times, seconds=seconds, work=work)


def _pretraining_seconds(now: Situation) -> float:
    """Of one pre-training."""
    stage, flops = now.config.pretrain, pretraining_flops(now.config, now.workload.regions, now.types)
    return stage.epochs * now.epoch_seconds(stage, now.pretraining, flops, now.machine.pace.pretrain_step)


def _finetuning(now: Situation) -> StageTime:
    folds = now.config.folds
    work = _training_work(now, now.config.finetune.total_epochs, now.training)
    return StageTime(name="finetune", times=folds, seconds=now.rounds(folds) * _finetuning_seconds(now), work=work)


def _finetuning_seconds(now: Situation) -> float:
    """Of one fold."""
    stage, flops = now.config.finetune, risk_flops(now.config, now.workload.regions, now.types)
    epoch = now.epoch_seconds(stage, now.training, flops, now.machine.pace.finetune_step)
    if now.config.rules.epoch == "best_on_test":
        epoch += _risk_seconds(now) * now.workload.patients / now.config.folds
    return stage.total_epochs * epoch


def _reading(now: Situation) -> StageTime:
    """In each fold the risks of all patients; over all folds, the maps of each patient once; all by each member."""
    patients, folds, regions = now.workload.patients, now.config.folds, now.workload.regions
    maps = occlusion_flops(now.config, regions, now.types) / now.machine.pace.rest
    one_by_one = patients * ((folds + bool(regions)) * _risk_seconds(now) + maps)
    seconds = now.config.finetune.members * one_by_one * now.rounds(folds) / folds
    work = f"risks of {patients:,} patients" + (", maps of the test patients" if regions else "")
    return StageTime(name="explain", times=folds, seconds=seconds, work=work)


def _risk_seconds(now: Situation) -> float:
    """A patient's risk, without gradients."""
    regions, pace = now.workload.regions, now.machine.pace
    seen = regions * embedding_flops(now.config, now.workload.features) / pace.embedding
    return seen + risk_flops(now.config, regions, now.types) / pace.rest


def _training_work(now: Situation, epochs: int, patients: int) -> str:
    regions = f" × {now.workload.regions:,.3g} regions" if now.workload.regions else ""
    return f"{epochs:,} epochs × {patients:,} patients{regions}"
