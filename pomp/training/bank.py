"""Regions on their way from files to a model: read once and kept where there is room, on the device at best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pomp.slides.features import FeatureFile, read_features
from pomp.slides.regions import evenly
from pomp.slides.store import read_pixels, read_slide_regions


class RegionBank:
    """The pixels of patients' regions, from their HDF5 files, as uint8 until they are used."""

    features: int | None = None  # F, where regions are features and no pixels

    def __init__(self, files: Mapping[str, Sequence[Path]], side: int, limit: int | None = None) -> None:
        """`files`: patient → prepared region files; `limit`: regions a patient at most, spread evenly."""
        tables = {patient: [_pixel_table(path) for path in paths] for patient, paths in files.items()}
        self._hold(tables, limit, np.zeros((0, side, side, 3), np.uint8))

    def _hold(self, tables: Mapping[str, list[pd.DataFrame]], limit: int | None, nothing: np.ndarray) -> None:
        self.tables = {
            patient: _sample(pd.concat(own, ignore_index=True), limit) for patient, own in tables.items() if own
        }
        self._nothing = nothing
        self.keep({})

    def keep(self, room: Mapping[torch.device, int]) -> None:
        """Decide where regions stay once they are read: bytes on each device, tried in this order.

        What exceeds them is read from its file each time. Whatever was kept before is forgotten.
        """
        self._room = dict(room)
        self._pinned = any(device.type == "cuda" for device in room)  # what stays on the CPU is then copied faster
        self._kept: dict[str, Tensor] = {}

    @property
    def count(self) -> int:
        """Regions of all patients."""
        return sum(map(len, self.tables.values()))

    def bare(self) -> Self:
        """The same with nothing kept, for another process."""
        other = copy(self)
        other.keep({})
        return other

    def table(self, patient: str) -> pd.DataFrame:
        """One row a region: slide, file, index, row, column, x, y, size (level-0 pixels), size_stated.

        Slide and index, its place in the file, are what a region is known by: regions that overlap may share a row and
        column, and those without coordinates all do. Empty without slides.
        """
        return self.tables.get(patient, _EMPTY_TABLE)

    def read(self, patient: str) -> Tensor:
        """(M, side, side, 3) uint8, or features (M, F); on the device where it is kept, else on the CPU."""
        if patient in self._kept:
            return self._kept[patient]
        if patient not in self.tables:
            return torch.from_numpy(self._nothing)
        parts = [
            self._read_file(Path(str(file)), rows["index"].to_list())
            for file, rows in self.tables[patient].groupby("file", sort=False)
        ]
        regions = torch.from_numpy(parts[0] if len(parts) == 1 else np.concatenate(parts))
        for device, room in self._room.items():
            if regions.nbytes <= room:
                self._room[device] -= regions.nbytes
                regions = regions.pin_memory() if self._pinned and device.type == "cpu" else regions.to(device)
                self._kept[patient] = regions
                break
        return regions

    def _read_file(self, file: Path, indices: list[int]) -> np.ndarray:
        return read_pixels(file, indices)


class FeatureBank(RegionBank):
    """The same for regions that are features in place of pixels: float16 stays float16."""

    def __init__(self, files: Mapping[str, Mapping[str, FeatureFile]], limit: int | None = None) -> None:
        """`files`: patient → slide → its features, all of one dimension; `limit` as in `RegionBank`."""
        self.features = next(file.dimension for own in files.values() for file in own.values())
        tables = {patient: [_feature_table(*named) for named in own.items()] for patient, own in files.items()}
        self._hold(tables, limit, np.zeros((0, self.features), np.float16))

    def _read_file(self, file: Path, indices: list[int]) -> np.ndarray:
        return read_features(file, indices)


_EMPTY_TABLE = pd.DataFrame(columns=["slide", "file", "index", "row", "column", "x", "y", "size", "size_stated"])


def _sample(table: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    return table if limit is None else table.iloc[evenly(len(table), limit)].reset_index(drop=True)


def _pixel_table(path: Path) -> pd.DataFrame:
    slide = read_slide_regions(path)
    grid = slide.grid - slide.grid.min(axis=0, keepdims=True)
    table = pd.DataFrame({"row": grid[:, 0], "column": grid[:, 1]})
    table["x"], table["y"] = slide.coordinates[:, 0], slide.coordinates[:, 1]
    return table.assign(slide=slide.slide, file=str(path), index=table.index, size=slide.region_px, size_stated=True)


def _feature_table(slide: str, file: FeatureFile) -> pd.DataFrame:
    """Without coordinates every region is at row 0 and column 0, so that the model sees a set; x, y, size are NaN.

    `size_stated`: the file says how large regions are; otherwise `size`, if any, is told by their distance.
    """
    table = pd.DataFrame({"row": 0, "column": 0, "x": np.nan, "y": np.nan, "size": np.nan}, index=range(file.count))
    if file.places is not None:
        table[["row", "column"]], table[["x", "y"]] = file.places.grid, file.places.coordinates
        table["size"] = file.places.size
    stated = file.places is not None and file.places.stated
    return table.assign(slide=slide, file=str(file.path), index=table.index, size_stated=stated)
