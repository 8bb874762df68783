"""The worker: carries one run through its stages, from wherever it stands.

prepare → for each fold: select → pretrain → finetune → explain → comparators → gather. Folds go side by side where that
is faster. Everything that is finished lies in the run folder and is not done again.
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
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import torch

from pomp.config import DeviceName
from pomp.errors import PompError, RunError
from pomp.memory import free_bytes
from pomp.runs.company import Company, read_company
from pomp.runs.company_regions import gather_company_regions
from pomp.runs.estimate import Estimate
from pomp.runs.finished import is_finished
from pomp.runs.fold_division import Division, divide, fold_cost, folds_at_a_time, limited_threads
from pomp.runs.fold_process import FoldTask
from pomp.runs.fold_work import FOLD_TABLES, REGION_TABLES, FoldWork, unexpected
from pomp.runs.log import run_log
from pomp.runs.run import Run
from pomp.runs.side_by_side import SideBySide
from pomp.runs.slides_read import keep_to_slides
from pomp.runs.status import Status, Until
from pomp.slides.prepare import SlideResult
from pomp.training.bank import RegionBank
from pomp.training.device import pick_device, plan_compute, room_for_regions
from pomp.training.loop import StopRequested
from pomp.training.team import LEADER, Team, follow, joined, leading, rank

OnStatus = Callable[[Status], None]

STATUS_SECONDS = 0.5
THREADS = "threads"
"""Plain data in the run folder: with how many threads a fold is computed."""
PREPARED = "Prepared: regions are cut, and the genes of every fold chosen. Resume to train."
ON_REQUEST = "Stopped on request. Resume to go on from here."
log = logging.getLogger(__name__)


def execute(
    run: Run,
    device: DeviceName | None = "auto",
    on_status: OnStatus | None = None,
    until: Until | None = None,
    folds: int | None = None,
) -> Status:
    """Work on a run until it is done, stopped or failed, and return its last status.

    Args:
        run: the run; it may be new, or left by an earlier worker at any point.
        device: where to train; None: where was asked for when the run was queued.
        on_status: called whenever the status has been written, about twice a second.
        until: how far to go; None: as far as was asked for when the run was queued, which is to the end if it was not.
        folds: how many to work on at a time; None: as many as is fastest.

    Of several processes that torchrun started, the first does this while the others `assist`.

    Raises:
        RunBusyError: another worker holds the run.
        PompError: the run failed; its status says the same.
        KeyboardInterrupt, SystemExit: Ctrl-C, or SIGTERM, has stopped it; its state is saved, and its status says so.
    """
    with run.hold(), run_log(run.folder / "log.txt"):
        worker = Worker(run, device or run.status().wanted, on_status, folds)
        with _terminate_gently(worker):
            try:
                worker.work(until or run.status().until)
            except StopRequested:
                worker.report(state="STOPPED", message=ON_REQUEST)
                if worker.terminated:
                    raise SystemExit(128 + signal.SIGTERM) from None  # as a shell says it
            except KeyboardInterrupt:
                worker.report(state="STOPPED", message=ON_REQUEST)
                raise
            except PompError as error:
                log.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
                worker.fail(str(error))
                raise
            except Exception as error:
                log.exception("Unexpected error")
                worker.fail(unexpected(error))
                raise RunError(unexpected(error)) from error
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

    def __init__(
        self, run: Run, device: DeviceName = "auto", on_status: OnStatus | None = None, folds: int | None = None
    ) -> None:
        """`folds`: as `execute`."""
        self.run, self.config = run, run.config
        self.device_name, self.on_status, self.folds = device, on_status, folds
        self._estimate = Estimate({})
        self.terminated = False
        self._written = 0.0
        self._begun, self._before = time.monotonic(), run.status()
        self._finished = is_finished(run)

    def terminate(self) -> None:
        self.terminated = True

    def should_stop(self) -> bool:
        return self.terminated or self.run.stop_requested()

    def work(self, until: Until) -> None:
        self.run.clear_stop()
        device = pick_device(self.device_name)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.report(
            state="RUNNING", stage="prepare", fold=None, epoch=None, progress=0.0, eta_seconds=None, error=None,
            message="Reading the cohort", device=str(device), pid=os.getpid(), host=platform.node(), started=now,
            finished=None,
        )  # fmt: skip
        with leading(device) as team:
            self._go(until, device, team)

    def _go(self, until: Until, device: torch.device, team: Team | None) -> None:
        company = read_company(self.run)
        folds = company.own.splits.folds
        self._estimate = Estimate(self._plan(company, until))
        bank = self._prepare(company)
        bank.keep(room_for_regions(device))
        compute = plan_compute(device, self.config, bank.features, bank.count)
        work = FoldWork(self.run, company, bank, compute, self, team)
        if until == "prepare":
            for fold in folds:
                work.select(fold)
            self.report(state="STOPPED", stage=None, progress=1.0, eta_seconds=None, message=PREPARED)
            return
        if team is not None:
            team.begin(self.config, bank, compute)
        self._work_on_folds(work, until)
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
            "finetune": self.config.finetune.total_epochs * folds,
            "explain": folds if self.config.model.system == "pomp" else 0,
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
            self.tick(stage="prepare", message=f"Slides: {done} of {total} ({what})")
            if self.should_stop():
                raise StopRequested

        def on_results(results: list[SlideResult]) -> None:
            self.run.write_table("slides", pd.DataFrame(results))

        bank = gather_company_regions(company, self.config.slides, on_progress, on_results)
        keep_to_slides(self.run, bank)
        return bank

    def _work_on_folds(self, work: FoldWork, until: Until) -> None:
        folds = work.company.own.splits.folds
        left = [fold for fold in folds if not work.is_finished(fold)]
        for _ in range(len(folds) - len(left)):
            self._count_finished_fold()
        division = self._divide(work, len(left))
        with limited_threads(division.threads):
            if division.folds == 1:
                for fold in left:
                    work.work(fold, until)
                return
            if self.config.rules.pretraining == "all":  # once, before there are several who would do it
                work.work(left[0], "pretrain")
        log.info("Folds go %d at a time; threads of each: %d", division.folds, division.threads)
        self._estimate.go_side_by_side(division.folds, len(left))
        work.bank.keep({})  # each process keeps its own
        compute = replace(work.compute, memory=work.compute.memory // division.folds)
        room = {place: size // division.folds for place, size in room_for_regions(compute.device).items()}
        tasks = [
            FoldTask(self.run, fold, until, work.company, work.bank, room, compute, division.threads) for fold in left
        ]
        SideBySide(self.run, self, self._estimate.finish_fold).work(tasks, division.folds)

    def _divide(self, work: FoldWork, left: int) -> Division:
        """The threads of a fold are decided once a run, since the last digits depend on them, or anew by who asks."""
        cores = torch.get_num_threads()
        if work.team is not None or left == 0:
            return Division(1, cores)
        if self.folds is not None:
            division = Division(min(self.folds, left), max(1, cores // self.folds))
        else:
            cost = fold_cost(self.config, work.company, work.bank)
            fastest = folds_at_a_time(cost, work.compute.device.type, cores, free_bytes(), left)
            begun = self.run.read_json(THREADS)
            division = divide(fastest, cores, None if begun is None else begun["threads"])
        self.run.write_json(THREADS, {"threads": division.threads})
        return division

    def _gather(self, folds: list[int]) -> None:
        """Out-of-fold tables of all folds together; predictions last, because they mark the run as finished.

        One that a fold lacks, because an earlier version has finished it, is not gathered, nor is one without any row.
        """
        for name in FOLD_TABLES:
            parts = [self.run.table(f"folds/{index}/{name}") for index in folds]
            there = [part for part in parts if part is not None]
            filled = [part for part in there if len(part)]
            if len(there) < len(parts) or not filled:
                continue
            together = pd.concat(filled, ignore_index=True)
            if name in REGION_TABLES:
                together = together.sort_values("patient", kind="stable", ignore_index=True)
            self.run.write_table(f"attention/{name}" if name in REGION_TABLES else name, together)

    # Progress

    def finish(self, kind: str, seconds: float | None = None, units: int = 1) -> None:
        """As `FoldListener.finish`."""
        self._estimate.finish(kind, seconds, units)

    def _count_finished_fold(self) -> None:
        self._estimate.finish("select")
        self._estimate.finish("pretrain", units=self.config.pretrain.epochs)
        self._estimate.finish("finetune", units=self.config.finetune.total_epochs)
        self._estimate.finish("explain")

    def tick(self, *, force: bool = False, **changes: Any) -> None:
        """As `FoldListener.tick`: report progress, at most about twice a second."""
        if force or time.monotonic() - self._written > STATUS_SECONDS:
            self.report(**changes)

    def fail(self, error: str) -> None:
        """Say in the status why the run failed. Where not even that can be written, the error that is raised tells."""
        with suppress(RunError):
            self.report(state="FAILED", error=error, message="")

    def report(self, **changes: Any) -> None:
        """Write the status, with the estimate while the run is under way, and tell it."""
        if "progress" not in changes:
            changes["progress"] = self._estimate.progress
            changes.setdefault("eta_seconds", self._estimate.remaining_seconds)
        if self._finished:  # what is only looked at again keeps its status, also where this process is killed
            status = self._before = self._before.changed(**changes)
        else:
            worked = (self._before.worked_seconds or 0.0) + time.monotonic() - self._begun
            status = self.run.write_status(**{"worked_seconds": worked} | changes)
        self._written = time.monotonic()
        if self.on_status is not None:
            self.on_status(status)
