"""Feature files as TRIDENT and CLAM write them, dataset for dataset and attribute for attribute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch

Writer = Callable[[Path, np.ndarray, np.ndarray, int], Path]
"""path, features (M, F), level-0 coordinates (M, 2), side of a region in level-0 pixels → path."""


def write_h5(path: Path, **datasets: object) -> Path:
    """An HDF5 file with these datasets."""
    with h5py.File(path, "w") as file:
        for name, content in datasets.items():
            file[name] = content
    return path


def write_trident(path: Path, features: np.ndarray, coordinates: np.ndarray, size: int) -> Path:
    with h5py.File(path, "w") as file:
        stored = file.create_dataset("features", data=features, chunks=(1, features.shape[1]), maxshape=(None, None))
        stored.attrs.update(name=path.stem, savetodir=str(path.parent))
        coords = file.create_dataset("coords", data=coordinates, chunks=(1, 2), maxshape=(None, 2))
        coords.attrs.update(
            patch_size=256, patch_size_level0=size, level0_magnification=40, target_magnification=20, overlap=0,
            name=path.stem, savetodir=str(path.parent), level0_width=100_000, level0_height=80_000,
        )  # fmt: skip
    return path


def write_old_trident(path: Path, features: np.ndarray, coordinates: np.ndarray, size: int) -> Path:
    write_h5(path, features=features[None], coords=coordinates[None])
    with h5py.File(path, "a") as file:
        file["coords"].attrs.update(patch_size=256, patch_size_level0=size, overlap=0)
    return path


def write_clam(path: Path, features: np.ndarray, coordinates: np.ndarray, size: int) -> Path:
    """With the attributes of its coordinate files: the size is that of level 1."""
    write_h5(path, features=features, coords=coordinates)
    with h5py.File(path, "a") as file:
        file["coords"].attrs.update(
            patch_size=size // 4, patch_level=1, downsample=(4.0, 4.0), downsampled_level_dim=(25_000, 20_000),
            level_dim=(25_000, 20_000), name=path.stem, save_path=str(path.parent),
        )  # fmt: skip
    return path


def write_bare_clam(path: Path, features: np.ndarray, coordinates: np.ndarray, size: int) -> Path:
    """Without attributes, as its feature extraction leaves them."""
    return write_h5(path, features=features, coords=coordinates.astype(np.int32))


def write_tensor(path: Path, features: np.ndarray, coordinates: np.ndarray, size: int) -> Path:
    """pt_files: the features alone."""
    torch.save(torch.from_numpy(features), path.with_suffix(".pt"))
    return path.with_suffix(".pt")


LAYOUTS: dict[str, Writer] = {
    "TRIDENT": write_trident,
    "older TRIDENT": write_old_trident,
    "CLAM": write_clam,
    "CLAM without attributes": write_bare_clam,
    "CLAM tensor": write_tensor,
}


PlacesWriter = Callable[[Path, np.ndarray, int], Path]
"""folder/slide.h5, level-0 coordinates (M, 2), side of a region in level-0 pixels → path."""


def write_trident_places(path: Path, coordinates: np.ndarray, size: int) -> Path:
    """<slide>_patches.h5: the coordinates alone."""
    path = path.with_name(f"{path.stem}_patches.h5")
    with h5py.File(path, "w") as file:
        coords = file.create_dataset("coords", data=coordinates, chunks=True, maxshape=(None, 2))
        coords.attrs.update(
            patch_size=256, patch_size_level0=size, level0_magnification=40, target_magnification=20, overlap=0,
            name=path.stem, savetodir=str(path.parent), level0_width=100_000, level0_height=80_000,
        )  # fmt: skip
    return path


def write_clam_places(path: Path, coordinates: np.ndarray, size: int) -> Path:
    """patches/<slide>.h5: the coordinates alone, of regions at level 1."""
    with h5py.File(path, "w") as file:
        stored = coordinates.astype(np.int32)
        coords = file.create_dataset("coords", data=stored, chunks=(1, 2), maxshape=(None, 2))
        coords.attrs.update(
            patch_size=size // 4, patch_level=1, downsample=(4.0, 4.0), downsampled_level_dim=(25_000, 20_000),
            level_dim=(25_000, 20_000), name=path.stem, save_path=str(path.parent),
        )  # fmt: skip
    return path


PLACES: dict[str, PlacesWriter] = {"TRIDENT": write_trident_places, "CLAM": write_clam_places}
