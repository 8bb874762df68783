"""Devices that a run may be planned for without being at hand: their makers' figures, and what is assumed of them."""

from __future__ import annotations

from dataclasses import dataclass

from pomp.errors import ConfigError

THIS = "this"
"""In place of a name: the device on which `pomp` runs here, measured."""

ASSUMED = 0.45
"""Share of a device's peak rate that training is taken to reach where nobody has measured it."""


@dataclass(frozen=True)
class Accelerator:
    """Peak rates of dense matrix products with sums in float32, as the maker states them."""

    title: str
    bfloat16: float | None  # FLOP/s; None where it has none
    float32: float  # FLOP/s, without TF32
    memory: int  # bytes
    reached: float = ASSUMED  # share of the bfloat16 rate that the ViT reaches in training
    source: str = ""  # who measured that; empty: nobody


def _gpu(
    title: str, bfloat16: float | None, float32: float, gigabytes: int, reached: float = ASSUMED, source: str = ""
) -> Accelerator:
    fast = None if bfloat16 is None else bfloat16 * 1e12
    return Accelerator(title, fast, float32 * 1e12, gigabytes * 10**9, reached, source)


_TRIAL = "in a trial on an H200 a region of the paper's size took about 20 µs, forward and backward"

ACCELERATORS = {
    "h100": _gpu(
        "NVIDIA H100 SXM, 80 GB", 989, 67, 80, 0.28,
        f"{_TRIAL}; two fifths of that wait for memory, which is 1.4 times as fast as an H100's",
    ),
    "h200": _gpu("NVIDIA H200, 141 GB", 989, 67, 141, 0.33, _TRIAL),
    "a100-80": _gpu("NVIDIA A100, 80 GB", 312, 19.5, 80),
    "a100-40": _gpu("NVIDIA A100, 40 GB", 312, 19.5, 40),
    "l40s": _gpu("NVIDIA L40S, 48 GB", 362, 91.6, 48),
    "l4": _gpu("NVIDIA L4, 24 GB", 121, 30.3, 24),
    "t4": _gpu("NVIDIA T4, 16 GB", None, 8.1, 16),
    "rtx4090": _gpu("NVIDIA RTX 4090, 24 GB", 165, 82.6, 24),
    "rtx3090": _gpu("NVIDIA RTX 3090, 24 GB", 71, 35.6, 24),
}  # fmt: skip
"""By the name that `--device` takes."""


def find_accelerator(name: str) -> Accelerator:
    """The device of that name.

    Raises:
        ConfigError: it is not in the table.
    """
    if name not in ACCELERATORS:
        raise ConfigError(
            f"Nothing is known of a device '{name}'. Choose one of {', '.join(ACCELERATORS)}, or '{THIS}' to measure "
            "the one at hand."
        )
    return ACCELERATORS[name]
