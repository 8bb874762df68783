"""One fold from selected genes to out-of-fold risks: pre-train, fine-tune, predict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
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
from pomp.training.fold_names import fold_name, standing_fold
from pomp.training.loop import Stage, TrainedStage, load_weights, train, weights
from pomp.training.seeds import hash_seed
from pomp.training.system import POMP, System
from pomp.training.team import Team


@dataclass(frozen=True)
class Hooks:
    """What a fold tells its surroundings, and asks them."""

    on_resume: Callable[[TrainedStage, int, int], None]  # stage, fold, epochs already done
    on_epoch: Callable[[TrainedStage, int, int, dict[str, Any]], None]  # stage, fold, epoch, metrics
    should_stop: Callable[[], bool]


@dataclass(frozen=True)
class FoldResult:
    """Out-of-fold risks of one fold, and what turns them into survival curves."""

    predictions: pd.DataFrame  # patient, fold, time_days, event, risk, cutoff, high_risk, epoch
    baseline: pd.DataFrame  # fold, time_days, cumulative_hazard
    training_risks: pd.DataFrame  # fold, patient, risk: of whom the model was fine-tuned on
    models: tuple[SurvivalModel, ...]  # the members, whose mean risk it is


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
        system: System[SurvivalModel] = POMP,
    ) -> None:
        """`pretraining`: who is pre-trained on, of whatever cohort; `outcome`: of the patients of `fold`; `team`: as
        `train` has it; `system`: what is trained.
        """
        self.config, self.fold, self.pretraining = config, fold, pretraining
        self.outcome, self.data, self.hooks = outcome, data, hooks
        self.checkpoints, self.team, self.system = checkpoints, team, system

    @property
    def pretrain_fold(self) -> int:
        return standing_fold(self.config.rules.pretraining, self.fold.index)

    @property
    def pretrain_checkpoints(self) -> CheckpointStore:
        return CheckpointStore(self.checkpoints / f"{fold_name(self.pretrain_fold)}-pretrain")

    def pretrain(self, compute: Compute) -> SurvivalModel:
        """A model pre-trained on `pretraining`, from its checkpoint as far as there is one."""
        index = self.pretrain_fold
        model = self._build(hash_seed((self.config.seed, index + 1)), compute)
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
        """Fine-tune a pre-trained model and read the test fold: once, or by `paper-released` after every epoch.

        Members follow one another, and so do their epochs in what the hooks are told.
        """
        if self.config.rules.epoch == "best_on_test":
            return self._finetune_to_the_best(model, compute)
        models, epochs, index = self._members(model, compute), self.config.finetune.epochs, self.fold.index
        told = False

        def on_resume(number: int, done: int) -> None:
            """Tells once: of the first member that is not finished, with the epochs of those before it."""
            nonlocal told
            if not told and (done < epochs or number + 1 == len(models)):
                told = True
                self.hooks.on_resume("finetune", index, number * epochs + done)

        def on_epoch(number: int, epoch: int, row: dict[str, Any], _: SurvivalModel) -> None:
            self.hooks.on_epoch("finetune", index, number * epochs + epoch, row)

        for number, member in enumerate(models):
            self._finetune(member, number, compute, partial(on_resume, number), partial(on_epoch, number))
        return self._result(models, epochs, compute)

    def _members(self, first: SurvivalModel, compute: Compute) -> tuple[SurvivalModel, ...]:
        """All members as they are before fine-tuning."""
        numbers = range(1, self.config.finetune.members)
        if self.config.pretrain.epochs and self.system.pretraining is not None:
            return first, *(deepcopy(first) for _ in numbers)
        seeds = (hash_seed((self.config.seed, self.pretrain_fold + 1, number)) for number in numbers)
        return first, *(self._build(seed, compute) for seed in seeds)

    def _build(self, seed: int, compute: Compute) -> SurvivalModel:
        types, genes = self.data.shape
        return self.system.build(self.config, types, genes, seed, self.data.regions.features).to(compute.device)

    def _finetune_to_the_best(self, model: SurvivalModel, compute: Compute) -> FoldResult:
        """The released code's way."""
        index = self.fold.index
        best = BestEpoch(CheckpointStore(self.checkpoints / f"{fold_name(index)}-best"))

        def on_epoch(epoch: int, row: dict[str, Any], current: SurvivalModel) -> None:
            risk = self._predict(current, self.fold.test, compute)
            row["test_c_index"] = self._c_index(risk, self.fold.test)
            best.offer(epoch + 1, current, row["test_c_index"])
            self.hooks.on_epoch("finetune", index, epoch, row)

        def on_resume(done: int) -> None:
            if done:
                best.take()  # or it is said at once that it is lost
            self.hooks.on_resume("finetune", index, done)

        self._finetune(model, 0, compute, on_resume, on_epoch)
        kept = best.take()
        load_weights(model, kept.tensors)
        return self._result((model,), kept.epoch, compute)

    def _finetune(
        self,
        model: SurvivalModel,
        number: int,
        compute: Compute,
        on_resume: Callable[[int], None],
        on_epoch: Callable[[int, dict[str, Any], SurvivalModel], None],
    ) -> None:
        """Member `number`: the first has the run's seed, as a model alone has."""
        seed, name = self.config.seed, f"{fold_name(self.fold.index)}-finetune"
        stage = Stage(
            name="finetune",
            fold=self.fold.index,
            seed=hash_seed((seed, number)) if number else seed,
            config=self.config.finetune,
            losses=self.system.finetuning(self.config.finetune),
            checkpoints=CheckpointStore(self.checkpoints / (f"{name}-{number}" if number else name)),
            on_resume=on_resume,
            on_epoch=on_epoch,
            should_stop=self.hooks.should_stop,
        )
        train(model, self.data, self.fold.train, stage, compute, self.team)

    def _c_index(self, risk: np.ndarray, patients: Sequence[str]) -> float:
        outcome = self.outcome.loc[list(patients)]
        return concordance_index(outcome["time_days"].to_numpy(), outcome["event"].to_numpy(), risk)

    def _predict(self, model: SurvivalModel, patients: Sequence[str], compute: Compute) -> np.ndarray:
        return predict_risk(model, self.data, patients, compute, self.system.risk)

    def _result(self, models: tuple[SurvivalModel, ...], epoch: int, compute: Compute) -> FoldResult:
        """The mean of log hazards: what bounds a member's risk, and what explains it, holds of the mean's, too."""
        known, risk = (
            np.mean([self._predict(model, patients, compute) for model in models], axis=0)
            for patients in (self.fold.train, self.fold.test)
        )
        seen = self.outcome.loc[list(self.fold.train)]
        steps = breslow(seen["time_days"].to_numpy(), seen["event"].to_numpy(), known)
        cutoff = float(np.median(known))
        unseen = self.outcome.loc[list(self.fold.test), ["time_days", "event"]]
        predictions = unseen.rename_axis("patient").reset_index()
        predictions.insert(1, "fold", self.fold.index)
        predictions = predictions.assign(risk=risk, cutoff=cutoff, high_risk=risk > cutoff, epoch=epoch)
        baseline = pd.DataFrame({"fold": self.fold.index, "time_days": steps.x, "cumulative_hazard": steps.y})
        training_risks = pd.DataFrame({"fold": self.fold.index, "patient": self.fold.train, "risk": known})
        return FoldResult(predictions, baseline, training_risks, models)
