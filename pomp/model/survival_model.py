"""What every system is to those who train it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from pomp.config import Modalities


class SurvivalModel(nn.Module):
    """Region embeddings and omics in, a risk out; how, is the system's own.

    Regions enter through `embedding` alone, so that it can be applied to them part by part.
    """

    width: int  # d
    modalities: Modalities

    @property
    def embedding(self) -> nn.Module:
        """(R, …) regions → (R, d)."""
        raise NotImplementedError

    def keep_within_limits(self) -> None:  # most systems have no parameter with a limit
        """Put parameters back that a step has taken beyond a limit of theirs; called after every step."""


def log_hazard_layer(width: int) -> nn.Linear:
    """(…, d) → (…, 1) log relative hazard, whose constant stays 0.

    Cox's likelihood is the same whatever is added to all risks. Adam would make steps of full size after the rounding
    of such a constant's gradient, and risks would differ in the third decimal by how many threads have computed them.
    """
    layer = nn.Linear(width, 1)  # with a constant, so that a seed draws the weights that it always drew
    nn.init.zeros_(layer.bias)
    layer.bias.requires_grad_(False)
    return layer


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Models made in the block have the weights of that seed; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
