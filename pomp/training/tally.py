"""The losses of an epoch, gathered without waiting for the device that computes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pomp.training.batches import Batch

Losses = dict[str, Tensor]
"""The terms of a step by name; `total` is what is minimised."""


_OF_PAIRS = ("poc", "pom", "correlation", "distance", "alignment", "align")
"""Terms of patients with both modalities: of POMP's tasks, and of the systems that it is compared with."""


def task_patients(batch: Batch) -> dict[str, int]:
    """Of how many patients of a batch a term is a mean, where that is not all: not all have what it takes."""
    return {**dict.fromkeys(_OF_PAIRS, len(batch.pairs)), "mom": len(batch.maskable)}


@dataclass(frozen=True)
class Bad:
    """A step whose loss is not finite."""

    patients: Sequence[str]
    loss: float


class Tally:
    """Mean losses of an epoch, each over the patients that it is a mean of.

    To read a number from a GPU is to wait for all that it has been given to do. So there the losses are read once, at
    the end of the epoch, which is before anything of it is saved; on the CPU after every step, since it costs nothing.
    """

    def __init__(self, device: torch.device) -> None:
        self._waits = device.type != "cpu"
        self._steps: list[tuple[Sequence[str], Losses, Mapping[str, int]]] = []

    def add(self, patients: Sequence[str], losses: Losses, counts: Mapping[str, int] | None = None) -> Bad | None:
        """Note a step's losses. What is wrong with them, where that is known already.

        Args:
            counts: of how many of the patients a term is a mean, where it is not one of all.
        """
        self._steps.append((patients, losses, counts or {}))
        return None if self._waits else _find_bad([(patients, losses["total"].item())])

    def first_bad(self) -> Bad | None:
        """The first step of the epoch whose loss is not finite."""
        totals = torch.stack([losses["total"] for _, losses, _ in self._steps]).tolist()
        return _find_bad(list(zip((patients for patients, *_ in self._steps), totals, strict=True)))

    def means(self) -> dict[str, float]:
        """Of each term over all patients that it is a mean of; a step without the term has none of them."""
        terms: dict[str, list[tuple[Tensor, int]]] = defaultdict(list)
        for patients, losses, counts in self._steps:
            for name, value in losses.items():
                terms[name].append((value, counts.get(name, len(patients))))
        means = torch.stack([_weighted(values) for values in terms.values()]).tolist()
        return dict(zip(terms, means, strict=True))


def _weighted(values: Sequence[tuple[Tensor, int]]) -> Tensor:
    everybody = max(1, sum(count for _, count in values))  # a term is 0 where it is of nobody
    return torch.stack([value * (count / everybody) for value, count in values]).sum()


def _find_bad(steps: Sequence[tuple[Sequence[str], float]]) -> Bad | None:
    return next((Bad(patients, loss) for patients, loss in steps if not abs(loss) < float("inf")), None)
