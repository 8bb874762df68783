"""Region features that other programs extracted, in the layouts of TRIDENT and CLAM.

Both write one HDF5 file a slide: a dataset `features` (M, F), or (1, M, F) in older versions, and beside it where the
regions lie, as `pomp.slides.coordinates` reads it. CLAM also saves the features alone as a torch tensor (.pt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch

from pomp.errors import SlideError
from pomp.slides.coordinates import RegionPlaces, list_datasets, open_hdf5, read_places

_NUMPY_TYPES = (torch.float16, torch.float32, torch.float64)


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
    values = _as_read(_load_features(path))
    return values if indices is None else values[list(indices)]


def _as_read(features: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, which is refused beforehand
        return features if features.dtype == np.float16 else features.astype(np.float32, copy=False)


def _load_features(path: Path) -> np.ndarray:
    """The features, (M, F), as they are stored."""
    if path.suffix.lower() == ".pt":
        return _as_matrix(path, _load_tensor(path))
    with open_hdf5(path) as file:
        if "features" not in file:
            raise SlideError(_describe_lack(path, file))
        return _as_matrix(path, file["features"][()])


def _find_places(path: Path) -> RegionPlaces | None:
    if path.suffix.lower() == ".pt":
        return None
    with open_hdf5(path) as file:
        return read_places(path, file["coords"]) if "coords" in file else None


def _load_tensor(path: Path) -> np.ndarray:
    """Nothing but a tensor is loaded: a pickle could run any program."""
    if not path.is_file():
        raise SlideError(f"There is no file {path}. Put it back, or correct slides.csv.")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(loaded, torch.Tensor):
            unknown_to_numpy = loaded.is_floating_point() and loaded.dtype not in _NUMPY_TYPES
            return (loaded.float() if unknown_to_numpy else loaded).detach().numpy()
    except Exception as error:  # a damaged pickle may end in any, and a sparse tensor is none to NumPy
        reason = str(error).partition("\n")[0].partition(". ")[0][:120] or type(error).__name__
        raise SlideError(
            f"{path.name} is damaged, or holds more than a torch tensor ({reason}). "
            "Save the features alone: torch.save(features, file)."
        ) from error
    raise SlideError(f"{path.name} holds a {type(loaded).__name__} and no torch tensor of features (M, F).")


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
    bad = ~np.isfinite(_as_read(features))
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
            "file instead, or name it in the column 'coordinates', beside the slide's image, to use its pixels there."
        )
    found = list_datasets(file)
    return f"{path.name} has no dataset 'features'; it has {found}. It should be as TRIDENT or CLAM write it."
