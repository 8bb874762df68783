"""Places to work on this machine: one a GPU, or one for the CPU, which the folds of one run fill side by side."""

from __future__ import annotations

import os
import subprocess
import sys

CPU = "cpu"


def find_slots() -> tuple[str, ...]:
    """Names for CUDA_VISIBLE_DEVICES, one a GPU that this process may use; or `cpu` (also where there is MPS).

    GPUs are counted in a process of its own: torch takes memory, and would stay in this one.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and not visible.strip():
        return (CPU,)
    command = [sys.executable, "-P", "-c", "import torch; print(torch.cuda.device_count())"]
    count = int(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    names = [str(index) for index in range(count)] if visible is None else visible.split(",")
    return tuple(name.strip() for name in names[:count]) or (CPU,)


def slot_environment(slot: str) -> dict[str, str]:
    """This process's environment, with only the slot's GPU to be seen."""
    return dict(os.environ) | ({} if slot == CPU else {"CUDA_VISIBLE_DEVICES": slot})
