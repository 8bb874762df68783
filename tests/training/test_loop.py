"""The loop: it learns, stops without loss, and a resumed run is the same run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from pomp.config import OptimiserConfig
from pomp.errors import TrainingError
from pomp.model import Pomp
from pomp.training import finetune, loop
from pomp.training.batches import Batch, region_batches
from pomp.training.checkpoint import CheckpointStore
from pomp.training.device import Compute
from pomp.training.finetune import finetune_losses, predict_risk
from pomp.training.fold_names import ALL_PATIENTS
from pomp.training.loop import Stage, StopRequested, backpropagate, learning_rate, train, weights
from pomp.training.pretrain import pretrain_losses
from pomp.training.tally import Losses
from tests.small import batch_of, small_config, small_model

CPU = Compute(torch.device("cpu"))
CONFIG = small_config(**{
    "pretrain__epochs": 4, "pretrain__batch_size": 4, "finetune__epochs": 4, "finetune__batch_size": 6,
    "model__dropout": 0.2, "pretrain__negatives": "multinomial",
})  # fmt: skip


class FakeData:
    """Twelve patients made by hand, in place of `PatientData`."""

    def __init__(self) -> None:
        self.whole = batch_of([3, 1, 0, 5, 2, 2, 4, 1, 3, 2, 6, 1], torch.Generator().manual_seed(1))
        self.regions = self

    def table(self, patient: str) -> torch.Tensor:
        return self.whole.regions[int(patient[1:])]

    def batch(self, patients: Sequence[str]) -> Batch:
        rows = [int(patient[1:]) for patient in patients]
        places = torch.split(self.whole.coordinates, self.whole.layout.counts.tolist())
        return Batch.of(
            patients, [self.whole.regions[row] for row in rows], torch.cat([places[row] for row in rows]),
            self.whole.values[rows], self.whole.present[rows], self.whole.genes[rows],
            self.whole.time_days[rows], self.whole.event[rows],
        )  # fmt: skip


def run_stage(
    name: Any,
    folder: Path,
    should_stop: Callable[[], bool] = lambda: False,
    rows: list[Any] | None = None,
    patients: Sequence[str] | None = None,
) -> Pomp:
    config: OptimiserConfig = CONFIG.pretrain if name == "pretrain" else CONFIG.finetune
    losses = pretrain_losses(CONFIG.pretrain) if name == "pretrain" else finetune_losses(CONFIG.finetune)
    stage = Stage(
        name=name, fold=0, seed=7, config=config, losses=losses, checkpoints=CheckpointStore(folder),
        on_resume=lambda done: None, should_stop=should_stop,
        on_epoch=lambda epoch, row, model: None if rows is None else rows.append((epoch, row)),
    )  # fmt: skip
    model = small_model(model__dropout=0.2, pretrain__negatives="multinomial")
    train(model, FakeData(), patients or FakeData().whole.patients, stage, CPU)  # type: ignore[arg-type]
    return model


def stop_after(checks: int) -> Callable[[], bool]:
    left = iter([False] * checks + [True])
    return lambda: next(left)


@pytest.mark.parametrize("name", ["pretrain", "finetune"])
@pytest.mark.parametrize("checks", [0, 1, 3, 4, 5, 7])
@pytest.mark.parametrize("seconds", [0.0, 3600.0])
def test_a_stopped_and_resumed_run_is_bit_identical(
    name: str, checks: int, seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no finished epoch is repeated, whether each had been saved or none."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", seconds)
    rows: list[Any] = []
    whole = run_stage(name, tmp_path / "whole")
    with pytest.raises(StopRequested):
        run_stage(name, tmp_path / "parts", stop_after(checks), rows)
    torch.rand(99)  # whatever else the process draws must not matter
    resumed = run_stage(name, tmp_path / "parts", rows=rows)
    assert [epoch for epoch, _ in rows] == [0, 1, 2, 3]
    for key, expected in weights(whole).items():
        assert torch.equal(expected, weights(resumed)[key]), key


def test_a_finished_stage_is_loaded_and_not_trained_again(tmp_path: Path) -> None:
    first = run_stage("finetune", tmp_path)
    rows: list[Any] = []
    again = run_stage("finetune", tmp_path, rows=rows)
    assert rows == []
    assert all(torch.equal(value, weights(again)[key]) for key, value in weights(first).items())


def test_every_task_is_reported_and_the_total_is_their_weighted_sum(tmp_path: Path) -> None:
    """Of patients who lack nothing: P2 has no slide."""
    rows: list[Any] = []
    run_stage("pretrain", tmp_path, rows=rows, patients=[name for name in FakeData().whole.patients if name != "P2"])
    assert [epoch for epoch, _ in rows] == [0, 1, 2, 3]
    for _, row in rows:
        assert row["total"] == pytest.approx(row["poc"] + row["pom"] + row["mom"], rel=1e-5)


def test_a_task_is_reported_over_who_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[int, float]] = []

    def noted(*args: Any) -> Losses:
        terms = backpropagate(*args)
        steps.append((len(args[1].pairs), terms["poc"].item()))
        return terms

    monkeypatch.setattr(loop, "backpropagate", noted)
    rows: list[Any] = []
    run_stage("pretrain", tmp_path, rows=rows)
    for epoch, row in rows:
        own = steps[3 * epoch : 3 * epoch + 3]
        assert sorted(pairs for pairs, _ in own) == [3, 4, 4]  # P2 has no slide
        assert row["poc"] == pytest.approx(sum(pairs * poc for pairs, poc in own) / 11, rel=1e-5)


def test_what_an_epoch_took_is_reported(tmp_path: Path) -> None:
    rows: list[Any] = []
    run_stage("finetune", tmp_path, rows=rows)
    regions = sum(map(len, FakeData().whole.regions))
    for _, row in rows:
        assert row["regions_per_second"] * row["seconds"] == pytest.approx(regions)
        assert 0.05 < row["memory_gb"] < 500  # a process with torch takes more than 50 MB


def test_without_regions_and_where_nobody_tells_the_memory_there_is_no_such_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "peak_bytes", lambda: None)
    assert loop._effort(torch.device("cpu"), 0, 2.0) == {"seconds": 2.0}
    assert loop._effort(torch.device("cpu"), 8, 2.0) == {"seconds": 2.0, "regions_per_second": 4.0}


@pytest.mark.parametrize(("fold", "words"), [(2, "fold 3"), (ALL_PATIENTS, "all patients")])
def test_a_loss_that_is_not_finite_names_the_patients(fold: int, words: str, tmp_path: Path) -> None:
    def broken(model: Pomp, batch: Batch, embedded: torch.Tensor) -> Losses:
        return {"total": model.log_temperature * torch.nan}

    stage = Stage(
        name="pretrain", fold=fold, seed=0, config=CONFIG.pretrain, losses=broken,
        checkpoints=CheckpointStore(tmp_path), on_resume=lambda done: None, on_epoch=lambda *_: None,
        should_stop=lambda: False,
    )  # fmt: skip
    with pytest.raises(
        TrainingError, match=rf"The loss became nan in pretrain of {words}, epoch 1, with patients P\d+"
    ):
        train(small_model(), FakeData(), FakeData().whole.patients, stage, CPU)  # type: ignore[arg-type]


@pytest.mark.parametrize(("start", "towards"), [(-9.0, 1.0), (4.0, -1.0)])
def test_a_temperature_beyond_its_limits_returns(start: float, towards: float, tmp_path: Path) -> None:
    def losses(model: Pomp, batch: Batch, embedded: torch.Tensor) -> Losses:
        return {"total": -towards * model.temperature}

    config = small_config(pretrain__epochs=3).pretrain
    stage = Stage(
        name="pretrain", fold=0, seed=0, config=config, losses=losses, checkpoints=CheckpointStore(tmp_path),
        on_resume=lambda done: None, on_epoch=lambda *_: None, should_stop=lambda: False,
    )  # fmt: skip
    model = small_model()
    with torch.no_grad():
        model.log_temperature.fill_(start)
    limit = model.temperature.item()
    train(model, FakeData(), FakeData().whole.patients, stage, CPU)  # type: ignore[arg-type]
    assert (model.temperature.item() - limit) * towards > 0


class Given:
    """Embeddings that nothing computes, on a device that may not be there."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute

    def forward(self, batch: Batch, seed: tuple[int, ...]) -> torch.Tensor:
        return torch.zeros(len(batch.coordinates), 1, requires_grad=True)

    def backward(self, gradient: torch.Tensor | None) -> None:
        self.precision = torch.get_float32_matmul_precision()

    def shrink(self) -> bool:
        return False


def test_losses_and_gradients_have_the_precision_of_a_step() -> None:
    seen = []

    def losses(model: Any, batch: Batch, embedded: torch.Tensor) -> Losses:
        seen.append(torch.get_float32_matmul_precision())
        return {"total": embedded.sum()}

    embedding = Given(Compute(torch.device("cuda"), torch.bfloat16))
    batch = batch_of([2], torch.Generator().manual_seed(0))
    backpropagate(small_model(), batch, losses, embedding, (0,))
    assert [*seen, embedding.precision] == ["high", "high"]
    assert torch.get_float32_matmul_precision() == "highest"


def test_predictions_do_not_depend_on_how_patients_are_batched(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one batch, in batches of at most so many regions, and each alone."""
    data, model = FakeData(), small_model()
    whole, sizes = FakeData.batch, list[int]()

    def noted(data: FakeData, patients: Sequence[str]) -> Batch:
        sizes.append(len(patients))
        return whole(data, patients)

    monkeypatch.setattr(FakeData, "batch", noted)
    expected = predict_risk(model, data, data.whole.patients, CPU)  # type: ignore[arg-type]
    for regions, batches in ((9, [3] * 4), (1, [1] * 12)):
        sizes.clear()
        monkeypatch.setattr(finetune, "region_batches", partial(region_batches, regions=regions))
        found = predict_risk(model, data, data.whole.patients, CPU)  # type: ignore[arg-type]
        assert sizes == batches
        assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0.0, [1, 1, 1, 1]),
        ("cosine", 0.0, [1, 0.853553, 0.5, 0.146447]),
        ("constant", 0.5, [1 / 3, 2 / 3, 1, 1]),
        ("cosine", 0.5, [1 / 3, 2 / 3, 1, 0.5]),  # the cosine begins where the warm-up ends
    ],
)
def test_learning_rate(schedule: Any, warmup: float, expected: list[float]) -> None:
    config = OptimiserConfig(epochs=4, learning_rate=1.0, schedule=schedule, warmup=warmup)
    assert [learning_rate(config, step, 4) for step in range(4)] == pytest.approx(expected, abs=1e-6)
