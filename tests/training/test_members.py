"""Several models a fold: the first is the model of a run with one, the risk is the mean, and a stop loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from pomp.config import override
from pomp.data.splits import Fold
from pomp.errors import ConfigError
from pomp.omics.matrix import OmicsMatrix
from pomp.training import loop
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import Compute
from pomp.training.finetune import predict_risk
from pomp.training.folds import FoldResult, FoldTraining, Hooks
from pomp.training.loop import StopRequested, weights
from tests.small import GENES, SIDE, TYPES, small_config

CPU = Compute(torch.device("cpu"))
PATIENTS = [f"P{number}" for number in range(12)]
FOLD = Fold(1, tuple(PATIENTS[:8]), tuple(PATIENTS[8:]))
EPOCHS = 3


class Log:
    """What a fold tells."""

    def __init__(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.resumed: list[int] = []
        self.epochs: list[tuple[str, int]] = []
        self.hooks = Hooks(self._on_resume, self._on_epoch, should_stop)

    def _on_resume(self, stage: str, fold: int, done: int) -> None:
        if stage == "finetune":
            self.resumed.append(done)

    def _on_epoch(self, stage: str, fold: int, epoch: int, row: dict[str, Any]) -> None:
        self.epochs.append((stage, epoch))


def make(folder: Path, log: Log, unseen: float = 0.0, **changes: Any) -> FoldTraining:
    """`unseen`: what is added to the values and days of the test patients."""
    rng, shift = np.random.default_rng(0), np.repeat([0.0, unseen], [8, 4])
    omics = OmicsMatrix(
        (rng.normal(size=(12, TYPES, GENES)) + shift[:, None, None]).astype(np.float32), np.ones((12, TYPES), bool),
        np.ones((TYPES, GENES), bool), ("a", "b", "c"), {}, tuple(PATIENTS),
    )  # fmt: skip
    outcome = pd.DataFrame({"time_days": np.arange(12) + 1.0 + shift, "event": True}, index=PATIENTS)
    config = small_config(**{
        "model__modalities": "omics", "model__dropout": 0.2, "pretrain__epochs": 0, "finetune__epochs": EPOCHS,
        "finetune__batch_size": 4, **changes,
    })  # fmt: skip
    return FoldTraining(
        config, FOLD, FOLD.train, outcome, PatientData(omics, RegionBank({}, SIDE), outcome), folder, log.hooks
    )


def work(folder: Path, log: Log | None = None, **changes: Any) -> FoldResult:
    fold = make(folder, log or Log(), **changes)
    return fold.finetune(fold.pretrain(CPU), CPU)


def distance(one: torch.nn.Module, other: torch.nn.Module) -> float:
    """Largest difference of a weight."""
    pairs = zip(weights(one).values(), weights(other).values(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("pretraining", [0, 2])
def test_the_first_member_is_the_model_of_a_run_with_one(pretraining: int, tmp_path: Path) -> None:
    alone = work(tmp_path / "one", pretrain__epochs=pretraining)
    among = work(tmp_path / "three", pretrain__epochs=pretraining, finetune__members=3)
    assert (len(alone.models), len(among.models)) == (1, 3)
    assert distance(alone.models[0], among.models[0]) == 0
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert all(distance(among.models[a], among.models[b]) > 1e-4 for a, b in pairs)


@pytest.mark.parametrize(("pretraining", "same"), [(0, False), (2, True)])
def test_members_start_from_what_was_pretrained_or_from_other_weights(
    pretraining: int, same: bool, tmp_path: Path
) -> None:
    nearly_still = {"finetune__learning_rate": 1e-9, "finetune__weight_decay": 0}
    found = work(tmp_path, pretrain__epochs=pretraining, finetune__members=2, **nearly_still)
    assert (distance(*found.models) < 1e-6) == same
    assert found.models[0] is not found.models[1]


def test_the_risk_is_the_mean_of_theirs_and_the_rest_follows_from_it(tmp_path: Path) -> None:
    log = Log()
    found = work(tmp_path, log, finetune__members=3)
    data = make(tmp_path, log, finetune__members=3).data
    each = [[predict_risk(model, data, part, CPU) for model in found.models] for part in (FOLD.train, FOLD.test)]
    known, unseen = (np.mean(risks, axis=0) for risks in each)
    np.testing.assert_allclose(found.training_risks["risk"], known, rtol=1e-12)
    np.testing.assert_allclose(found.predictions["risk"], unseen, rtol=1e-12)
    assert found.predictions["cutoff"].unique() == pytest.approx([np.median(known)])
    assert (found.predictions["epoch"] == EPOCHS).all()


def test_test_patients_leave_no_trace(tmp_path: Path) -> None:
    found, other = (work(tmp_path / str(unseen), unseen=unseen, pretrain__epochs=1) for unseen in (0.0, 3.0))
    assert distance(found.models[0], other.models[0]) == 0
    pd.testing.assert_frame_equal(found.training_risks, other.training_risks)
    pd.testing.assert_frame_equal(found.baseline, other.baseline)
    assert (found.predictions["cutoff"] == other.predictions["cutoff"]).all()
    assert (found.predictions["risk"] != other.predictions["risk"]).all()
    assert (found.predictions["high_risk"] == (found.predictions["risk"] > found.predictions["cutoff"])).all()


def test_a_risk_at_the_cut_is_not_a_high_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FoldTraining, "_predict", lambda self, model, patients, compute: np.zeros(len(patients)))
    assert not work(tmp_path).predictions["high_risk"].any()


def test_pretraining_is_on_whom_the_protocol_names(tmp_path: Path) -> None:
    folds = [make(tmp_path / name, Log(), pretrain__epochs=1) for name in ("training", "all")]
    folds[1].pretraining = PATIENTS
    assert distance(*(fold.pretrain(CPU) for fold in folds)) > 0


def test_epochs_of_members_follow_one_another(tmp_path: Path) -> None:
    log = Log()
    work(tmp_path, log, finetune__members=2)
    assert log.epochs == [("finetune", epoch) for epoch in range(2 * EPOCHS)]
    assert log.resumed == [0]


@pytest.mark.parametrize("stop_after", [0, 1, 4, 6, 7, 9, 13, 17])
def test_a_stopped_and_resumed_fold_is_bit_identical(
    stop_after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three members of three epochs of two steps: eighteen looks at whether to stop."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    whole = work(tmp_path / "whole", finetune__members=3)
    left = iter([False] * stop_after + [True])
    with pytest.raises(StopRequested):
        work(tmp_path / "parts", Log(lambda: next(left)), finetune__members=3)
    log = Log()
    parts = work(tmp_path / "parts", log, finetune__members=3)
    pd.testing.assert_frame_equal(parts.predictions, whole.predictions, check_exact=True)
    pd.testing.assert_frame_equal(parts.training_risks, whole.training_risks, check_exact=True)
    done = stop_after // 2  # whole epochs
    assert log.resumed == [done]
    assert log.epochs == [("finetune", epoch) for epoch in range(done, 3 * EPOCHS)]


def test_a_finished_fold_is_told_as_finished_and_repeats_its_risks(tmp_path: Path) -> None:
    first, log = work(tmp_path, finetune__members=2), Log()
    again = work(tmp_path, log, finetune__members=2)
    assert (log.resumed, log.epochs) == ([2 * EPOCHS], [])
    pd.testing.assert_frame_equal(again.predictions, first.predictions, check_exact=True)


def test_the_best_epoch_on_the_test_fold_is_one_models() -> None:
    with pytest.raises(ConfigError, match=r"members is 2, and protocol paper-released .*choose 1 member or another"):
        small_config(protocol="paper-released", finetune__members=2)
    assert override(small_config(), {"protocol": "paper", "finetune.members": 2}).finetune.total_epochs == 12
