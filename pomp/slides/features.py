"""Region features that other programs extracted, in the layouts of TRIDENT and CLAM.

Both write one HDF5 file a slide: a dataset `features` (M, F), or (1, M, F) in older versions, and a dataset `coords`
(M, 2), level-0 x and y of each region's upper left corner, whose attributes say how large a region is. TRIDENT states
`patch_size_level0`; CLAM states `patch_size` at `patch_level` with its `downsample`, and nothing in some versions. Both
also save the features alone as a torch tensor (.pt), and the coordinates alone before there are features.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import h5py
import numpy as np
import torch

from pomp.errors import SlideError

USUAL_PX = 256
"""Side of a region where neither the file nor the distance of its regions tells: the default of both programs."""

_NUMPY_TYPES = (torch.float16, torch.float32, torch.float64)


@dataclass(frozen=True)
class RegionPlaces:
    """Where M regions of `size` level-0 pixels a side lie on their slide."""

    coordinates: np.ndarray  # (M, 2) int64, level-0 x and y of the upper left corner
    grid: np.ndarray  # (M, 2) int64, row and column, from 0
    size: int


@dataclass(frozen=True)
class FeatureFile:
    """M regions of one slide as vectors of F numbers, without the numbers."""

    path: Path
    count: int  # M
    dimension: int  # F
    places: RegionPlaces | None  # None where the file has no coordinates


def inspect_features(path: Path) -> FeatureFile:
    """What a feature file holds, every number of it checked.

    Raises:
        SlideError: there is no such file, it is damaged or of another kind, its features are not one vector of finite
            numbers a region, or their number is not that of its coordinates.
    """
    features, places = _load_features(path), _find_places(path)
    if places is not None and len(places.coordinates) != len(features):
        raise SlideError(
            f"{path.name} has {len(features)} feature vectors and {len(places.coordinates)} coordinates: extract its "
            "features again."
        )
    _check_finite(path, features)
    return FeatureFile(path, len(features), features.shape[1], places)


def read_features(path: Path, indices: Sequence[int] | None = None) -> np.ndarray:
    """(M, F) the regions' features, or those of `indices`, in that order; float16 as stored, or else float32.

    Raises:
        SlideError: as `inspect_features`, except that the numbers are not looked at.
    """
    features = _load_features(path)
    values = features if features.dtype == np.float16 else features.astype(np.float32, copy=False)
    return values if indices is None else values[list(indices)]


def read_coordinates(path: Path) -> RegionPlaces:
    """The regions of a coordinate or feature file (HDF5) of TRIDENT or CLAM.

    Raises:
        SlideError: there is no such file, it is damaged, or it has no coordinates.
    """
    with _reading(path) as file:
        if "coords" not in file:
            raise SlideError(f"{path.name} has no dataset 'coords'; it has {_list(file)}.")
        return _places(path, file["coords"])


def _load_features(path: Path) -> np.ndarray:
    """The features, (M, F), as they are stored."""
    if path.suffix.lower() == ".pt":
        return _as_matrix(path, _load_tensor(path))
    with _reading(path) as file:
        if "features" not in file:
            raise SlideError(_describe_lack(path, file))
        return _as_matrix(path, file["features"][()])


def _find_places(path: Path) -> RegionPlaces | None:
    if path.suffix.lower() == ".pt":
        return None
    with _reading(path) as file:
        return _places(path, file["coords"]) if "coords" in file else None


@contextmanager
def _reading(path: Path) -> Iterator[h5py.File]:
    """What h5py raises for damaged and for foreign files is one error here."""
    _require(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        raise SlideError(f"{path.name} is damaged, or no HDF5 file ({error}). Copy or extract it again.") from error


def _load_tensor(path: Path) -> np.ndarray:
    """Nothing but a tensor is loaded: a pickle could run any program."""
    _require(path)
    try:
        tensor = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError, KeyError) as error:
        raise SlideError(
            f"{path.name} is damaged, or holds more than a torch tensor ({str(error).splitlines()[0][:120]}). "
            "Save the features alone: torch.save(features, file)."
        ) from error
    if not isinstance(tensor, torch.Tensor):
        raise SlideError(f"{path.name} holds a {type(tensor).__name__} and no torch tensor of features (M, F).")
    unknown_to_numpy = tensor.is_floating_point() and tensor.dtype not in _NUMPY_TYPES
    return (tensor.float() if unknown_to_numpy else tensor).detach().numpy()


def _require(path: Path) -> None:
    if not path.is_file():
        raise SlideError(f"There is no feature file {path}. Put it back, or correct slides.csv.")


def _as_matrix(path: Path, features: np.ndarray) -> np.ndarray:
    """The features as (M, F)."""
    shape = "×".join(map(str, features.shape)) or "a single number"
    if features.dtype.kind != "f":
        raise SlideError(f"{path.name} has features of type {features.dtype}: they should be floating-point numbers.")
    if features.ndim == 1:
        raise SlideError(
            f"{path.name} has one vector for the whole slide ({shape}): features of its regions are needed, (M, F)."
        )
    matrix = features[0] if features.ndim == 3 and len(features) == 1 else features
    if matrix.ndim != 2:
        raise SlideError(f"{path.name} has features of shape {shape}: one vector a region is needed, (M, F).")
    if not matrix.size:
        raise SlideError(f"{path.name} has no region ({shape}). Look whether the slide shows tissue.")
    return matrix


def _check_finite(path: Path, features: np.ndarray) -> None:
    bad = ~np.isfinite(features)
    if bad.any():
        region, feature = np.argwhere(bad)[0]
        raise SlideError(
            f"{path.name} has the value {features[region, feature]} in feature {feature + 1} of region {region + 1}: "
            "extract its features again, in float32 if float16 was too narrow."
        )


def _describe_lack(path: Path, file: h5py.File) -> str:
    if "coords" in file:
        return (
            f"{path.name} has coordinates only, and no features: extract features at these coordinates and name that "
            "file instead, or name the slide's image in the column 'file' to use its pixels."
        )
    return f"{path.name} has no dataset 'features'; it has {_list(file)}. It should be as TRIDENT or CLAM write it."


def _list(file: h5py.File) -> str:
    return ", ".join(f"'{name}'" for name in file) or "nothing"


def _places(path: Path, dataset: Any) -> RegionPlaces:
    stored = np.asarray(dataset[:])
    stored = stored[0] if stored.ndim == 3 and len(stored) == 1 else stored
    if stored.ndim != 2 or stored.shape[1] != 2 or stored.dtype.kind not in "iuf" or not np.isfinite(stored).all():
        raise SlideError(
            f"{path.name} has coordinates of shape {'×'.join(map(str, stored.shape))} and type {stored.dtype}: "
            "finite x and y of each region are needed, (M, 2)."
        )
    coordinates = np.rint(stored).astype(np.int64)
    stated, spacing = _stated_size(dataset.attrs), _spacing(coordinates)
    size = stated or spacing or USUAL_PX
    # Regions that overlap are closer than they are large; regions with gaps in between are no larger for that.
    step = min(size, spacing or size)
    corner = coordinates.min(axis=0, initial=np.iinfo(np.int64).max)
    grid = np.rint((coordinates - corner) / step).astype(np.int64)[:, ::-1]
    return RegionPlaces(coordinates, np.ascontiguousarray(grid), size)


def _stated_size(attributes: Any) -> int | None:
    """Side of a region in level-0 pixels, as far as the attributes of the coordinates tell."""
    size = math.nan
    if "patch_size_level0" in attributes:
        size = float(attributes["patch_size_level0"])
    elif "patch_size" in attributes and "downsample" in attributes:  # CLAM: of x and of y
        size = float(attributes["patch_size"]) * float(np.ravel(attributes["downsample"])[0])
    elif "patch_size" in attributes and attributes.get("patch_level") == 0:
        size = float(attributes["patch_size"])
    return round(size) if 1 <= size < math.inf else None


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
