"""One variant on one inner fold: trained on a part of a training fold, scored on the rest of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from pomp.atomic import write_text
from pomp.baselines.systems.registry import SYSTEMS
from pomp.config import RunConfig, SlideConfig
from pomp.data.cohort import Cohort
from pomp.data.splits import Fold, Splits
from pomp.evaluation.concordance import concordance_index
from pomp.omics import OmicsMatrix, OmicsSelector, SelectionCache
from pomp.progress import OnProgress
from pomp.runs.company import Company, Member
from pomp.runs.company_regions import gather_company_regions
from pomp.runs.slides_read import Counts, count_regions
from pomp.sealed import seal, unseal
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import plan_compute, room_for_regions
from pomp.training.folds import FoldTraining, Hooks

ALGORITHM = 2
"""Raise it with every change after which the same settings on the same patients score otherwise."""

_SILENT = Hooks(lambda *_: None, lambda *_: None, lambda: False)


@dataclass(eq=False)
class Trials:
    """Scores variants on parts of one cohort. What was scored before is found again, whoever stopped in between."""

    cohort: Cohort
    device: torch.device
    cache: Path  # of the workspace
    on_slides: OnProgress
    """Told of slides while they are prepared; what it raises ends the work."""
    _banks: dict[SlideConfig, RegionBank] = field(default_factory=dict)

    def score(self, config: RunConfig, fold: Fold) -> float:
        """Harrell's C on `fold.test` of a model that has seen `fold.train` alone; nan without a comparable pair.

        Args:
            config: as `resolve` fits it to the cohort, of the honest protocol.
            fold: of any patients of the cohort.

        Raises:
            TrainingError: genes cannot be chosen, or a loss is not finite.
            RunError: no slide can be used, or the cache cannot be written.
        """
        slides = count_regions(self._bank(config))
        file = self.cache / "tuning" / f"{trial_key(self.cohort.digest, slides, config, fold)}.json"
        try:
            return float(unseal(file.read_bytes())["c_index"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # not there, or damaged
            score = self._score(config, fold)
            write_text(file, json.dumps(seal({"c_index": score})))
            return score

    def _score(self, config: RunConfig, fold: Fold) -> float:
        outcome = self.cohort.outcome
        data = PatientData(self._omics(config, fold), self._bank(config), outcome)
        compute = plan_compute(self.device, config, data.regions.features, data.regions.count)
        with TemporaryDirectory() as checkpoints:
            training = FoldTraining(
                config, fold, fold.train, outcome, data, Path(checkpoints), _SILENT,
                system=SYSTEMS[config.model.system],
            )  # fmt: skip
            found = training.finetune(training.pretrain(compute), compute).predictions
        return concordance_index(found["time_days"], found["event"], found["risk"])

    def _omics(self, config: RunConfig, fold: Fold) -> OmicsMatrix:
        cohort = self.cohort
        if config.model.modalities == "pathology":
            return OmicsMatrix.empty(cohort.patients)
        selector = OmicsSelector(config.omics, config.seed, SelectionCache(self.cache / "selections"))
        fitted = selector.fit(cohort.omics, cohort.outcome.loc[list(fold.train)], patients=cohort.patients)
        return fitted.transform(cohort.omics, cohort.patients)

    def _bank(self, config: RunConfig) -> RegionBank:
        """Regions of all slides, gathered once for all variants that cut them alike."""
        if config.model.modalities == "omics":
            return RegionBank({}, config.slides.side)
        if config.slides not in self._banks:
            own = Company(Member(self.cohort, Splits((), config.seed)), (), config.rules)
            bank = gather_company_regions(own, config.slides, self.on_slides, lambda _: None)
            bank.keep(room_for_regions(self.device))
            self._banks[config.slides] = bank
        return self._banks[config.slides]


def trial_key(cohort: str, slides: Counts, config: RunConfig, fold: Fold) -> str:
    """SHA-256 of all that decides a score: the cohort's digest, settings, who is trained on and scored, and which of
    their slides could be used.
    """
    patients = {*fold.train, *fold.test}
    used = [(*slide, count) for slide, count in slides.items() if slide[0] in patients]
    facts = [ALGORITHM, cohort, used, config.model_dump(mode="json"), fold.index, fold.train, fold.test]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
