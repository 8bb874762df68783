"""One fold of a run, from its genes to its tables, in whichever process works on it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from pomp.baselines.systems.registry import SYSTEMS
from pomp.data.splits import Fold
from pomp.explain.fold import explain_fold, explain_pretraining
from pomp.explain.members import average_members
from pomp.model import Pomp, SurvivalModel
from pomp.omics.matrix import OmicsMatrix
from pomp.progress import OnProgress
from pomp.runs.company import Company
from pomp.runs.comparators import comparator_risks
from pomp.runs.pretrained import pretrain_fold
from pomp.runs.run import Run
from pomp.runs.selection import Selection
from pomp.runs.status import StageName, Until
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import Compute
from pomp.training.folds import FoldTraining, Hooks
from pomp.training.loop import StopRequested, TrainedStage
from pomp.training.team import Team

REGION_TABLES = ("regions", "within", "by_fold", "region_genes")
"""Those with a row a region, or several."""

FOLD_TABLES = (
    "baseline", "comparators", "training_risks", "contributions", "gene_attributions", "embeddings", "reconstructions",
    *REGION_TABLES, "predictions",
)  # fmt: skip
"""All that a fold may write; the last one marks it as finished. What the model does not read has no tables."""


class FoldListener(Protocol):
    """What a fold tells whoever keeps the run's status, and asks them."""

    def tick(self, *, force: bool = False, **changes: Any) -> None:
        """Fields of the status have changed; `force`: say so at once."""

    def finish(self, kind: str, seconds: float | None = None, units: int = 1) -> None:
        """As `Estimate.finish`."""

    def should_stop(self) -> bool:
        """Whether to stop at this step, with the state saved."""


@dataclass(frozen=True)
class FoldWork:
    """Select → pretrain → finetune → explain → comparators, of any fold of one run."""

    run: Run
    company: Company
    bank: RegionBank
    compute: Compute
    listener: FoldListener
    team: Team | None = None
    """Where several processes embed the regions of a batch together."""

    def is_finished(self, fold: Fold) -> bool:
        """All its tables are there; one that was damaged and therefore deleted is made again.

        A fold of an earlier version, which did not note what it wrote, is finished with the tables of that version.

        Raises:
            RunError: a table is damaged.
        """
        folder = f"folds/{fold.index}"
        written = self.run.read_json(f"{folder}/tables")
        if written is None:
            maps = () if self.run.config.model.modalities == "omics" else ("regions",)
            written = {"names": ["baseline", "comparators", *maps, "predictions"]}
        return all(self.run.table(f"{folder}/{name}") is not None for name in written["names"])

    def work(self, fold: Fold, until: Until) -> None:
        """Take a fold as far as `until`, from wherever it stands.

        Raises:
            StopRequested: its state is saved.
            PompError: it cannot go on.
        """
        omics, *others = self.select(fold)
        data = PatientData(omics, self.bank, self.company.outcome, others)
        training = self._training(fold, data)
        model = pretrain_fold(self.run, self.company, training, self.compute)
        # Fine-tuning changes the model in place. When it is resumed, this is done again, from the checkpoint before it.
        written = self._explain_pretraining(fold, omics, data, model)
        if until == "pretrain":
            return
        result = training.finetune(model, self.compute)
        written += self._explain(fold, omics, data, result.models)
        what = "Plain models on the same patients"
        self.listener.tick(stage="report", fold=fold.index, epoch=None, message=what, force=True)
        tables = {
            "comparators": comparator_risks(self.company.own.cohort, fold),
            "baseline": result.baseline,
            "training_risks": result.training_risks,
        }
        written += self._write(fold, tables)
        self.run.write_json(f"folds/{fold.index}/tables", {"names": [*written, "predictions"]})
        # Last, because it marks the fold as finished.
        self._write(fold, {"predictions": result.predictions})

    def select(self, fold: Fold) -> list[OmicsMatrix]:
        """What the model reads of omics in this fold, of the run's cohort and of each companion.

        Raises:
            StopRequested: genes of the types that were done are kept.
            TrainingError, RunError: as `Selection.matrices`.
        """
        if self.run.config.model.modalities == "pathology":
            return [OmicsMatrix.empty(self.company.own.cohort.patients)]
        selection, started = Selection(self.run, self.company), time.monotonic()
        made = selection.is_made(fold.index)
        matrices = selection.matrices(fold.index, self._on_progress("select", fold))
        self.listener.finish("select", None if made else time.monotonic() - started)
        return matrices

    def _training(self, fold: Fold, data: PatientData) -> FoldTraining:
        company = self.company.describe(fold.index)

        def tell(stage: TrainedStage, index: int, *, force: bool = False, **changes: Any) -> None:
            # Who is trained on is said where that is not the run's cohort alone.
            message = company if stage == "pretrain" else ""
            self.listener.tick(stage=stage, fold=index, message=message, force=force, **changes)

        def on_resume(stage: TrainedStage, index: int, done: int) -> None:
            self.run.rewind_metrics(stage, index, done)
            self.listener.finish(stage, units=done)
            tell(stage, index, epoch=None, force=True)

        def on_epoch(stage: TrainedStage, index: int, epoch: int, row: dict[str, Any]) -> None:
            self.run.append_metrics({"stage": stage, "fold": index, "epoch": epoch, **row})
            self.listener.finish(stage, row["seconds"])
            config = self.run.config
            epochs = config.pretrain.epochs if stage == "pretrain" else config.finetune.total_epochs
            tell(stage, index, epoch=epoch + 1, epochs=epochs)

        return FoldTraining(
            self.run.config,
            fold,
            self.company.pretraining(fold.index),
            self.company.own.cohort.outcome,
            data,
            self.run.folder / "checkpoints",
            Hooks(on_resume, on_epoch, self.listener.should_stop),
            self.team,
            SYSTEMS[self.run.config.model.system],
        )

    def _explain_pretraining(
        self, fold: Fold, omics: OmicsMatrix, data: PatientData, model: SurvivalModel
    ) -> list[str]:
        """What pre-training has learnt, seen on the test patients: the names of the tables. POMP alone is explained."""
        if not isinstance(model, Pomp):
            return []
        config, on_progress = self.run.config.pretrain, self._on_progress("pretrain", fold)
        return self._write(fold, explain_pretraining(model, data, omics, fold, config, self.compute, on_progress))

    def _explain(self, fold: Fold, omics: OmicsMatrix, data: PatientData, models: Sequence[SurvivalModel]) -> list[str]:
        """What the final models make of the test patients: the names of the tables. POMP alone is explained."""
        members = [model for model in models if isinstance(model, Pomp)]
        if not members:
            return []
        started, what = time.monotonic(), "What the model makes of the test patients"
        self.listener.tick(stage="explain", fold=fold.index, epoch=None, message=what, force=True)
        on_progress = self._on_progress("explain", fold)
        tables = average_members(
            [explain_fold(model, data, omics, fold, self.compute, on_progress) for model in members]
        )
        if "regions" in tables:
            # A type that only companions have is aligned with no region of this cohort.
            lacking = [f"alignment_{name}" for name in omics.types if name not in self.company.own.cohort.omics]
            tables["regions"] = tables["regions"].drop(columns=lacking, errors="ignore")
        written = self._write(fold, tables)
        self.listener.finish("explain", time.monotonic() - started)
        return written

    def _write(self, fold: Fold, tables: Mapping[str, pd.DataFrame]) -> list[str]:
        for name, table in tables.items():
            self.run.write_table(f"folds/{fold.index}/{name}", table)
        return list(tables)

    def _on_progress(self, stage: StageName, fold: Fold) -> OnProgress:
        """Says how far a stage without epochs is, and stops it when it is to stop."""

        def on_progress(done: int, total: int, what: str) -> None:
            self.listener.tick(stage=stage, fold=fold.index, epoch=None, message=f"{what} ({done} of {total})")
            if self.listener.should_stop():
                raise StopRequested

        return on_progress


def unexpected(error: Exception) -> str:
    """What is said of an error that nobody foresaw; its traceback is logged."""
    return f"Unexpected {type(error).__name__}: {error}. The run's log.txt has the details."
