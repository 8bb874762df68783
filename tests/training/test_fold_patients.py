"""Whom a fold is fine-tuned on, and which weights it starts from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pomp.model import SurvivalModel
from tests.training.test_members import CPU, FOLD, PATIENTS, Log, distance, make


def pretrained(folder: Path, index: int, **changes: Any) -> SurvivalModel:
    """Of a fold with that number, which starts anew; its patients are the same for every number."""
    fold = make(folder / str(index), Log(), **changes)
    fold.fold = replace(FOLD, index=index)
    return fold.pretrain(CPU)


def test_fine_tuning_is_on_the_training_fold_whoever_was_pre_trained_on(tmp_path: Path) -> None:
    """As by the paper's protocol, which pre-trains on everybody."""
    folds = [make(tmp_path / name, Log()) for name in ("training", "all")]
    folds[1].pretraining = PATIENTS
    own, other = (fold.finetune(fold.pretrain(CPU), CPU) for fold in folds)
    assert distance(own.models[0], other.models[0]) == 0
    pd.testing.assert_frame_equal(own.predictions, other.predictions, check_exact=True)


@pytest.mark.parametrize("epochs", [0, 2])
@pytest.mark.parametrize(("protocol", "same"), [("honest", False), ("paper", True)])
def test_folds_share_their_start_where_everybody_is_pre_trained_on(
    epochs: int, protocol: str, same: bool, tmp_path: Path
) -> None:
    """Whichever of them comes first."""
    starts = [pretrained(tmp_path, index, protocol=protocol, pretrain__epochs=epochs) for index in (0, 1)]
    assert (distance(*starts) == 0) == same


@pytest.mark.parametrize("changes", [{"seed": 1}, {"seed": 1, "pretrain__epochs": 2}])
def test_another_seed_is_another_start(changes: dict[str, Any], tmp_path: Path) -> None:
    plain = {name: value for name, value in changes.items() if name != "seed"}
    one, other = (pretrained(tmp_path / str(len(set_)), 0, **set_) for set_ in (plain, changes))
    assert distance(one, other) > 1e-3


def test_further_members_of_folds_differ_as_the_first_ones_do(tmp_path: Path) -> None:
    """Without pre-training each starts from weights of its own, in each fold."""
    starts = []
    for index in (0, 1):
        fold = make(tmp_path / str(index), Log(), finetune__members=2)
        fold.fold = replace(FOLD, index=index)
        starts += fold._members(fold.pretrain(CPU), CPU)
    pairs = [(one, other) for place, one in enumerate(starts) for other in starts[:place]]
    assert all(distance(one, other) > 1e-3 for one, other in pairs)
