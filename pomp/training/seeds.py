"""One seed from several numbers."""

from __future__ import annotations

from collections.abc import Sequence


def hash_seed(parts: Sequence[int]) -> int:
    """63 bits from several numbers, far apart for neighbours (Fowler-Noll-Vo over the parts)."""
    value = 0xCBF29CE484222325
    for part in parts:
        value = ((value ^ part) * 0x100000001B3) % 2**64
    return value >> 1
