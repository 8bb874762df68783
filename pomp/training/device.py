"""Where tensors live, in which precision, and how much of the memory there training may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch

from pomp.config import DeviceName, RunConfig
from pomp.errors import ConfigError
from pomp.memory import free_bytes
from pomp.model.flops import region_flops

WORK_SHARE = {"cuda": 0.5, "mps": 0.3, "cpu": 0.3}
"""Share of the free memory for activations and what comes with them; on the CPU and on MPS others need some too."""

REGIONS_SHARE = {"cuda": 0.4, "mps": 0.2, "cpu": 0.3}
"""Share of it for regions that stay where they were read."""

_FLOPS_AT_ONCE = {"cuda": 2**41, "mps": 2**36, "cpu": 2**35}
"""Of one forward pass of the ViT: enough to keep the device busy, and on the CPU little enough for its caches."""

_FLOPS_A_BYTE = 84
"""On CUDA, of that pass for each byte that training may take: its activations are then a quarter of the memory."""

_MOST_AT_ONCE = 2**14  # regions in one pass, however small
_WORTH_BFLOAT16 = 10**8  # operations a region below which conversions cost more than they save

_SAVED = {"cuda": 4e-15, "mps": 0.0, "cpu": 0.0}
"""Seconds that compiling saves a region and an operation of its forward pass: a third in a trial on an H200, nothing on
the CPU (`pomp bench train`)."""

_WORTH_COMPILING = 120.0  # seconds: about three times what it takes

_UNKNOWN = 4 * 2**30  # bytes taken to be free where nobody tells


def pick_device(wanted: DeviceName = "auto") -> torch.device:
    """The wanted device, or for `auto` the best there is.

    Raises:
        ConfigError: the wanted device is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, available in there.items() if available))
    if not there[wanted]:
        found = ", ".join(name for name, available in there.items() if available)
        raise ConfigError(f"Device '{wanted}' is not available here; found: {found}. Choose one of these, or auto.")
    return torch.device(wanted)


@dataclass(frozen=True)
class Compute:
    """How the work is done. It decides time and memory, and of the numbers the last digits.

    Dropout and flips draw anew for each part, and each kind of device draws in its own way: where there are any, the
    same seed is another draw on another device, or with another size of the parts.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32  # of the ViT's matrix products; the weights are always float32
    memory: int = _UNKNOWN  # bytes that training may take on the device, beyond the weights
    part: int = 16  # regions in one pass of the ViT
    compiled: bool = False  # whether passes over `part` regions are compiled

    def autocast(self) -> AbstractContextManager[object]:
        """For the ViT alone: the rest is 0.4 % of the work, and its losses want their digits."""
        return nullcontext() if self.dtype == torch.float32 else torch.autocast(self.device.type, self.dtype)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around a step of training. On CUDA, beside a ViT in bfloat16, the products of the rest have eleven bits.

        In float32 proper these 0.4 % of the work would take a tenth of the time.
        """
        before = torch.get_float32_matmul_precision()
        if self.device.type == "cuda" and self.dtype == torch.bfloat16:
            torch.set_float32_matmul_precision("high")  # TF32
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


def plan_compute(
    device: torch.device,
    config: RunConfig,
    features: int | None = None,
    regions: int = 0,
    memory_gb: float | None = None,
) -> Compute:
    """What suits a device and a model.

    Args:
        features: F, where regions are features in place of pixels.
        regions: of all patients: many passes over them pay for compiling the ViT.
        memory_gb: most that training may take; None: a good part of what is free.

    Raises:
        ConfigError: bfloat16 is wanted where there is none.
    """
    flops = _flops(config, features)
    fast = _multiplies_bfloat16(device)
    if config.precision == "bf16" and not fast and device.type != "cpu":
        raise ConfigError(f"This {device.type} device has no bfloat16. Choose the precision fp32, or auto.")
    dtype = torch.bfloat16 if chooses_bfloat16(config, features, fast) else torch.float32
    share = WORK_SHARE[device.type]
    limit = free_device_bytes(device) * share if memory_gb is None else memory_gb * 2**30
    whole = limit
    if memory_gb is None and device.type == "cuda":
        # Of all memory, not of what is free: the parts of a batch decide what its dropout draws.
        whole = total_cuda_bytes(device) * share
    part = part_size(config, features, device.type, whole)
    saved = regions * (config.pretrain.epochs + config.finetune.total_epochs) * flops * _SAVED[device.type]
    return Compute(device, dtype, int(limit), part, compiled=saved > _WORTH_COMPILING)


def chooses_bfloat16(config: RunConfig, features: int | None, fast: bool) -> bool:
    """Whether the ViT's products are bfloat16 on a device that is `fast` at it, or is not."""
    pays = fast and _flops(config, features) >= _WORTH_BFLOAT16
    return config.precision == "bf16" or (config.precision == "auto" and pays)


def part_size(config: RunConfig, features: int | None, kind: str, memory: float) -> int:
    """Regions in one pass of the ViT on a device of that kind (cuda, mps, cpu).

    Args:
        memory: bytes that training may take. A CPU's passes are small against any.
    """
    most = _FLOPS_AT_ONCE[kind] if kind != "cuda" else min(_FLOPS_AT_ONCE[kind], int(_FLOPS_A_BYTE * memory))
    return min(_MOST_AT_ONCE, max(1, most // _flops(config, features)))


def _flops(config: RunConfig, features: int | None) -> int:
    """Of a region's forward pass; features go through one layer, which is next to nothing."""
    return region_flops(config) if features is None else 1


def room_for_regions(device: torch.device) -> dict[torch.device, int]:
    """Bytes in which regions may stay: on the device, and for what does not fit there, on the CPU."""
    places = dict.fromkeys([device, torch.device("cpu")])
    return {place: int(free_device_bytes(place) * REGIONS_SHARE[place.type]) for place in places}


def free_device_bytes(device: torch.device) -> int:
    """Bytes that nobody uses now; of the machine's own memory, the part of this one of a team's processes on it."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    free = free_bytes()
    return (_UNKNOWN if free is None else free) // _processes_here()


def total_cuda_bytes(device: torch.device) -> int:
    """Bytes that a CUDA device has, used or not."""
    return torch.cuda.get_device_properties(device).total_memory


def _processes_here() -> int:
    """Of the team that torchrun started, on this machine; 1 for a process that is alone."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # On other processors bfloat16 is emulated, and slower than float32.
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())  # no public function tells it
