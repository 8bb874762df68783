"""What a step of training is: its mode, its rate, its gradient, and what is drawn in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pomp.config import OptimiserConfig
from pomp.errors import TrainingError
from pomp.model import SurvivalModel
from pomp.training import loop
from pomp.training.batches import Batch
from pomp.training.checkpoint import CheckpointStore
from pomp.training.device import Compute
from pomp.training.fold_names import ALL_PATIENTS
from pomp.training.loop import Stage, learning_rate, train
from pomp.training.tally import Losses, Tally
from tests.small import batch_of

CPU = Compute(torch.device("cpu"))
START = (1.0, -2.0)
PATIENTS = [f"P{number}" for number in range(8)]
CONFIG = OptimiserConfig(epochs=3, batch_size=4, learning_rate=0.1, clip_norm=None, weight_decay=0.0)
"""Two steps an epoch."""


class Two(SurvivalModel):
    """Two numbers, and no region."""

    width, modalities = 2, "omics"

    def __init__(self) -> None:
        super().__init__()
        self.numbers = nn.Parameter(torch.tensor(START))

    @property
    def embedding(self) -> nn.Module:
        return nn.Identity()


class Nobody:
    """Patients without regions, in place of `PatientData`."""

    def batch(self, patients: Sequence[str]) -> Batch:
        batch = batch_of([0] * len(patients), torch.Generator().manual_seed(0))
        return Batch.of(
            patients, batch.regions, batch.coordinates, batch.values, batch.present, batch.genes, batch.time_days,
            batch.event,
        )  # fmt: skip


class Trained:
    """What a stage did: the gradients that it was given, a step each, and what it made of them."""

    def __init__(self, folder: Path, config: OptimiserConfig = CONFIG, **named: Any) -> None:
        self.gradients: list[list[float]] = []
        self.patients: list[tuple[str, ...]] = []
        self.draws: list[float] = []
        self.in_training: list[bool] = []
        self.rates: list[float] = []
        stage = Stage(
            **{"name": "finetune", "fold": 0, "seed": 7, **named}, config=config, losses=self._losses,
            checkpoints=CheckpointStore(folder), on_resume=lambda done: None, on_epoch=self._on_epoch,
            should_stop=lambda: False,
        )  # fmt: skip
        self.model = Two()
        train(self.model, Nobody(), PATIENTS, stage, CPU)  # type: ignore[arg-type]

    def _losses(self, model: Two, batch: Batch, embedded: Tensor) -> Losses:
        step = len(self.gradients) + 1
        self.gradients.append([3.0 * step, -4.0])
        self.patients.append(batch.patients)
        self.draws.append(torch.rand(()).item())
        self.in_training.append(model.training)
        return {"total": (model.numbers * torch.tensor(self.gradients[-1])).sum()}

    def _on_epoch(self, epoch: int, row: dict[str, float], model: SurvivalModel) -> None:
        self.rates.append(row["learning_rate"])
        model.eval()  # as a prediction after an epoch leaves it


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "a decay of weights": {"weight_decay": 0.5},
    "a decay in Adam": {"weight_decay": 0.5, "optimiser": "adam"},
    "a warm-up and a cosine": {"warmup": 0.3, "schedule": "cosine"},
    "gradients of norm 6 at most": {"clip_norm": 6.0},  # that of the first is 5
}


@pytest.mark.parametrize("case", SETTINGS)
def test_the_steps_are_those_of_the_settings(case: str, tmp_path: Path) -> None:
    """Six steps of torch's own optimiser, written out."""
    config = CONFIG.model_copy(update=SETTINGS[case])
    found = Trained(tmp_path, config)
    numbers = nn.Parameter(torch.tensor(START))
    kind = torch.optim.Adam if config.optimiser == "adam" else torch.optim.AdamW
    optimiser = kind([numbers], weight_decay=config.weight_decay)
    rates = [learning_rate(config, step, 6) for step in range(6)]
    for step, rate in enumerate(rates):
        gradient = torch.tensor(found.gradients[step])
        numbers.grad = gradient * min(1.0, (config.clip_norm or 1e9) / gradient.norm().item())
        optimiser.param_groups[0]["lr"] = rate
        optimiser.step()
    assert len(found.gradients) == 6
    torch.testing.assert_close(found.model.numbers, numbers, rtol=1e-5, atol=1e-6)
    assert found.rates == pytest.approx(rates[1::2])


def test_settings_of_a_step_make_a_difference(tmp_path: Path) -> None:
    """Or the case above would show nothing."""
    ends = [
        tuple(Trained(tmp_path / str(number), CONFIG.model_copy(update=changes)).model.numbers.tolist())
        for number, changes in enumerate(SETTINGS.values())
    ]
    assert len(set(ends)) == len(SETTINGS)


def test_every_step_is_in_training_mode_also_after_an_epoch_that_ended_in_a_prediction(tmp_path: Path) -> None:
    assert Trained(tmp_path).in_training == [True] * 6


def test_every_epoch_has_all_patients_once_in_another_order(tmp_path: Path) -> None:
    steps = Trained(tmp_path).patients
    epochs = [[*steps[place], *steps[place + 1]] for place in (0, 2, 4)]
    assert all(sorted(epoch) == PATIENTS for epoch in epochs)
    assert all(len(step) == 4 for step in steps)
    assert len(set(map(tuple, epochs))) == 3


def test_what_is_drawn_is_another_in_every_step_fold_stage_and_seed(tmp_path: Path) -> None:
    others: list[dict[str, Any]] = [{}, {"fold": 1}, {"fold": ALL_PATIENTS}, {"name": "pretrain"}, {"seed": 8}]
    stages = [Trained(tmp_path / str(number), **changes) for number, changes in enumerate(others)]
    draws = [draw for stage in stages for draw in stage.draws]
    assert len(set(draws)) == len(draws) == 6 * len(others)
    assert len({tuple(stage.patients) for stage in stages}) == len(others)
    assert Trained(tmp_path / "again").draws == stages[0].draws


def test_a_bad_loss_ends_an_epoch_also_where_losses_are_read_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU, and before the epoch is told or kept."""
    told: list[int] = []
    monkeypatch.setattr(loop, "Tally", lambda device: Tally(torch.device("meta")))
    monkeypatch.setattr(Trained, "_on_epoch", lambda self, epoch, row, model: told.append(epoch))
    monkeypatch.setattr(Trained, "_losses", lambda self, model, *_: {"total": model.numbers.sum() * torch.nan})
    with pytest.raises(TrainingError, match=r"The loss became nan in finetune of fold 1, epoch 1, with patients P\d"):
        Trained(tmp_path)
    assert told == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_finished_epochs_are_kept_where_a_later_one_goes_wrong(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the message says, although none of them was saved: they are short, and share a checkpoint."""
    monkeypatch.setattr(loop, "Tally", lambda _: Tally(torch.device(device)))
    given = Trained._losses

    def bad_in_the_third_epoch(self: Trained, model: Two, batch: Batch, embedded: Tensor) -> Losses:
        terms = given(self, model, batch, embedded)
        return {"total": terms["total"] * (torch.nan if len(self.gradients) == 6 else 1)}

    monkeypatch.setattr(Trained, "_losses", bad_in_the_third_epoch)
    with pytest.raises(TrainingError, match=r"epoch 3, with patients P\d.* The last good state is kept"):
        Trained(tmp_path / "bad")
    kept = CheckpointStore(tmp_path / "bad").load()
    assert kept is not None
    assert kept.epoch == 2
    monkeypatch.undo()
    two = Trained(tmp_path / "two", CONFIG.model_copy(update={"epochs": 2}))
    assert torch.equal(kept.tensors["model.numbers"], two.model.numbers)
