"""Patients that nobody ever saw, of any size: what is timed before there are real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from pomp.training.batches import Batch


def made_up_batch(
    counts: Sequence[int], shape: Sequence[int], types: int, genes: int, seed: int = 0, measured: bool = True
) -> Batch:
    """Random regions, omics of T types of G genes, and follow-up with distinct times and every other patient's death.

    Args:
        counts: regions of each patient.
        shape: of a region: (side, side, 3) for uint8 pixels, (F,) for float16 features.
        types, genes: T ≥ 1 and G.
        measured: whether anybody has the types.
    """
    generator = torch.Generator().manual_seed(seed)
    patients, places = len(counts), torch.cat([torch.arange(count) for count in counts])
    pixels = np.random.default_rng(seed)  # draws bytes several times faster than torch
    drawn = [torch.from_numpy(pixels.integers(0, 256, (count, *shape), np.uint8)) for count in counts]
    return Batch.of(
        patients=[f"P{number:03d}" for number in range(patients)],
        regions=[own.half() for own in drawn] if len(shape) == 1 else drawn,
        coordinates=torch.stack([places // 12, places % 12], dim=1),
        values=torch.randn(patients, types, genes, generator=generator),
        present=torch.full((patients, types), measured),
        genes=torch.full((patients, types, genes), measured),
        time_days=torch.randperm(patients, generator=generator).float() + 1,
        event=torch.arange(patients) % 2 == 0,
    )
