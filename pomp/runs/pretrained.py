"""Pre-trained weights that several runs start from, kept by what decided them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pomp.atomic import exclusive
from pomp.config import RunConfig
from pomp.errors import CheckpointError
from pomp.model import SurvivalModel
from pomp.omics import cache as selections
from pomp.runs.company import Company
from pomp.runs.run import Run
from pomp.runs.slides_read import count_regions
from pomp.training.bank import RegionBank
from pomp.training.checkpoint import Checkpoint, CheckpointStore
from pomp.training.device import Compute
from pomp.training.folds import FoldTraining

ALGORITHM = 2
"""Raise it with every change after which the same inputs give other weights."""

ENTRIES = 64
"""Pre-trainings kept at most: those used last."""


def pretrain_fold(run: Run, company: Company, training: FoldTraining, compute: Compute) -> SurvivalModel:
    """The pre-trained model of a fold; with companions, from where a run on one of them has left it in the cache.

    Raises:
        As `FoldTraining.pretrain` and `PretrainingCache`.
    """
    if not company.others or not run.config.pretrain.epochs:
        return training.pretrain(compute)
    key = pretraining_key(company, training.data.regions, run.config, training.fold.index, compute)
    cache, store = PretrainingCache(run.cache / "pretraining"), training.pretrain_checkpoints
    cache.fetch(key, run, training.pretrain_fold, store)
    model = training.pretrain(compute)
    cache.keep(key, run, training.pretrain_fold, store)
    return model


def pretraining_key(company: Company, bank: RegionBank, config: RunConfig, fold: int, compute: Compute) -> str:
    """SHA-256 of everything that decides the weights that fold k starts from: 64 hex digits.

    The cohorts' files and folds, whichever of them is the run's own; the slides that could be used of who is trained
    on; all settings but those of fine-tuning; the kind of device, its precision and threads, which decide the last
    digits; the regions of a pass, which decide what dropout draws; and the version of the algorithm.
    """
    settings = config.model_dump(mode="json", exclude={"finetune": True, "pretrain": {"with_cohorts"}})
    members = [(member.cohort.digest, member.cohort.endpoint, member.splits.digest) for member in company.members]
    seen = set(company.pretraining(fold))
    slides = [(*slide, count) for slide, count in count_regions(bank).items() if slide[0] in seen]
    device = [compute.device.type, str(compute.dtype), compute.part, torch.get_num_threads()]
    facts = [ALGORITHM, selections.ALGORITHM, settings, members, slides, company.pretraining_fold(fold), device]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class PretrainingCache:
    """A folder of checkpoints, one folder each, which any number of processes may share.

    A damaged entry counts as absent. The `ENTRIES` used last are kept.
    """

    root: Path

    def fetch(self, key: str, run: Run, fold: int, store: CheckpointStore) -> None:
        """Put a finished pre-training, and its losses, into a run that has not begun it. Nothing happens without one.

        Args:
            fold: under which the run records it.
            store: of the run's own checkpoints.

        Raises:
            CheckpointError, RunError: the run folder is damaged or could not be written.
        """
        kept = None if store.load() else self._get(key)
        if kept is None:
            return
        run.rewind_metrics("pretrain", fold, 0)
        for row in kept.facts["metrics"]:
            run.append_metrics(row)
        store.save(kept.epoch, kept.tensors)

    def keep(self, key: str, run: Run, fold: int, store: CheckpointStore) -> None:
        """Keep the pre-training that a run has finished, and drop those that were not used for longest.

        Raises:
            CheckpointError, RunError: the run folder is damaged, or the cache could not be written.
        """
        finished = store.load()
        if finished is None or self._get(key):
            return
        weights = {name: tensor for name, tensor in finished.tensors.items() if name.startswith("model.")}
        facts = {"metrics": _losses(run, fold)}
        with exclusive(self.root / "lock"):
            CheckpointStore(self.root / key).save(finished.epoch, weights, facts)
            self._drop_oldest()

    def _get(self, key: str) -> Checkpoint | None:
        store = CheckpointStore(self.root / key)
        try:
            kept = store.load()
            if kept is not None:
                os.utime(store.folder)
        except (CheckpointError, OSError):  # damaged, or dropped meanwhile
            return None
        return kept

    def _drop_oldest(self) -> None:
        entries = sorted(
            (folder for folder in self.root.iterdir() if folder.is_dir()), key=lambda folder: folder.stat().st_mtime
        )
        for folder in entries[:-ENTRIES]:
            shutil.rmtree(folder, ignore_errors=True)


def _losses(run: Run, fold: int) -> list[dict[str, Any]]:
    """The run's record of a pre-training, a row an epoch; empty where its file was lost."""
    rows = run.metrics()
    if rows.empty:
        return []
    own = rows[(rows["stage"] == "pretrain") & (rows["fold"] == fold)].dropna(axis=1, how="all")
    return [{str(name): value for name, value in row.items()} for row in own.to_dict(orient="records")]
