"""When folds go side by side, and with how many threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pomp.config import PRESETS, override
from pomp.data.cohort import read_cohort
from pomp.runs.company import read_company
from pomp.runs.fold_division import (
    PROCESS_BYTES,
    Division,
    FoldCost,
    divide,
    fold_cost,
    folds_at_a_time,
    limited_threads,
)
from pomp.runs.workspace import Workspace
from pomp.training.bank import RegionBank
from tests.runs.omics_cohort import write_omics_cohort

GIB = 2**30


def small(seconds: float = 60.0, memory: int = GIB) -> FoldCost:
    return FoldCost(seconds, memory, matrix_bound=False)


LARGE = FoldCost(3600.0, GIB, matrix_bound=True)


@pytest.mark.parametrize(("cost", "device", "cores", "free", "folds", "expected"), [
    (small(), "cpu", 2, 20 * GIB, 5, 2),
    (small(), "cpu", 16, 20 * GIB, 5, 5),
    (small(), "cpu", 1, 20 * GIB, 5, 1),
    (small(), "cpu", 16, 20 * GIB, 1, 1),
    (small(), "cpu", 16, 5 * GIB, 5, 4),  # 80 % of 5 GiB hold four
    (small(), "cpu", 16, GIB, 5, 1),
    (small(), "cpu", 16, None, 5, 2),  # nobody tells how much memory is free
    (small(3.9), "cpu", 2, 20 * GIB, 5, 1),  # three rounds in place of five spare 7.8 s; processes take 8 s to start
    (small(4.1), "cpu", 2, 20 * GIB, 5, 2),
    (LARGE, "cpu", 16, 20 * GIB, 5, 1),
    (small(), "cuda", 16, 20 * GIB, 5, 1),
    (small(), "mps", 16, 20 * GIB, 5, 1),
])  # fmt: skip
def test_folds_at_a_time(
    cost: FoldCost, device: str, cores: int, free: int | None, folds: int, expected: int
) -> None:  # fmt: skip
    assert folds_at_a_time(cost, device, cores, free, folds) == expected


@pytest.mark.parametrize(("folds", "cores", "begun", "expected"), [
    (1, 8, None, Division(1, 8)),
    (5, 8, None, Division(5, 1)),
    (3, 8, None, Division(3, 2)),
    (1, 8, 2, Division(1, 2)),  # memory is short today, and the threads stay
    (5, 8, 4, Division(2, 4)),
    (2, 2, 2, Division(1, 2)),  # it began one after another
    (2, 2, 8, Division(1, 2)),  # on a larger machine
])  # fmt: skip
def test_a_run_goes_on_with_the_threads_it_began_with(
    folds: int, cores: int, begun: int | None, expected: Division
) -> None:  # fmt: skip
    assert divide(folds, cores, begun) == expected


def cost_of(folder: Path, changes: dict[str, Any], bank: RegionBank) -> FoldCost:
    cohort = read_cohort(write_omics_cohort(folder / "cohorts" / "liver", "L", seed=1))
    run = Workspace(folder).runs.create(cohort, override(PRESETS["demo"], {"folds": 2}))
    return fold_cost(override(run.config, changes), read_company(run), bank)


def test_the_cost_of_a_fold_by_hand(tmp_path: Path) -> None:
    epochs = {"pretrain.epochs": 100, "finetune.epochs": 10, "pretrain.batch_size": 10, "finetune.batch_size": 20}
    cost = cost_of(tmp_path, epochs, RegionBank({}, 32))
    # Twenty patients: two steps an epoch, then one, of 20 ms; forty patients with 20 and 12 genes.
    assert cost.seconds == pytest.approx((100 * 2 + 10) * 0.02)
    assert cost.memory == PROCESS_BYTES + 3 * 40 * (20 + 12) * 8
    assert not cost.matrix_bound
    three = cost_of(tmp_path / "three", {**epochs, "finetune.members": 3}, RegionBank({}, 32))
    assert three.seconds == pytest.approx((100 * 2 + 3 * 10) * 0.02)


@pytest.mark.parametrize(("preset", "modalities", "bound"), [
    ("demo", "both", False), ("honest", "both", True), ("honest", "omics", False),
])  # fmt: skip
def test_large_regions_are_bound_by_matrix_products(preset: str, modalities: str, bound: bool, tmp_path: Path) -> None:
    base = PRESETS[preset]  # type: ignore[index]
    changes = {
        "model.modalities": modalities, "model.width": base.model.width, "model.heads": base.model.heads,
        "slides.region_px": base.slides.region_px,
    }  # fmt: skip
    cost = cost_of(tmp_path, changes, RegionBank({}, base.slides.side))
    assert cost.matrix_bound == bound


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with limited_threads(3):
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
