"""The worker: carries one run through its stages, from wherever it stands.

prepare → for each fold: select → pretrain → finetune → explain → comparators → gather. Everything that is finished lies
in the run folder and is not done again.
"""

from __future__ import annotations

import logging
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import torch

from pomp.data.splits import Fold
from pomp.errors import PompError, RunError
from pomp.explain.regions import explain_regions
from pomp.omics.matrix import OmicsMatrix
from pomp.runs.company import Company, read_company
from pomp.runs.company_regions import gather_company_regions
from pomp.runs.comparators import comparator_risks
from pomp.runs.estimate import Estimate
from pomp.runs.log import run_log
from pomp.runs.pretrained import pretrain_fold
from pomp.runs.run import Run
from pomp.runs.selection import Selection
from pomp.runs.status import Status, Until
from pomp.slides.prepare import SlideResult
from pomp.training.bank import RegionBank
from pomp.training.batches import PatientData
from pomp.training.device import Compute, DeviceName, pick_device, plan_compute, room_for_regions
from pomp.training.folds import FoldTraining, Hooks
from pomp.training.loop import StageName, StopRequested
from pomp.training.team import LEADER, Team, follow, joined, leading, rank

OnStatus = Callable[[Status], None]

FOLD_TABLES = ("baseline", "comparators", "regions", "predictions")
STATUS_SECONDS = 0.5
PREPARED = "Prepared: regions are cut, and the genes of every fold chosen. Resume to train."
log = logging.getLogger(__name__)


def execute(
    run: Run, device: DeviceName = "auto", on_status: OnStatus | None = None, until: Until | None = None
) -> Status:
    """Work on a run until it is done, stopped or failed, and return its last status.

    Args:
        run: the run; it may be new, or left by an earlier worker at any point.
        device: where to train.
        on_status: called whenever the status has been written, about twice a second.
        until: how far to go; None: as far as was asked for when the run was queued, which is to the end if it was not.

    Of several processes that torchrun started, the first does this while the others `assist`.

    Raises:
        RunBusyError: another worker holds the run.
        PompError: the run failed; its status says the same.
    """
    with run.hold(), run_log(run.folder / "log.txt"):
        worker = Worker(run, device, on_status)
        with _terminate_gently(worker):
            try:
                worker.work(until or run.status().until)
            except (StopRequested, KeyboardInterrupt):
                worker.report(state="STOPPED", message="Stopped on request. Resume to go on from here.")
            except PompError as error:
                log.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
                worker.fail(str(error))
                raise
            except Exception as error:
                log.exception("Unexpected error")
                text = f"Unexpected {type(error).__name__}: {error}. The run's log.txt has the details."
                worker.fail(text)
                raise RunError(text) from error
        return run.status()


def assist(device: DeviceName = "auto") -> bool:
    """Where torchrun started this process beside one that works on a run: help it to train until it is over.

    Returns:
        False at once for a process that is alone, or the one to be helped.
    """
    if rank() == LEADER:
        return False
    with joined(pick_device(device)) as team:
        if team is not None:
            follow(team)
    return True


@contextmanager
def _terminate_gently(worker: Worker) -> Iterator[None]:
    """SIGTERM asks the worker to stop at the next step, with its state saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Worker:
    """One process's work on one run. The run must be held."""

    def __init__(self, run: Run, device: DeviceName = "auto", on_status: OnStatus | None = None) -> None:
        self.run, self.config = run, run.config
        self.device_name, self.on_status = device, on_status
        self._estimate = Estimate({})
        self._company = ""  # who is pre-trained on in this fold, where others join
        self._team: Team | None = None  # where several processes work on the run
        self._terminated = False
        self._written = 0.0

    def terminate(self) -> None:
        self._terminated = True

    def should_stop(self) -> bool:
        return self._terminated or self.run.stop_requested()

    def work(self, until: Until) -> None:
        self.run.clear_stop()
        device = pick_device(self.device_name)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.report(
            state="RUNNING", stage="prepare", fold=None, epoch=None, progress=0.0, eta_seconds=None, error=None,
            message="Reading the cohort", device=str(device), pid=os.getpid(), host=platform.node(), started=now,
            finished=None,
        )  # fmt: skip
        with leading(device) as self._team:
            self._go(until, device)

    def _go(self, until: Until, device: torch.device) -> None:
        company = read_company(self.run)
        folds = company.own.splits.folds
        self._estimate = Estimate(self._plan(company, until))
        bank = self._prepare(company)
        bank.keep(room_for_regions(device))
        compute = plan_compute(device, self.config, bank.features, bank.count)
        if until == "prepare":
            for fold in folds:
                self._select(fold, company)
            self.report(state="STOPPED", stage=None, progress=1.0, eta_seconds=None, message=PREPARED)
            return
        if self._team is not None:
            self._team.begin(self.config, bank, compute)
        for fold in folds:
            self._fold(fold, company, bank, compute, until)
        if until == "pretrain":
            self.report(state="STOPPED", message="Pre-training is done. Fine-tuning goes on from here.")
            return
        self._gather([fold.index for fold in folds])
        done = datetime.now(UTC).isoformat(timespec="seconds")
        self.report(state="DONE", stage=None, progress=1.0, eta_seconds=0.0, message="", finished=done)

    # Stations

    def _plan(self, company: Company, until: Until) -> dict[str, int]:
        folds = len(company.own.splits.folds)
        rules = self.config.rules
        reads_slides = self.config.model.modalities != "omics"
        preparation = {
            "prepare": company.slides if reads_slides else 0,
            "select": 0 if self.config.model.modalities == "pathology" else 1 if rules.selection == "all" else folds,
        }
        if until == "prepare":
            return preparation
        return preparation | {
            "pretrain": self.config.pretrain.epochs * (1 if rules.pretraining == "all" else folds),
            "finetune": self.config.finetune.epochs * folds,
            "explain": folds if reads_slides else 0,
        }

    def _prepare(self, company: Company) -> RegionBank:
        """Regions of every slide; what became of each is kept in the run's table `slides`."""
        if self.config.model.modalities == "omics":
            return RegionBank({}, self.config.slides.side)
        counted, last = 0, time.monotonic()

        def on_progress(done: int, total: int, what: str) -> None:
            nonlocal counted, last
            if done > counted:
                now = time.monotonic()
                self._estimate.finish("prepare", now - last, done - counted)
                counted, last = done, now
            self._tick(stage="prepare", message=f"Slides: {done} of {total} ({what})")
            if self.should_stop():
                raise StopRequested

        def on_results(results: list[SlideResult]) -> None:
            self.run.write_table("slides", pd.DataFrame(results))

        return gather_company_regions(company, self.config.slides, on_progress, on_results)

    def _fold(self, fold: Fold, company: Company, bank: RegionBank, compute: Compute, until: Until) -> None:
        if self._finished(fold):
            self._count_finished_fold()
            return
        cohort = company.own.cohort
        omics, *others = self._select(fold, company)
        data = PatientData(omics, bank, company.outcome, others)
        hooks = Hooks(self._on_resume, self._on_epoch, self.should_stop)
        patients, folder = company.pretraining(fold.index), self.run.folder / "checkpoints"
        training = FoldTraining(self.config, fold, patients, cohort.outcome, data, folder, hooks, self._team)
        self._company = company.describe(fold.index)
        model = pretrain_fold(self.run, company, training, compute)
        if until == "pretrain":
            return
        result = training.finetune(model, compute)
        if self.config.model.modalities != "omics":
            started = time.monotonic()
            self._tick(stage="explain", fold=fold.index, epoch=None, message="Maps of the test patients", force=True)
            regions = explain_regions(result.model, data, fold.test, omics.types, compute).assign(fold=fold.index)
            # A type that only companions have is aligned with no region of this cohort.
            lacking = [f"alignment_{name}" for name in omics.types if name not in cohort.omics]
            regions = regions.drop(columns=lacking, errors="ignore")
            self.run.write_table(f"folds/{fold.index}/regions", regions)
            self._estimate.finish("explain", time.monotonic() - started)
        self._tick(stage="report", fold=fold.index, epoch=None, message="Plain models on the same patients", force=True)
        self.run.write_table(f"folds/{fold.index}/comparators", comparator_risks(cohort, fold))
        self.run.write_table(f"folds/{fold.index}/baseline", result.baseline)
        # Last, because it marks the fold as finished.
        self.run.write_table(f"folds/{fold.index}/predictions", result.predictions)

    def _finished(self, fold: Fold) -> bool:
        """All its tables are there; one that was damaged and therefore deleted is made again."""
        without_maps = self.config.model.modalities == "omics"
        names = [name for name in FOLD_TABLES if name != "regions" or not without_maps]
        return all(self.run.table(f"folds/{fold.index}/{name}") is not None for name in names)

    def _select(self, fold: Fold, company: Company) -> list[OmicsMatrix]:
        """What the model reads of omics in this fold, of the run's cohort and of each companion."""
        if self.config.model.modalities == "pathology":
            return [OmicsMatrix.empty(company.own.cohort.patients)]
        selection, started = Selection(self.run, company), time.monotonic()
        made = selection.is_made(fold.index)
        matrices = selection.matrices(fold.index, self._on_select(fold))
        if made:
            self._estimate.finish("select", units=0 if self.config.rules.selection == "all" and fold.index else 1)
        else:
            self._estimate.finish("select", time.monotonic() - started)
        return matrices

    def _gather(self, folds: list[int]) -> None:
        """Out-of-fold tables of all folds together; predictions last, because they mark the run as finished."""
        for name in FOLD_TABLES:
            parts = [table for index in folds if (table := self.run.table(f"folds/{index}/{name}")) is not None]
            if parts:
                target = "attention/regions" if name == "regions" else name
                self.run.write_table(target, pd.concat(parts, ignore_index=True))

    # Progress

    def _on_select(self, fold: Fold) -> Callable[[int, int, str], None]:
        def on_progress(done: int, total: int, what: str) -> None:
            self._tick(stage="select", fold=fold.index, epoch=None, message=f"{what} ({done} of {total})")
            if self.should_stop():
                raise StopRequested

        return on_progress

    def _on_resume(self, stage: StageName, fold: int, done: int) -> None:
        self.run.rewind_metrics(stage, fold, done)
        self._estimate.finish(stage, units=done)
        self._tick(stage=stage, fold=fold, epoch=None, message=self._seen(stage), force=True)

    def _on_epoch(self, stage: StageName, fold: int, epoch: int, row: dict[str, Any]) -> None:
        self.run.append_metrics({"stage": stage, "fold": fold, "epoch": epoch, **row})
        self._estimate.finish(stage, row["seconds"])
        epochs = self.config.pretrain.epochs if stage == "pretrain" else self.config.finetune.epochs
        self._tick(stage=stage, fold=fold, epoch=epoch + 1, epochs=epochs, message=self._seen(stage))

    def _seen(self, stage: StageName) -> str:
        """Who is trained on, where that is not the run's cohort alone."""
        return self._company if stage == "pretrain" else ""

    def _count_finished_fold(self) -> None:
        rules = self.config.rules
        self._estimate.finish("finetune", units=self.config.finetune.epochs)
        self._estimate.finish("explain")
        if rules.selection != "all":
            self._estimate.finish("select")
        if rules.pretraining != "all":
            self._estimate.finish("pretrain", units=self.config.pretrain.epochs)

    def _tick(self, *, force: bool = False, **changes: Any) -> None:
        """Report progress, at most about twice a second."""
        if force or time.monotonic() - self._written > STATUS_SECONDS:
            self.report(**changes)

    def fail(self, error: str) -> None:
        """Say in the status why the run failed. Where not even that can be written, the error that is raised tells."""
        with suppress(RunError):
            self.report(state="FAILED", error=error, message="")

    def report(self, **changes: Any) -> None:
        """Write the status, with the estimate while the run is under way."""
        if "progress" not in changes:
            changes["progress"] = self._estimate.progress
            changes.setdefault("eta_seconds", self._estimate.remaining_seconds)
        status = self.run.write_status(**changes)
        self._written = time.monotonic()
        if self.on_status is not None:
            self.on_status(status)
