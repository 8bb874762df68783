"""A fold's patients as tensors, in near-equal batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.omics.matrix import OmicsMatrix
from pomp.slides.regions import evenly
from pomp.slides.store import read_pixels, read_slide_regions

MEMORY_BYTES = 4 * 2**30
"""Region pixels kept in memory; what exceeds it is read from its file each time."""


@dataclass(frozen=True)
class Batch:
    """B patients with R regions in all, T omics types of G genes."""

    patients: tuple[str, ...]
    regions: Tensor  # (R, 3, side, side) uint8, patient after patient
    coordinates: Tensor  # (R, 2) row and column, relative to the slide's first kept row and column
    counts: Tensor  # (B,) regions a patient
    values: Tensor  # (B, T, G)
    present: Tensor  # (B, T) bool
    genes: Tensor  # (T, G) bool, False where a type has fewer than G genes
    time_days: Tensor  # (B,)
    event: Tensor  # (B,) bool

    def to(self, device: torch.device) -> Batch:
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **moved)

    @property
    def paired(self) -> Tensor:
        """(B,) True where the patient has both a slide and at least one omics type."""
        return (self.counts > 0) & self.present.any(dim=1)


class RegionBank:
    """Reads patients' region pixels from their HDF5 files, keeping as many as fit in memory."""

    def __init__(self, files: dict[str, list[Path]], side: int, limit: int | None = None) -> None:
        """`files`: patient → prepared region files; `limit`: regions a patient at most, spread evenly."""
        self.side = side
        self.tables = {patient: _region_table(paths, limit) for patient, paths in files.items() if paths}
        self._kept: dict[str, np.ndarray] = {}
        self._free = MEMORY_BYTES

    def table(self, patient: str) -> pd.DataFrame:
        """One row a region: slide, file, index, row, column, x, y, size (level-0 pixels). Empty without slides."""
        return self.tables.get(patient, _EMPTY_TABLE)

    def pixels(self, patient: str) -> np.ndarray:
        """(M, 3, side, side) uint8."""
        if patient not in self.tables:
            return np.zeros((0, 3, self.side, self.side), np.uint8)
        if patient in self._kept:
            return self._kept[patient]
        table = self.tables[patient]
        parts = [
            read_pixels(Path(str(file)), rows["index"].to_list()) for file, rows in table.groupby("file", sort=False)
        ]
        pixels = np.ascontiguousarray(np.concatenate(parts).transpose(0, 3, 1, 2))
        if pixels.nbytes <= self._free:
            self._kept[patient] = pixels
            self._free -= pixels.nbytes
        return pixels


_EMPTY_TABLE = pd.DataFrame(columns=["slide", "file", "index", "row", "column", "x", "y", "size"])


def _region_table(paths: Sequence[Path], limit: int | None) -> pd.DataFrame:
    parts = []
    for path in paths:
        slide = read_slide_regions(path)
        grid = slide.grid - slide.grid.min(axis=0, keepdims=True)
        part = pd.DataFrame({"row": grid[:, 0], "column": grid[:, 1]})
        part["x"], part["y"] = slide.coordinates[:, 0], slide.coordinates[:, 1]
        parts.append(part.assign(slide=slide.slide, file=str(path), index=part.index, size=slide.region_px))
    table = pd.concat(parts, ignore_index=True)
    return table if limit is None else table.iloc[evenly(len(table), limit)].reset_index(drop=True)


class PatientData:
    """What the model reads of every patient: omics as one fold's selector made them, regions, and the outcome.

    A modality that the model is not to read is empty: `OmicsMatrix.empty`, or a `RegionBank` without files.
    """

    def __init__(self, omics: OmicsMatrix, regions: RegionBank, outcome: pd.DataFrame) -> None:
        self.regions = regions
        self._row = {patient: row for row, patient in enumerate(omics.patients)}
        self._values = torch.from_numpy(omics.values)
        self._present = torch.from_numpy(omics.present)
        self._genes = torch.from_numpy(omics.gene_mask)
        self._outcome = outcome

    @property
    def shape(self) -> tuple[int, int]:
        """(T, G), what the omics encoder is built for."""
        types, genes = self._genes.shape
        return types, genes

    def batch(self, patients: Sequence[str]) -> Batch:
        """Everything that is known of these patients, in this order."""
        rows = [self._row[patient] for patient in patients]
        present = self._present[rows]
        tables = [self.regions.table(patient) for patient in patients]
        pixels = [self.regions.pixels(patient) for patient in patients]
        places = [table[["row", "column"]].to_numpy(np.int64) for table in tables]
        outcome = self._outcome.loc[list(patients)]
        return Batch(
            patients=tuple(patients),
            regions=torch.from_numpy(np.concatenate(pixels)),
            coordinates=torch.from_numpy(np.concatenate(places)),
            counts=torch.tensor([len(table) for table in tables]),
            values=self._values[rows] * present[..., None],
            present=present,
            genes=self._genes,
            time_days=torch.tensor(outcome["time_days"].to_numpy(np.float32)),
            event=torch.tensor(outcome["event"].to_numpy(bool)),
        )


def shuffled_batches(patients: Sequence[str], size: int, seed: Sequence[int]) -> Iterator[list[str]]:
    """All patients once, in an order decided by `seed`, in batches whose sizes differ by at most one."""
    order = np.random.default_rng(seed).permutation(len(patients))
    for part in np.array_split(order, max(1, round(len(patients) / size))):
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
