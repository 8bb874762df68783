"""The losses of an epoch, gathered without waiting for the device that computes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Losses = dict[str, Tensor]
"""The terms of a step by name; `total` is what is minimised."""


@dataclass(frozen=True)
class Bad:
    """A step whose loss is not finite."""

    patients: Sequence[str]
    loss: float


class Tally:
    """Mean losses over the patients of an epoch.

    To read a number from a GPU is to wait for all that it has been given to do. So there the losses are read once, at
    the end of the epoch, which is before anything of it is saved; on the CPU after every step, since it costs nothing.
    """

    def __init__(self, device: torch.device) -> None:
        self._waits = device.type != "cpu"
        self._steps: list[tuple[Sequence[str], Losses]] = []

    def add(self, patients: Sequence[str], losses: Losses) -> Bad | None:
        """Note a step's losses. What is wrong with them, where that is known already."""
        self._steps.append((patients, losses))
        return None if self._waits else _find_bad([(patients, losses["total"].item())])

    def first_bad(self) -> Bad | None:
        """The first step of the epoch whose loss is not finite."""
        totals = torch.stack([losses["total"] for _, losses in self._steps]).tolist()
        return _find_bad(list(zip((patients for patients, _ in self._steps), totals, strict=True)))

    def means(self) -> dict[str, float]:
        """Of each term over the epoch's patients; a step without a term counts as 0 there."""
        terms: dict[str, list[Tensor]] = defaultdict(list)
        everybody = sum(len(patients) for patients, _ in self._steps)
        for patients, losses in self._steps:
            for name, value in losses.items():
                terms[name].append(value * (len(patients) / everybody))
        sums = torch.stack([torch.stack(values).sum() for values in terms.values()]).tolist()
        return dict(zip(terms, sums, strict=True))


def _find_bad(steps: Sequence[tuple[Sequence[str], float]]) -> Bad | None:
    return next((Bad(patients, loss) for patients, loss in steps if not abs(loss) < float("inf")), None)
