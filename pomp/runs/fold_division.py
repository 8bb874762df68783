"""How many folds of a run go side by side, and with how many threads each.

Measured on two cores: the steps of a small model keep one core busy, and a second thread makes them hardly faster or,
where something else runs, several times slower; the products of a large ViT share out over threads, so that side by
side gains nothing and takes twice the memory. Sums are rounded in another order with another number of threads, which
training carries on to the last digits of a risk (`pomp bench train`); how many folds go at a time changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from threadpoolctl import threadpool_limits

from pomp.config import RunConfig
from pomp.model.flops import PASSES, region_flops
from pomp.runs.company import Company
from pomp.training.bank import RegionBank

START_SECONDS = 8.0
"""What going side by side costs: a process imports everything anew, once; the folds' processes are its forks."""

_MATRIX_BOUND = 10**8
"""Operations of the ViT a region from which matrix products are what takes the time, and use all threads well."""

PROCESS_BYTES = 2**30
"""A process with all that it imports, 0.4 GiB, and the least that training needs to work in."""

_COPIES = 3
"""Of a cohort's values in a process: the tables, what the model reads, and what the plain models read."""

_FLOAT64 = 8

_FREE = 0.8
"""Share of the free memory that all processes may take together."""

_STEP_SECONDS = 0.02
"""A step on one thread, before any region: measured on omics alone."""

_FLOPS_A_SECOND = 3e10
"""Of one thread, on products as small as these."""


@dataclass(frozen=True)
class FoldCost:
    """What a fold takes, roughly."""

    seconds: float  # of training on one thread
    memory: int  # bytes of a process
    matrix_bound: bool


@dataclass(frozen=True)
class Division:
    """Folds at a time, and threads of each."""

    folds: int
    threads: int


def is_matrix_bound(config: RunConfig, features: int | None) -> bool:
    """Whether the ViT's products take the time, which use all cores."""
    return _pixel_flops(config, features) >= _MATRIX_BOUND


def process_bytes(values: int) -> int:
    """Memory of a process that works on a fold of cohorts with so many values of omics."""
    return PROCESS_BYTES + _COPIES * _FLOAT64 * values


def _pixel_flops(config: RunConfig, features: int | None) -> int:
    """Of the ViT, a region; 0 where no pixels are read."""
    return region_flops(config) if config.model.modalities != "omics" and features is None else 0


def fold_cost(config: RunConfig, company: Company, bank: RegionBank) -> FoldCost:
    """From the sizes of the cohorts and of the model."""
    flops = _pixel_flops(config, bank.features)
    regions = bank.count / len(company.outcome)  # a patient
    tuned = len(company.own.splits.folds[0].train)
    seconds = 0.0
    for stage, epochs, patients in (
        (config.pretrain, config.pretrain.epochs, len(company.pretraining(0))),
        (config.finetune, config.finetune.total_epochs, tuned),
    ):
        work = PASSES * flops * regions * patients / _FLOPS_A_SECOND
        seconds += epochs * (stage.steps(patients) * _STEP_SECONDS + work)
    cohorts = [member.cohort for member in company.members]
    values = sum(table.values.size for cohort in cohorts for table in cohort.omics.values())
    return FoldCost(seconds, process_bytes(values), is_matrix_bound(config, bank.features))


def folds_at_a_time(cost: FoldCost, device: str, cores: int, free: int | None, folds: int) -> int:
    """How many of `folds` folds to work on side by side, where nobody says.

    On a GPU they go one after another: whether several processes gain there depends on how the GPU is shared, which can
    forbid them, and was not measured.

    Args:
        cost: of one fold.
        device: its type, such as `cpu`.
        cores: threads that may compute at the same time.
        free: bytes of memory; None: unknown, and taken to be enough for two.
    """
    if device != "cpu" or cost.matrix_bound:
        return 1
    room = 2 if free is None else int(free * _FREE) // cost.memory
    most = max(1, min(folds, cores, room))
    spared = folds - math.ceil(folds / most)
    return most if spared * cost.seconds > START_SECONDS else 1


def divide(folds: int, cores: int, begun: int | None = None) -> Division:
    """Threads for at most so many folds at a time.

    Args:
        begun: threads with which the run has begun, and goes on, with fewer folds at a time if need be; None: it has
            not.
    """
    threads = max(1, cores // folds) if begun is None else min(begun, cores)
    return Division(min(folds, cores // threads), threads)


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Matrix products and all of torch have so many threads during the block.

    Trees are not limited, which are the same with any number of threads.
    """
    before = torch.get_num_threads()
    try:
        with threadpool_limits(threads):
            torch.set_num_threads(threads)
            yield
    finally:  # after the limits, which also count torch's threads
        torch.set_num_threads(before)
