"""One fold from selected genes to out-of-fold risks: pre-train, fine-tune, predict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pomp.config import RunConfig
from pomp.data.splits import Fold
from pomp.errors import CheckpointError
from pomp.evaluation.calibration import breslow
from pomp.evaluation.concordance import concordance_index
from pomp.model import SurvivalModel
from pomp.training.batches import PatientData
from pomp.training.checkpoint import Checkpoint, CheckpointStore
from pomp.training.device import Compute
from pomp.training.finetune import predict_risk
from pomp.training.loop import ALL_PATIENTS, Stage, StageName, load_weights, train, weights
from pomp.training.seeds import hash_seed
from pomp.training.system import POMP, System
from pomp.training.team import Team


@dataclass(frozen=True)
class Hooks:
    """What a fold tells its surroundings, and asks them."""

    on_resume: Callable[[StageName, int, int], None]  # stage, fold, epochs already done
    on_epoch: Callable[[StageName, int, int, dict[str, Any]], None]  # stage, fold, epoch, metrics
    should_stop: Callable[[], bool]


@dataclass(frozen=True)
class FoldResult:
    """Out-of-fold risks of one fold, and what turns them into survival curves."""

    predictions: pd.DataFrame  # patient, fold, time_days, event, risk, cutoff, high_risk, epoch
    baseline: pd.DataFrame  # fold, time_days, cumulative_hazard
    training_risks: pd.DataFrame  # fold, patient, risk: of whom the model was fine-tuned on
    model: SurvivalModel


class BestEpoch:
    """The released code's rule: the epoch with the best C-index on the test fold. Kept to show what it is worth."""

    def __init__(self, store: CheckpointStore) -> None:
        """
        Raises:
            CheckpointError: what was kept is damaged.
        """
        self.store = store
        kept = self._load()
        self._highest: float | None = None if kept is None else kept.facts["c_index"]

    def offer(self, epoch: int, model: SurvivalModel, c_index: float) -> None:
        """Save the weights if no epoch before was as good."""
        if self._highest is None or c_index > self._highest:
            self.store.save(epoch, weights(model), {"c_index": c_index})
            self._highest = c_index

    def take(self) -> Checkpoint:
        """The best epoch so far.

        Raises:
            CheckpointError: it is damaged, or gone.
        """
        kept = self._load()
        if kept is None:
            raise self._lost("gone")
        return kept

    def _load(self) -> Checkpoint | None:
        """An older best epoch, which the store has for a damaged one, would be another result."""
        kept = self.store.load()
        if kept is not None and kept.skipped:
            raise self._lost("; ".join(kept.skipped))
        return kept

    def _lost(self, what: str) -> CheckpointError:
        folder = self.store.folder
        other = folder.with_name(folder.name.replace("-best", "-finetune"))
        return CheckpointError(
            f"The best epoch in {folder} is damaged ({what}). Delete that folder and {other}, then resume: the fold is "
            "fine-tuned afresh."
        )


class FoldTraining:
    """The model of one fold. It is pre-trained on whom the protocol allows, and trained on `fold.train`."""

    def __init__(
        self,
        config: RunConfig,
        fold: Fold,
        pretraining: Sequence[str],
        outcome: pd.DataFrame,
        data: PatientData,
        checkpoints: Path,
        hooks: Hooks,
        team: Team | None = None,
        system: System = POMP,
    ) -> None:
        """`pretraining`: who is pre-trained on, of whatever cohort; `outcome`: of the patients of `fold`; `team`: as
        `train` has it; `system`: what is trained.
        """
        self.config, self.fold, self.pretraining = config, fold, pretraining
        self.outcome, self.data, self.hooks = outcome, data, hooks
        self.checkpoints, self.team, self.system = checkpoints, team, system

    @property
    def pretrain_fold(self) -> int:
        return ALL_PATIENTS if self.config.rules.pretraining == "all" else self.fold.index

    @property
    def pretrain_checkpoints(self) -> CheckpointStore:
        return CheckpointStore(self.checkpoints / f"{fold_name(self.pretrain_fold)}-pretrain")

    def pretrain(self, compute: Compute) -> SurvivalModel:
        """A model pre-trained on `pretraining`, from its checkpoint as far as there is one."""
        index = self.pretrain_fold
        types, genes = self.data.shape
        seed = hash_seed((self.config.seed, index + 1))
        model = self.system.build(self.config, types, genes, seed, self.data.regions.features).to(compute.device)
        if not self.config.pretrain.epochs or self.system.pretraining is None:
            return model
        stage = Stage(
            name="pretrain",
            fold=index,
            seed=self.config.seed,
            config=self.config.pretrain,
            losses=self.system.pretraining(self.config.pretrain),
            checkpoints=self.pretrain_checkpoints,
            on_resume=lambda done: self.hooks.on_resume("pretrain", index, done),
            on_epoch=lambda epoch, row, _: self.hooks.on_epoch("pretrain", index, epoch, row),
            should_stop=self.hooks.should_stop,
        )
        train(model, self.data, self.pretraining, stage, compute, self.team)
        return model

    def finetune(self, model: SurvivalModel, compute: Compute) -> FoldResult:
        """Fine-tune a pre-trained model and read the test fold: once, or by `paper-released` after every epoch."""
        index, rule = self.fold.index, self.config.rules.epoch
        best = BestEpoch(CheckpointStore(self.checkpoints / f"{fold_name(index)}-best"))

        def on_epoch(epoch: int, row: dict[str, Any], current: SurvivalModel) -> None:
            if rule == "best_on_test":
                risk = self._predict(current, self.fold.test, compute)
                row["test_c_index"] = self._c_index(risk, self.fold.test)
                best.offer(epoch + 1, current, row["test_c_index"])
            self.hooks.on_epoch("finetune", index, epoch, row)

        def on_resume(done: int) -> None:
            if done and rule == "best_on_test":
                best.take()  # or it is said at once that it is lost
            self.hooks.on_resume("finetune", index, done)

        stage = Stage(
            name="finetune",
            fold=index,
            seed=self.config.seed,
            config=self.config.finetune,
            losses=self.system.finetuning(self.config.finetune),
            checkpoints=CheckpointStore(self.checkpoints / f"{fold_name(index)}-finetune"),
            on_resume=on_resume,
            on_epoch=on_epoch,
            should_stop=self.hooks.should_stop,
        )
        train(model, self.data, self.fold.train, stage, compute, self.team)
        reported = self.config.finetune.epochs
        if rule == "best_on_test":
            kept = best.take()
            load_weights(model, kept.tensors)
            reported = kept.epoch
        return self._result(model, reported, compute)

    def _c_index(self, risk: np.ndarray, patients: Sequence[str]) -> float:
        outcome = self.outcome.loc[list(patients)]
        return concordance_index(outcome["time_days"].to_numpy(), outcome["event"].to_numpy(), risk)

    def _predict(self, model: SurvivalModel, patients: Sequence[str], compute: Compute) -> np.ndarray:
        return predict_risk(model, self.data, patients, compute, self.system.risk)

    def _result(self, model: SurvivalModel, epoch: int, compute: Compute) -> FoldResult:
        known = self._predict(model, self.fold.train, compute)
        risk = self._predict(model, self.fold.test, compute)
        seen = self.outcome.loc[list(self.fold.train)]
        steps = breslow(seen["time_days"].to_numpy(), seen["event"].to_numpy(), known)
        cutoff = float(np.median(known))
        unseen = self.outcome.loc[list(self.fold.test), ["time_days", "event"]]
        predictions = unseen.rename_axis("patient").reset_index()
        predictions.insert(1, "fold", self.fold.index)
        predictions = predictions.assign(risk=risk, cutoff=cutoff, high_risk=risk > cutoff, epoch=epoch)
        baseline = pd.DataFrame({"fold": self.fold.index, "time_days": steps.x, "cumulative_hazard": steps.y})
        training_risks = pd.DataFrame({"fold": self.fold.index, "patient": self.fold.train, "risk": known})
        return FoldResult(predictions, baseline, training_risks, model)


def fold_name(index: int) -> str:
    """Folder name of a fold's files."""
    return "all" if index == ALL_PATIENTS else f"fold-{index}"
