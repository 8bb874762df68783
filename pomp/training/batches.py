"""A fold's patients as tensors, in near-equal batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.model import Layout, lay_out
from pomp.omics.matrix import OmicsMatrix
from pomp.training.bank import RegionBank


@dataclass(frozen=True)
class Batch:
    """B patients with R regions in all, T omics types of G genes.

    Whatever decides a shape, such as who has both modalities, is worked out here, on the CPU: a device that has to tell
    it would be waited for.
    """

    patients: tuple[str, ...]
    regions: tuple[Tensor, ...]  # one a patient: (M, side, side, 3) uint8, or features (M, F) of any floating type
    coordinates: Tensor  # (R, 2) row and column, relative to the slide's first kept row and column
    layout: Layout  # of the R regions among (B, M) places
    values: Tensor  # (B, T, G)
    present: Tensor  # (B, T) bool
    genes: Tensor  # (B, T, G) bool, False where the type has fewer than G genes or the patient's cohort lacks the gene
    time_days: Tensor  # (B,)
    event: Tensor  # (B,) bool
    pairs: Tensor  # (P,) indices of patients with both a slide and at least one omics type
    maskable: Tensor  # (Q,) indices of patients who have something left when one omics type is hidden

    @classmethod
    def of(
        cls,
        patients: Sequence[str],
        regions: Sequence[Tensor],
        coordinates: Tensor,
        values: Tensor,
        present: Tensor,
        genes: Tensor,
        time_days: Tensor,
        event: Tensor,
    ) -> Batch:
        """From what is known of each patient, on the CPU; where regions lie does not matter."""
        counts = torch.tensor([len(own) for own in regions])
        known = present.sum(dim=1) + (counts > 0)
        has_omics = present.any(dim=1)
        return cls(
            patients=tuple(patients),
            regions=tuple(regions),
            coordinates=coordinates,
            layout=lay_out(counts),
            values=values * present[..., None],
            present=present,
            genes=genes,
            time_days=time_days,
            event=event,
            pairs=((counts > 0) & has_omics).nonzero().squeeze(1),
            maskable=(has_omics & (known > 1)).nonzero().squeeze(1),
        )

    def to(self, device: torch.device) -> Batch:
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        regions = tuple(own.to(device, non_blocking=True) for own in self.regions)
        return replace(self, regions=regions, layout=self.layout.to(device), **moved)

    @property
    def tensors(self) -> Iterator[Tensor]:
        """All of them."""
        yield from (value for value in vars(self).values() if isinstance(value, Tensor))
        yield from (*self.regions, *self.layout)


class PatientData:
    """What the model reads of every patient: omics as one fold's selector made them, regions, and the outcome.

    A modality that the model is not to read is empty: `OmicsMatrix.empty`, or a `RegionBank` without files.
    """

    def __init__(
        self, omics: OmicsMatrix, regions: RegionBank, outcome: pd.DataFrame, companions: Sequence[OmicsMatrix] = ()
    ) -> None:
        """`companions`: omics of further cohorts in the same (T, G), whose patients are in the other two as well."""
        cohorts = [omics, *companions]
        self.regions = regions
        self._row = {patient: row for row, patient in enumerate(name for part in cohorts for name in part.patients)}
        self._values = torch.from_numpy(np.concatenate([part.values for part in cohorts]))
        self._present = torch.from_numpy(np.concatenate([part.present for part in cohorts]))
        self._genes = torch.from_numpy(np.stack([part.gene_mask for part in cohorts]))  # (C, T, G) for C cohorts
        self._cohort = torch.from_numpy(np.repeat(np.arange(len(cohorts)), [len(part.patients) for part in cohorts]))
        self._outcome = outcome
        self._places: dict[str, Tensor] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """(T, G), what the omics encoder is built for."""
        _, types, genes = self._genes.shape
        return types, genes

    def batch(self, patients: Sequence[str]) -> Batch:
        """Everything that is known of these patients, in this order."""
        rows = [self._row[patient] for patient in patients]
        outcome = self._outcome.loc[list(patients)]
        return Batch.of(
            patients=patients,
            regions=[self.regions.read(patient) for patient in patients],
            coordinates=torch.cat([self._coordinates(patient) for patient in patients]),
            values=self._values[rows],
            present=self._present[rows],
            genes=self._genes[self._cohort[rows]],
            time_days=torch.tensor(outcome["time_days"].to_numpy(np.float32)),
            event=torch.tensor(outcome["event"].to_numpy(bool)),
        )

    def _coordinates(self, patient: str) -> Tensor:
        """(M, 2) row and column; kept, as a table takes longer to open than a small batch to compute."""
        if patient not in self._places:
            table = self.regions.table(patient)
            self._places[patient] = torch.from_numpy(table[["row", "column"]].to_numpy(np.int64))
        return self._places[patient]


def read_ahead(
    data: PatientData, batches: Iterable[Sequence[str]], device: torch.device
) -> Generator[tuple[Sequence[str], Batch]]:
    """(patients, their batch on the device), each read by another thread while the one before is worked on."""
    stream: Any = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def read(names: Sequence[str]) -> tuple[Batch, Any]:
        with torch.cuda.stream(stream):  # nothing where there is no CUDA
            batch = data.batch(names).to(device)
            return batch, None if stream is None else stream.record_event()

    with ThreadPoolExecutor(1) as reader:
        waiting: deque[tuple[Sequence[str], Future[tuple[Batch, Any]]]] = deque()
        for names in batches:
            waiting.append((names, reader.submit(read, names)))
            if len(waiting) > 1:
                yield _take(*waiting.popleft())
        while waiting:
            yield _take(*waiting.popleft())


def _take(names: Sequence[str], reading: Future[tuple[Batch, Any]]) -> tuple[Sequence[str], Batch]:
    batch, copied = reading.result()
    if copied is not None:  # the device, not this thread, waits until the copy is there
        stream = torch.cuda.current_stream(batch.values.device)
        stream.wait_event(copied)
        for tensor in batch.tensors:
            tensor.record_stream(stream)  # else its memory would be given away when this thread has let go of it
    return names, batch


def shuffled_batches(patients: Sequence[str], count: int, seed: Sequence[int]) -> Iterator[list[str]]:
    """All patients once, in an order decided by `seed`, in `count` batches whose sizes differ by at most one."""
    order = np.random.default_rng(seed).permutation(len(patients))
    for part in np.array_split(order, count):
        yield [patients[position] for position in part]


def region_batches(data: PatientData, patients: Sequence[str], regions: int = 2048) -> Iterator[list[str]]:
    """Consecutive patients with at most about `regions` regions together; a single larger patient stands alone."""
    batch: list[str] = []
    total = 0
    for patient in patients:
        count = max(len(data.regions.table(patient)), 1)
        if batch and total + count > regions:
            yield batch
            batch, total = [], 0
        batch.append(patient)
        total += count
    if batch:
        yield batch
