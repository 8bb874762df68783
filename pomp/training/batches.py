"""A fold's patients as tensors, in near-equal batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.omics.matrix import OmicsMatrix
from pomp.slides.features import FeatureFile, read_features
from pomp.slides.regions import evenly
from pomp.slides.store import read_pixels, read_slide_regions

MEMORY_BYTES = 4 * 2**30
"""Regions kept in memory; what exceeds it is read from its file each time."""


@dataclass(frozen=True)
class Batch:
    """B patients with R regions in all, T omics types of G genes."""

    patients: tuple[str, ...]
    regions: Tensor  # (R, 3, side, side) uint8, or features (R, F) of any floating type; patient after patient
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
    """Reads the pixels of patients' regions from their HDF5 files, keeping as many as fit in memory."""

    features: int | None = None  # F, where regions are features and no pixels

    def __init__(self, files: Mapping[str, Sequence[Path]], side: int, limit: int | None = None) -> None:
        """`files`: patient → prepared region files; `limit`: regions a patient at most, spread evenly."""
        tables = {patient: [_pixel_table(path) for path in paths] for patient, paths in files.items()}
        self._hold(tables, limit, np.zeros((0, 3, side, side), np.uint8))

    def _hold(self, tables: Mapping[str, list[pd.DataFrame]], limit: int | None, nothing: np.ndarray) -> None:
        self.tables = {
            patient: _sample(pd.concat(own, ignore_index=True), limit) for patient, own in tables.items() if own
        }
        self._nothing = nothing
        self._kept: dict[str, np.ndarray] = {}
        self._free = MEMORY_BYTES

    def table(self, patient: str) -> pd.DataFrame:
        """One row a region: slide, file, index, row, column, x, y, size (level-0 pixels). Empty without slides."""
        return self.tables.get(patient, _EMPTY_TABLE)

    def read(self, patient: str) -> np.ndarray:
        """(M, 3, side, side) uint8, or features (M, F)."""
        if patient not in self.tables:
            return self._nothing
        if patient in self._kept:
            return self._kept[patient]
        parts = [
            self._read_file(Path(str(file)), rows["index"].to_list())
            for file, rows in self.tables[patient].groupby("file", sort=False)
        ]
        regions = np.concatenate(parts)
        if regions.nbytes <= self._free:
            self._kept[patient] = regions
            self._free -= regions.nbytes
        return regions

    def _read_file(self, file: Path, indices: list[int]) -> np.ndarray:
        return np.ascontiguousarray(read_pixels(file, indices).transpose(0, 3, 1, 2))


class FeatureBank(RegionBank):
    """The same for regions that are features in place of pixels: float16 stays float16."""

    def __init__(self, files: Mapping[str, Mapping[str, FeatureFile]], limit: int | None = None) -> None:
        """`files`: patient → slide → its features, all of one dimension; `limit` as in `RegionBank`."""
        self.features = next(file.dimension for own in files.values() for file in own.values())
        tables = {patient: [_feature_table(*named) for named in own.items()] for patient, own in files.items()}
        self._hold(tables, limit, np.zeros((0, self.features), np.float16))

    def _read_file(self, file: Path, indices: list[int]) -> np.ndarray:
        return read_features(file, indices)


_EMPTY_TABLE = pd.DataFrame(columns=["slide", "file", "index", "row", "column", "x", "y", "size"])


def _sample(table: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    return table if limit is None else table.iloc[evenly(len(table), limit)].reset_index(drop=True)


def _pixel_table(path: Path) -> pd.DataFrame:
    slide = read_slide_regions(path)
    grid = slide.grid - slide.grid.min(axis=0, keepdims=True)
    table = pd.DataFrame({"row": grid[:, 0], "column": grid[:, 1]})
    table["x"], table["y"] = slide.coordinates[:, 0], slide.coordinates[:, 1]
    return table.assign(slide=slide.slide, file=str(path), index=table.index, size=slide.region_px)


def _feature_table(slide: str, file: FeatureFile) -> pd.DataFrame:
    """Without coordinates every region is at row 0 and column 0, so that the model sees a set; x, y, size are NaN."""
    table = pd.DataFrame({"row": 0, "column": 0, "x": np.nan, "y": np.nan, "size": np.nan}, index=range(file.count))
    if file.places is not None:
        table[["row", "column"]], table[["x", "y"]] = file.places.grid, file.places.coordinates
        table["size"] = file.places.size
    return table.assign(slide=slide, file=str(file.path), index=table.index)


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
        regions = [self.regions.read(patient) for patient in patients]
        places = [table[["row", "column"]].to_numpy(np.int64) for table in tables]
        outcome = self._outcome.loc[list(patients)]
        return Batch(
            patients=tuple(patients),
            regions=torch.from_numpy(np.concatenate(regions)),
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
