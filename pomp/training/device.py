"""Where tensors live: CUDA, MPS or CPU."""

from __future__ import annotations

from typing import Literal

import torch

from pomp.errors import ConfigError

DeviceName = Literal["auto", "cuda", "mps", "cpu"]


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
