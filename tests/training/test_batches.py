"""Regions on their way from files to batches: pixels and features, within a limit and within memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pomp.omics.matrix import OmicsMatrix
from pomp.slides.features import FeatureFile, inspect_features
from pomp.slides.store import SlideRegions, write_regions
from pomp.training import bank as bank_module
from pomp.training.bank import FeatureBank, RegionBank
from pomp.training.batches import PatientData, read_ahead
from tests.slides.layouts import LAYOUTS, write_tensor, write_trident

COLUMNS = ["slide", "file", "index", "row", "column", "x", "y", "size", "size_stated"]


def numbered(count: int, first: int = 0, kind: type = np.float32) -> np.ndarray:
    """(count, 2): each row its own number, counted from `first`, and its negative."""
    numbers = np.arange(first, first + count)
    return np.stack([numbers, -numbers], axis=1).astype(kind)


def write_features(folder: Path, kind: type = np.float32) -> dict[str, dict[str, FeatureFile]]:
    """P1 has two slides, of 4 regions in a row and of 2 without coordinates; P2 has one of 3."""
    row = np.array([[512 * k, 1024] for k in range(1, 5)])
    first = write_trident(folder / "a.h5", numbered(4, 0, kind), row, 512)
    second = write_tensor(folder / "b.h5", numbered(2, 10, kind), row[:2], 512)
    third = write_trident(folder / "c.h5", numbered(3, 20, kind), row[:3], 512)
    return {
        "P1": {"one": inspect_features(first), "two": inspect_features(second)},
        "P2": {"three": inspect_features(third)},
    }


def data_of(bank: RegionBank) -> PatientData:
    patients = ["P1", "P2", "P3"]
    outcome = pd.DataFrame({"time_days": [1.0, 2.0, 3.0], "event": [True, False, True]}, index=patients)
    return PatientData(OmicsMatrix.empty(patients), bank, outcome)


def test_slides_of_a_patient_follow_each_other(tmp_path: Path) -> None:
    bank = FeatureBank(write_features(tmp_path))
    table = bank.table("P1")
    assert bank.features == 2
    assert set(table.columns) == set(COLUMNS)
    assert table["slide"].tolist() == ["one"] * 4 + ["two"] * 2
    assert table[["row", "column"]].to_numpy().tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [0, 0], [0, 0]]
    assert table["x"].to_numpy() == pytest.approx([512, 1024, 1536, 2048, np.nan, np.nan], nan_ok=True)
    assert table["size"].to_numpy() == pytest.approx([512] * 4 + [np.nan] * 2, nan_ok=True)
    assert np.array_equal(bank.read("P1"), np.concatenate([numbered(4), numbered(2, 10)]))


def test_a_region_is_known_by_its_index_in_the_file(tmp_path: Path) -> None:
    table = FeatureBank(write_features(tmp_path)).table("P1")
    assert table["index"].tolist() == [0, 1, 2, 3, 0, 1]
    sampled = FeatureBank(write_features(tmp_path), limit=3).table("P1")
    assert sampled[["slide", "index"]].to_numpy().tolist() == [["one", 1], ["one", 3], ["two", 1]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_size_that_the_file_does_not_state_is_no_fact(layout: str, tmp_path: Path) -> None:
    corners = np.array([[512 * k, 1024] for k in range(4)])
    file = inspect_features(LAYOUTS[layout](tmp_path / "a.h5", numbered(4), corners, 512))
    table = FeatureBank({"P1": {"a": file}}).table("P1")
    assert table["size_stated"].tolist() == [layout in ("TRIDENT", "older TRIDENT", "CLAM")] * 4


def test_a_batch_of_features(tmp_path: Path) -> None:
    batch = data_of(FeatureBank(write_features(tmp_path))).batch(["P2", "P3", "P1"])
    assert batch.layout.counts.tolist() == [3, 0, 6]
    assert torch.cat(batch.regions)[:, 0].tolist() == [20, 21, 22, 0, 1, 2, 3, 10, 11]
    assert batch.coordinates.tolist() == [[0, 0], [0, 1], [0, 2], [0, 0], [0, 1], [0, 2], [0, 3], [0, 0], [0, 0]]
    assert batch.coordinates.dtype == torch.int64


@pytest.mark.parametrize(("kind", "expected"), [(np.float16, torch.float16), (np.float32, torch.float32)])
@pytest.mark.parametrize("patients", [["P1", "P2"], ["P3", "P1"]])
def test_float16_stays_float16(kind: type, expected: torch.dtype, patients: list[str], tmp_path: Path) -> None:
    batch = data_of(FeatureBank(write_features(tmp_path, kind))).batch(patients)
    assert batch.regions[patients.index("P1")].dtype == expected


def test_a_limit_is_spread_evenly_over_all_slides(tmp_path: Path) -> None:
    bank = FeatureBank(write_features(tmp_path), limit=3)
    assert bank.read("P1")[:, 0].tolist() == [1, 3, 11]  # the middle of each third of six
    assert len(bank.table("P1")) == len(bank.table("P2")) == 3


def write_pixels(folder: Path) -> dict[str, list[Path]]:
    """P1 and P2 have a slide of two regions each, which show the numbers 1, 2 and 3, 4."""
    files: dict[str, list[Path]] = {}
    for patient, first in (("P1", 1), ("P2", 3)):
        regions = SlideRegions(
            slide=f"slide of {patient}", coordinates=np.array([[64, 0], [64, 128]]), grid=np.array([[0, 1], [2, 1]]),
            tissue=np.ones(2, np.float32), region_px=64, downsample=8, mpp=None, magnification=None, width=200,
            height=200, thumbnail=np.zeros((2, 2, 3), np.uint8), mask=np.ones((2, 2), bool),
        )  # fmt: skip
        files[patient] = [folder / f"{patient}.h5"]
        write_regions(files[patient][0], regions, [np.full((8, 8, 3), first + k, np.uint8) for k in range(2)])
    return files


def test_a_batch_of_pixels(tmp_path: Path) -> None:
    bank = RegionBank(write_pixels(tmp_path), side=8)
    batch = data_of(bank).batch(["P2", "P3", "P1"])
    assert bank.features is None
    assert batch.layout.counts.tolist() == [2, 0, 2]
    regions = torch.cat(batch.regions)
    assert regions.shape == (4, 8, 8, 3)
    assert regions.dtype == torch.uint8
    assert regions[:, 7, 7, 2].tolist() == [3, 4, 1, 2]
    assert batch.coordinates.tolist() == [[0, 0], [2, 0]] * 2
    assert bank.table("P1")[["slide", "x", "y", "size"]].to_numpy().tolist() == [
        ["slide of P1", 64, 0, 64], ["slide of P1", 64, 128, 64],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("allowed", "again"),
    [(0, ["P1", "P2", "P1", "P2"]), (48, ["P1", "P2", "P2"]), (72, ["P1", "P2"]), (71, ["P1", "P2", "P2"])],
)
def test_what_exceeds_the_memory_is_read_each_time(
    allowed: int, again: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1 takes 6 × 2 × 4 = 48 bytes, P2 24."""
    owner = {"a.h5": "P1", "b.pt": "", "c.h5": "P2"}
    seen: list[str] = []

    def read(path: Path, indices: list[int]) -> np.ndarray:
        seen.append(owner[path.name])
        return numbered(len(indices))

    monkeypatch.setattr(bank_module, "read_features", read)
    bank = FeatureBank(write_features(tmp_path))
    bank.keep({torch.device("cpu"): allowed})
    first = [bank.read(patient) for patient in ("P1", "P2")]
    second = [bank.read(patient) for patient in ("P1", "P2")]
    assert [name for name in seen if name] == again
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_a_patient_without_slides(tmp_path: Path) -> None:
    bank = FeatureBank(write_features(tmp_path))
    assert bank.table("P3").empty
    assert bank.read("P3").shape == (0, 2)
    assert RegionBank({}, side=8).read("P3").shape == (0, 8, 8, 3)


def test_batches_are_read_ahead_in_order(tmp_path: Path) -> None:
    data, names = data_of(FeatureBank(write_features(tmp_path))), [["P1"], ["P2", "P3"], ["P3"]]
    found = list(read_ahead(data, names, torch.device("cpu")))
    assert [list(given) for given, _ in found] == names
    assert [list(batch.patients) for _, batch in found] == names


def test_reading_ahead_ends_with_its_reader_and_passes_errors_on(tmp_path: Path) -> None:
    data = data_of(FeatureBank(write_features(tmp_path)))
    asked: list[str] = []

    def endless() -> Iterator[list[str]]:
        while True:
            asked.append("P1")
            yield ["P1"]

    batches = read_ahead(data, endless(), torch.device("cpu"))
    next(batches)
    batches.close()
    assert len(asked) == 2  # one in hand, one ahead
    with pytest.raises(KeyError, match="nobody"):
        list(read_ahead(data, [["P1"], ["nobody"]], torch.device("cpu")))


def matrix_of(patients: tuple[str, ...], value: float, genes: list[list[bool]]) -> OmicsMatrix:
    """One value wherever there is a gene."""
    mask = np.array(genes)
    values = np.broadcast_to(np.where(mask, value, 0), (len(patients), *mask.shape)).astype(np.float32)
    return OmicsMatrix(values, np.ones((len(patients), len(mask)), np.bool_), mask, ("a", "b"), {}, patients)


def test_patients_of_several_cohorts_in_one_batch_each_with_the_genes_of_its_own() -> None:
    liver, breast = [[True, True, False], [True, False, False]], [[True, False, True], [True, True, True]]
    outcome = pd.DataFrame({"time_days": [1.0, 2.0, 3.0], "event": [True, False, True]}, index=["L1", "B1", "B2"])
    data = PatientData(
        matrix_of(("L1",), 1.0, liver), RegionBank({}, 4), outcome, [matrix_of(("B1", "B2"), 2.0, breast)]
    )
    assert data.shape == (2, 3)
    batch = data.batch(["B2", "L1", "B1"])
    assert batch.genes.tolist() == [breast, liver, breast]
    assert batch.values[1].tolist() == [[1, 1, 0], [1, 0, 0]]
    assert batch.values[0].tolist() == batch.values[2].tolist() == [[2, 0, 2], [2, 2, 2]]
    assert batch.time_days.tolist() == [3, 1, 2]
