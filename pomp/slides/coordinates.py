"""Where TRIDENT (Zhang et al., 2025) and CLAM (Lu et al., 2021) found the regions of a slide.

Both keep a dataset `coords` (M, 2), level-0 x and y of each region's upper left corner, in one HDF5 file a slide, alone
(`<slide>_patches.h5`, `patches/<slide>.h5`) or beside features. Its attributes say how large a region is: TRIDENT
states `patch_size_level0`; CLAM states `patch_size` at `patch_level` with its `downsample`, and nothing in its feature
files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pomp.errors import SlideError

USUAL_PX = 256
"""Side of a region where neither the file nor the distance of its regions tells: the default of both programs."""

_LARGEST = 2**31
"""Level-0 pixels. No slide is as wide; a number beyond it is damage."""


@dataclass(frozen=True)
class RegionPlaces:
    """Where M regions of `size` level-0 pixels a side lie on their slide."""

    coordinates: np.ndarray  # (M, 2) int64, level-0 x and y of the upper left corner
    grid: np.ndarray  # (M, 2) int64, row and column, from 0
    size: int
    step: int  # from one row or column to the next, in level-0 pixels; less than `size` where regions overlap
    stated: bool  # the file says how large regions are; otherwise `size` is told by their distance


def read_coordinates(path: Path) -> RegionPlaces:
    """The regions of a coordinate or feature file (HDF5) of TRIDENT or CLAM.

    Raises:
        SlideError: there is no such file, it is damaged, or it has no coordinates.
    """
    with open_hdf5(path) as file:
        if "coords" not in file:
            raise SlideError(f"{path.name} has no dataset 'coords'; it has {list_datasets(file)}.")
        return read_places(path, file["coords"])


def check_places(places: RegionPlaces, size: tuple[int, int], side: int, file: str, slide: str) -> None:
    """Refuse coordinates that cannot be cut from this slide. A region may reach over the edge, where all is white.

    Args:
        size: (width, height) of level 0.
        side: of a stored region, in its own pixels.
        file: the name of the coordinate file, and `slide` that of the slide, for messages.

    Raises:
        SlideError: there is no region, it is not said or not possible how large regions are, they would have to be
            enlarged, or one lies outside the slide.
    """
    if not len(places.coordinates):
        raise SlideError(f"{file} lists no region: take slide {slide} out, or look whether it shows tissue.")
    if not places.stated:
        raise SlideError(
            f"{file} does not say how large its regions are (patch_size_level0, or patch_size and downsample): name "
            "the coordinate file of TRIDENT or CLAM, which does, in place of a file of features."
        )
    if places.size > max(size):
        raise SlideError(
            f"{file} has regions of {places.size} px, more than the {size[0]} × {size[1]} px of {slide}: name the "
            "coordinates of this slide."
        )
    if places.size < side:
        raise SlideError(
            f"{file} has regions of {places.size} px, and a region is stored with {side}, so they would be enlarged. "
            "Raise slides.downsample, or make coordinates of larger regions."
        )
    x, y = places.coordinates.T
    outside = (x >= size[0]) | (y >= size[1]) | (x + places.size <= 0) | (y + places.size <= 0)
    if outside.any():
        first = int(outside.argmax())
        raise SlideError(
            f"{file} has {outside.sum()} of {len(x)} regions outside {slide}, which is {size[0]} × {size[1]} px; the "
            f"first is region {first + 1} at ({x[first]}, {y[first]}). Name the coordinates of this slide, in pixels "
            "of its level 0."
        )


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """A file to read from. What h5py raises for damaged and for foreign files, while it is open, is one error here.

    Raises:
        SlideError: there is no such file, or it is damaged or no HDF5 file.
    """
    if not path.is_file():
        raise SlideError(f"There is no file {path}. Put it back, or correct slides.csv.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError, MemoryError) as error:
        raise SlideError(f"{path.name} is damaged, or no HDF5 file ({error}). Copy or extract it again.") from error


def list_datasets(file: h5py.File) -> str:
    """What a file holds, for messages."""
    return ", ".join(f"'{name}'" for name in file) or "nothing"


def read_places(path: Path, dataset: Any) -> RegionPlaces:
    """The regions of a dataset `coords`, (M, 2), or (1, M, 2) in older versions.

    Args:
        path: of its file, for messages.

    Raises:
        SlideError: it holds anything but x and y of each region.
    """
    stored = np.asarray(dataset[:])
    stored = stored[0] if stored.ndim == 3 and len(stored) == 1 else stored
    numbers = stored.dtype.kind in "iuf" and stored.ndim == 2 and stored.shape[1] == 2
    if not (numbers and (np.abs(stored.astype(np.float64)) < _LARGEST).all()):
        raise SlideError(
            f"{path.name} has coordinates of shape {'×'.join(map(str, stored.shape))} and type {stored.dtype}: "
            "finite x and y of each region are needed, (M, 2), in pixels of the slide's level 0."
        )
    coordinates = np.rint(stored).astype(np.int64)
    stated, spacing = _stated_size(dataset.attrs), _spacing(coordinates)
    size = stated or spacing or USUAL_PX
    # Regions that overlap are closer than they are large; regions with gaps in between are no larger for that.
    step = min(size, spacing or size)
    corner = coordinates.min(axis=0, initial=np.iinfo(np.int64).max)
    grid = np.rint((coordinates - corner) / step).astype(np.int64)[:, ::-1]
    return RegionPlaces(coordinates, np.ascontiguousarray(grid), size, step, stated is not None)


def _stated_size(attributes: Any) -> int | None:
    """Side of a region in level-0 pixels, as far as the attributes of the coordinates tell."""
    size = math.nan
    if "patch_size_level0" in attributes:
        size = _first(attributes["patch_size_level0"])
    elif "patch_size" in attributes and "downsample" in attributes:
        size = _first(attributes["patch_size"]) * _first(attributes["downsample"])
    elif "patch_size" in attributes and attributes.get("patch_level") == 0:
        size = _first(attributes["patch_size"])
    return round(size) if 1 <= size < _LARGEST else None


def _first(attribute: Any) -> float:
    """A number, or the first of an array: CLAM states downsamples of x and of y, others an array of one."""
    return float(np.ravel(attribute)[0])


def _spacing(coordinates: np.ndarray) -> int | None:
    """The most common distance of neighbours in a row or column.

    Not of all x or all y: CLAM lays a grid of its own over each piece of tissue.
    """
    distances = []
    for along, across in ((0, 1), (1, 0)):
        ordered = coordinates[np.lexsort((coordinates[:, along], coordinates[:, across]))]
        steps = np.diff(ordered, axis=0)
        distances.append(steps[(steps[:, across] == 0) & (steps[:, along] > 0), along])
    found, counts = np.unique(np.concatenate(distances), return_counts=True)
    return int(found[counts.argmax()]) if len(found) else None
