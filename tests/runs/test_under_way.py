"""What is said of several folds at once."""

from __future__ import annotations

from typing import Any

import pytest

from pomp.runs.under_way import together


def tuning(fold: int, epoch: int | None) -> dict[str, Any]:
    return {"stage": "finetune", "fold": fold, "epoch": epoch, "epochs": 6, "message": ""}


def training(fold: int, epoch: int | None) -> dict[str, Any]:
    return {"stage": "pretrain", "fold": fold, "epoch": epoch, "epochs": 10, "message": "60 patients of 2 cohorts"}


SELECTING = {"stage": "select", "fold": 0, "epoch": None, "message": "mrna: forest (3 of 9)"}


@pytest.mark.parametrize(("folds", "stage", "message"), [
    ([tuning(1, 4), tuning(0, 3)], "finetune", "fold 1: epoch 3 of 6; fold 2: epoch 4 of 6"),
    ([tuning(0, 1), training(1, 9)], "pretrain", "fold 1: fine-tuning, epoch 1 of 6; fold 2: epoch 9 of 10"),
    ([SELECTING, training(2, None)], "select", "fold 1: choosing genes; fold 3: pre-training"),
])  # fmt: skip
def test_several_folds(folds: list[dict[str, Any]], stage: str, message: str) -> None:
    assert together(folds) == {"stage": stage, "fold": None, "epoch": None, "epochs": None, "message": message}


def test_one_fold_is_told_of_as_it_is() -> None:
    assert together([tuning(3, 2)]) == tuning(3, 2)
