"""A system is a model with the losses of its stages, and the fold trains whichever it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from pomp.config import FinetuneConfig, PretrainConfig, RunConfig
from pomp.data.splits import Fold
from pomp.errors import ConfigError
from pomp.model import Pomp, SurvivalModel
from pomp.objectives.cox import cox_loss
from pomp.omics.matrix import OmicsMatrix
from pomp.training.bank import RegionBank
from pomp.training.batches import Batch, PatientData
from pomp.training.device import Compute
from pomp.training.folds import FoldTraining, Hooks
from pomp.training.loop import StepLosses
from pomp.training.system import POMP, System
from pomp.training.tally import Losses
from tests.small import GENES, SIDE, TYPES, small_config

CPU = Compute(torch.device("cpu"))
PATIENTS = [f"P{number}" for number in range(12)]
FOLD = Fold(0, tuple(PATIENTS[:8]), tuple(PATIENTS[8:]))


class OneGene(SurvivalModel):
    """Risk is a learnt multiple of the first gene."""

    def __init__(self, config: RunConfig, types: int, genes: int, features: int | None) -> None:
        super().__init__()
        self.width, self.modalities = config.model.width, config.model.modalities
        self.made_for = (types, genes, features)
        self.scale = nn.Parameter(torch.randn(()))

    @property
    def embedding(self) -> nn.Module:
        return nn.Identity()


def one_gene(model: OneGene, batch: Batch, embedded: Tensor) -> Tensor:
    return model.scale * batch.values[:, 0, 0]


def one_gene_survival(config: FinetuneConfig) -> StepLosses:
    def losses(model: OneGene, batch: Batch, embedded: Tensor) -> Losses:
        loss = cox_loss(one_gene(model, batch, embedded), batch.time_days, batch.event, config.ties)
        return {"cox": loss, "total": loss}

    return losses


def towards_3(_: PretrainConfig) -> StepLosses:
    def losses(model: OneGene, batch: Batch, embedded: Tensor) -> Losses:
        loss = (model.scale - 3).square()
        return {"far": loss, "total": loss}

    return losses


def training(folder: Path, system: System, rows: list[Any], **changes: Any) -> FoldTraining:
    rng = np.random.default_rng(0)
    omics = OmicsMatrix(
        rng.normal(size=(12, TYPES, GENES)).astype(np.float32), np.ones((12, TYPES), bool),
        np.ones((TYPES, GENES), bool), ("a", "b", "c"), {}, tuple(PATIENTS),
    )  # fmt: skip
    outcome = pd.DataFrame({"time_days": np.arange(12) + 1.0, "event": True}, index=PATIENTS)
    config = small_config(
        model__modalities="omics", pretrain__epochs=2, finetune__epochs=1, pretrain__learning_rate=0.5, **changes
    )
    hooks = Hooks(lambda *_: None, lambda *row: rows.append(row), lambda: False)
    data = PatientData(omics, RegionBank({}, SIDE), outcome)
    return FoldTraining(config, FOLD, FOLD.train, outcome, data, folder, hooks, system=system)


PRETRAINED = System(OneGene, one_gene, one_gene_survival, towards_3)
SUPERVISED = System(OneGene, one_gene, one_gene_survival, None)


def test_each_stage_has_the_systems_own_losses_and_the_risks_are_its_own(tmp_path: Path) -> None:
    rows: list[Any] = []
    fold = training(tmp_path, PRETRAINED, rows)
    model = fold.pretrain(CPU)
    assert isinstance(model, OneGene)
    assert model.made_for == (TYPES, GENES, None)
    result = fold.finetune(model, CPU)
    assert [(stage, epoch, "far" in row, "cox" in row) for stage, _, epoch, row in rows] == [
        ("pretrain", 0, True, False), ("pretrain", 1, True, False), ("finetune", 0, False, True),
    ]  # fmt: skip
    first = fold.data.batch(FOLD.test).values[:, 0, 0].double().numpy()
    np.testing.assert_allclose(result.predictions["risk"], model.scale.item() * first, rtol=1e-6)


def test_what_is_not_pretrained_is_the_fresh_model_whatever_the_settings_say(tmp_path: Path) -> None:
    rows: list[Any] = []
    fold = training(tmp_path, SUPERVISED, rows)
    assert fold.config.pretrain.epochs == 2
    model, fresh = fold.pretrain(CPU), training(tmp_path, SUPERVISED, []).pretrain(CPU)
    assert not rows
    assert model.scale.item() == fresh.scale.item()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_weights_are_those_of_the_seed_and_the_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        cast("OneGene", SUPERVISED.build(small_config(), TYPES, GENES, seed, features=5)) for seed in (1, 1, 2)
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.scale.item() == again.scale.item() != other.scale.item()
    assert first.made_for == (TYPES, GENES, 5)


def test_pomp_is_one_of_them() -> None:
    assert isinstance(POMP.build(small_config(), TYPES, GENES, 0), Pomp)
    with pytest.raises(ConfigError, match="resolve it against the cohort"):
        POMP.build(small_config(model__modalities="auto"), TYPES, GENES, 0)


class Silent:
    """A team whose members must not be spoken to."""

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"the team was asked to {name}")


def test_what_reads_no_slides_asks_nothing_of_the_other_processes(tmp_path: Path) -> None:
    """They embed regions, of which there are none: their weights, the ViT's, need not even be the model's."""
    fold = training(tmp_path, SUPERVISED, [])
    fold.team = Silent()  # type: ignore[assignment]
    assert len(fold.finetune(fold.pretrain(CPU), CPU).predictions) == len(FOLD.test)
