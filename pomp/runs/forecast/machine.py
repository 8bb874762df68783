"""A device as training will find it: how fast, how much memory, and what of it training may take."""

from __future__ import annotations

import torch

from pomp.config import Frozen, RunConfig
from pomp.errors import ConfigError
from pomp.runs.fold_division import divide, is_matrix_bound, limited_threads
from pomp.runs.forecast.accelerators import ASSUMED, THIS, Accelerator, find_accelerator
from pomp.runs.forecast.calibration import Pace, measure_pace
from pomp.runs.forecast.workload import Workload
from pomp.training.device import (
    REGIONS_SHARE,
    WORK_SHARE,
    chooses_bfloat16,
    free_device_bytes,
    part_size,
    pick_device,
    plan_compute,
    room_for_regions,
)
from pomp.wording import percent

HOST_BYTES = 64 * 10**9
"""Memory taken to be free beside a device that is not at hand."""

PRETRAIN_STEP, FINETUNE_STEP = 0.01, 0.005
"""Seconds of a step however small, taken for devices that are not at hand: their work is started from Python."""


class Machine(Frozen):
    """One device and the memory beside it."""

    name: str
    bfloat16: bool  # in the ViT's products
    memory: int  # bytes free on the device
    work: int  # of these, what training may take for activations
    on_device: int  # what regions may take there
    on_host: int  # and in the memory beside it
    part: int  # regions in one pass of the ViT
    cores: int  # that may share the folds of a small model; 0 where folds go one after another
    pace: Pace
    notes: tuple[str, ...]  # where the figures come from

    @property
    def dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.bfloat16 else torch.float32


def find_machine(name: str, config: RunConfig, workload: Workload) -> Machine:
    """The device of that name; `this` is measured, which takes a few seconds.

    Raises:
        ConfigError: nothing is known of it, or it lacks the wanted precision.
    """
    if name == THIS:
        return measure_machine(config, workload)
    return expect_machine(find_accelerator(name), config, workload.features)


def measure_machine(config: RunConfig, workload: Workload) -> Machine:
    """The device on which training would run here and now, with other work on it as it is."""
    device = pick_device()
    compute = plan_compute(device, config, workload.features)
    rooms = room_for_regions(device)
    cores = torch.get_num_threads()
    shares = device.type == "cpu" and not is_matrix_bound(config, workload.features)
    with limited_threads(divide(config.folds, cores).threads if shares else cores):
        pace = measure_pace(config, compute, len(workload.genes), workload.features)
    what = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{cores} cores"
    return Machine(
        name=f"this machine ({what if device.type != 'mps' else 'MPS'})",
        bfloat16=compute.dtype == torch.bfloat16,
        memory=free_device_bytes(device),
        work=compute.memory,
        on_device=rooms.pop(device),
        on_host=sum(rooms.values()),
        part=compute.part,
        cores=cores if shares else 0,
        pace=pace,
        notes=(
            "Speed: steps of this model were timed on this machine just now, the fastest of a few: other work beside "
            "the run makes it slower. Memory: what is free now.",
        ),
    )


def expect_machine(accelerator: Accelerator, config: RunConfig, features: int | None) -> Machine:
    """An accelerator from its maker's figures, sharing its memory as `pomp.training.device` does.

    Raises:
        ConfigError: bfloat16 is wanted where there is none.
    """
    if config.precision == "bf16" and accelerator.bfloat16 is None:
        raise ConfigError(f"{accelerator.title} has no bfloat16. Choose the precision fp32, or auto.")
    half = chooses_bfloat16(config, features, accelerator.bfloat16 is not None)
    fast = accelerator.bfloat16 if half else None
    steady = accelerator.float32 * ASSUMED
    work = int(accelerator.memory * WORK_SHARE["cuda"])
    return Machine(
        name=accelerator.title,
        bfloat16=fast is not None,
        memory=accelerator.memory,
        work=work,
        on_device=int(accelerator.memory * REGIONS_SHARE["cuda"]),
        on_host=int(HOST_BYTES * REGIONS_SHARE["cpu"]),
        part=part_size(config, features, "cuda", work),
        cores=0,
        pace=Pace(
            embedding=steady if fast is None else fast * accelerator.reached,
            rest=steady,
            pretrain_step=PRETRAIN_STEP,
            finetune_step=FINETUNE_STEP,
        ),
        notes=_expectations(accelerator, fast),
    )


def _expectations(accelerator: Accelerator, fast: float | None) -> tuple[str, ...]:
    peak = accelerator.float32 if fast is None else fast
    precision = "float32" if fast is None else "bfloat16"
    measured = fast is not None and accelerator.source
    share = accelerator.reached if measured else ASSUMED
    reason = accelerator.source if measured else "assumed, not measured"
    return (
        f"Speed of the ViT: {percent(share)} of the {peak / 1e12:g} TFLOP/s in {precision} that the maker of "
        f"{accelerator.title} states ({reason}).",
        f"Speed of the rest: {percent(ASSUMED)} of {accelerator.float32 / 1e12:g} TFLOP/s in float32, and "
        f"{PRETRAIN_STEP:g} s a step of pre-training, {FINETUNE_STEP:g} s of fine-tuning, however small (assumed, not "
        "measured).",
        f"Memory: all {accelerator.memory / 1e9:g} GB of the device are free, and {HOST_BYTES / 1e9:g} GB beside it "
        "(assumed).",
    )
