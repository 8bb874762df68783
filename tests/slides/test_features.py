"""Region features in the layouts of TRIDENT and CLAM."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pomp.errors import SlideError
from pomp.slides.features import inspect_features, read_features
from tests.slides.layouts import LAYOUTS, write_bare_clam, write_h5, write_trident

FEATURES = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
COORDINATES = np.array([[1024, 512], [2048, 512], [3072, 512], [1024, 1536], [5120, 3584]])
GRID = [[0, 0], [0, 1], [0, 2], [1, 0], [3, 4]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str, tmp_path: Path) -> None:
    path = LAYOUTS[layout](tmp_path / "a.h5", FEATURES, COORDINATES, 1024)
    found = inspect_features(path)
    assert (found.path, found.count, found.dimension) == (path, 5, 3)
    assert np.array_equal(read_features(path), FEATURES)
    assert np.array_equal(read_features(path, [4, 0]), FEATURES[[4, 0]])
    if path.suffix == ".pt":
        assert found.places is None
        return
    assert found.places is not None
    assert np.array_equal(found.places.coordinates, COORDINATES)
    assert found.places.grid.tolist() == GRID
    assert found.places.size == 1024


KINDS = {
    # type in the file, type in memory
    "float16": (np.float16, np.float16),
    "float32": (np.float32, np.float32),
    "float64": (np.float64, np.float32),
}


@pytest.mark.parametrize("kind", KINDS)
def test_number_types(kind: str, tmp_path: Path) -> None:
    stored, expected = KINDS[kind]
    path = write_trident(tmp_path / "a.h5", FEATURES.astype(stored), COORDINATES, 1024)
    assert read_features(path).dtype == expected
    torch.save(torch.from_numpy(FEATURES.astype(stored)), tmp_path / "a.pt")
    assert read_features(tmp_path / "a.pt").dtype == expected


def test_bfloat16_which_numpy_lacks_becomes_float32(tmp_path: Path) -> None:
    tensor = torch.from_numpy(FEATURES).bfloat16()
    torch.save(tensor, tmp_path / "a.pt")
    assert np.array_equal(read_features(tmp_path / "a.pt"), tensor.float().numpy())


def truncated(path: Path) -> None:
    write_trident(path, FEATURES, COORDINATES, 256)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def spoilt(value: float) -> Callable[[Path], Any]:
    features = FEATURES.copy()
    features[3, 1] = value
    return lambda path: write_bare_clam(path, features, COORDINATES, 256)


def of(**datasets: object) -> Callable[[Path], Any]:
    return lambda path: write_h5(path, **datasets)


FAILURES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    # file, how it is made, what is said
    "gone": ("a.h5", lambda path: None, r"There is no file .*a\.h5\. Put it back, or correct slides\.csv"),
    "no HDF5": ("a.h5", lambda path: path.write_bytes(b"no"), r"a\.h5 is damaged, or no HDF5 file"),
    "empty file": ("a.hdf5", lambda path: path.touch(), r"a\.hdf5 is damaged, or no HDF5 file"),
    "torn": ("a.h5", truncated, r"a\.h5 is damaged, or no HDF5 file .*Copy or extract it again"),
    "coordinates only": (
        "a_patches.h5", of(coords=COORDINATES),
        r"a_patches\.h5 has coordinates only, and no features: extract features at these coordinates",
    ),
    "other datasets": ("a.h5", of(imgs=[1], x=[2]), r"a\.h5 has no dataset 'features'; it has 'imgs', 'x'"),
    "a group": ("a.h5", of(**{"features/a": FEATURES}), r"a\.h5 is damaged, or no HDF5 file"),
    "nothing": ("a.h5", of(), r"a\.h5 has no dataset 'features'; it has nothing"),
    "no region": ("a.h5", of(features=FEATURES[:0]), r"a\.h5 has no region \(0×3\)"),
    "no feature": ("a.h5", of(features=FEATURES[:, :0]), r"a\.h5 has no region \(5×0\)"),
    "a vector of the slide": ("a.h5", of(features=FEATURES[0]), r"one vector for the whole slide \(3\): features of"),
    "maps": ("a.h5", of(features=np.zeros((2, 3, 4))), r"features of shape 2×3×4: one vector a region is needed"),
    "whole numbers": ("a.h5", of(features=[[1, 2]]), r"features of type int64: they should be floating-point numbers"),
    "text": ("a.h5", of(features=[["a", "b"]]), r"features of type object"),
    "fewer coordinates": (
        "a.h5", of(features=FEATURES, coords=COORDINATES[:4]), r"a\.h5 has 5 feature vectors and 4 coordinates",
    ),
    "coordinates of another shape": (
        "a.h5", of(features=FEATURES, coords=np.zeros((5, 4))), r"coordinates of shape 5×4 and type float64",
    ),
    "coordinates that are no numbers": (
        "a.h5", of(features=FEATURES, coords=np.full((5, 2), np.nan)), r"finite x and y of each region are needed",
    ),
    "not a number": ("a.h5", spoilt(np.nan), r"a\.h5 has the value nan in feature 2 of region 4: extract"),
    "overflow": ("a.h5", spoilt(np.inf), r"the value inf .*float32 if float16 was too narrow"),
    "beyond float32": ("a.h5", of(features=FEATURES.astype(np.float64) + 1e300), r"the value 1e\+300 in feature 1"),
    "an empty tensor file": ("a.pt", lambda path: path.touch(), r"a\.pt is damaged, .* \(EOFError\)\. Save the feat"),
    "half a pickle": ("a.pt", lambda path: path.write_bytes(b"\x80\x02."), r"a\.pt is damaged, or holds more than"),
    "a sparse tensor": ("a.pt", lambda path: torch.save(torch.eye(3).to_sparse(), path), r"a\.pt .* \(can't conv"),
    "other objects": (
        "a.pt", lambda path: torch.save(np.ones((2, 3)), path), r"a\.pt .* tensor \(Weights only load failed\)\.",
    ),
    "no tensor file": ("a.pt", lambda path: path.write_bytes(b"no"), r"a\.pt is damaged, or holds more than a torch"),
    "a pickle": ("a.pt", lambda path: torch.save(Path("x"), path), r"holds more than a torch tensor .*torch\.save\("),
    "a dictionary": ("a.pt", lambda path: torch.save({"a": torch.ones(2)}, path), r"a\.pt holds a dict and no torch"),
    "a tensor of the slide": ("a.pt", lambda path: torch.save(torch.ones(3), path), r"one vector for the whole slide"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_read_says_why(case: str, tmp_path: Path) -> None:
    name, make, said = FAILURES[case]
    make(tmp_path / name)
    with pytest.raises(SlideError, match=said):
        inspect_features(tmp_path / name)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "owned",)

    torch.save(Malicious(), tmp_path / "a.pt")
    with pytest.raises(SlideError, match="holds more than a torch tensor"):
        inspect_features(tmp_path / "a.pt")
    assert not (tmp_path / "owned").exists()


def refused(path: Path, copies: int, places: int) -> int:
    """Of copies with so many bytes overwritten, every other one cut off too: no other error, and no crash."""
    whole, rng, found = path.read_bytes(), np.random.default_rng(5), 0
    for copy in range(copies):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), places):
            content[place] = rng.integers(0, 256)
        path.write_bytes(content if copy % 2 else content[: rng.integers(0, len(whole))])
        try:
            inspect_features(path)
        except SlideError:
            found += 1
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damage_is_refused_or_harmless(layout: str, tmp_path: Path) -> None:
    path = LAYOUTS[layout](tmp_path / "a.h5", FEATURES, COORDINATES, 1024)
    assert refused(path, copies=30, places=20) >= 15


def test_a_tensor_with_a_gradient_is_read(tmp_path: Path) -> None:
    torch.save(torch.from_numpy(FEATURES).requires_grad_(), tmp_path / "a.pt")
    assert np.array_equal(read_features(tmp_path / "a.pt"), FEATURES)


@pytest.mark.parametrize("layout", ["archive", "older"])
def test_damaged_tensors_are_refused_or_harmless(layout: str, tmp_path: Path) -> None:
    """A pickle with a few other bytes may fail in any way."""
    path = tmp_path / "a.pt"
    torch.save(torch.from_numpy(FEATURES), path, _use_new_zipfile_serialization=layout == "archive")
    with warnings.catch_warnings(action="ignore"):
        assert refused(path, copies=300, places=3) >= 150
