"""Everything that can be said of a finished run, gathered once: for the information sheet and the HTML report."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np

from pomp.config import PresetName
from pomp.data.cohort import Cohort, check_cohort
from pomp.data.exclusion import ExclusionLog
from pomp.data.sites import find_sites
from pomp.data.splits import Splits
from pomp.errors import CohortError, RunError
from pomp.evaluation.added_value import AddedValue, added_value
from pomp.evaluation.calibration_slope import Calibration, calibration
from pomp.evaluation.follow_up import MedianFollowUp, median_follow_up
from pomp.evaluation.model_comparison import ModelComparison, compare_models
from pomp.evaluation.model_scores import ModelScores, score_models
from pomp.evaluation.prediction_error import PredictionError, prediction_error
from pomp.evaluation.report import HORIZONS_DAYS, EvaluationReport, evaluate
from pomp.evaluation.timed_scores import TimedScores, score_by_time
from pomp.runs.command import nearest_preset
from pomp.runs.models import CLINICAL_COX, predictions_by_model
from pomp.runs.run import Run
from pomp.runs.status import Status
from pomp.runs.system_name import system_name


@dataclass(frozen=True, eq=False)
class CohortToday:
    """The cohort's folder as it is now."""

    cohort: Cohort | None
    log: ExclusionLog | None
    remark: str
    """Why the folder says nothing, or not what it said when the run was made; empty if all is as it was."""


@dataclass(frozen=True)
class SharedSites:
    """Hospitals, or other sites, whose patients are on both sides of a split."""

    sites: int
    share: float
    """Of the patients, how many are tested by a model that was trained on others of their site; 0 to 1."""


@dataclass(frozen=True, eq=False)
class RunFacts:
    """A finished run, and what its tables and its cohort say. `None` stands where something is not known."""

    run: Run
    status: Status
    model: str
    """What the trained system is called beside the plain models."""
    splits: Splits
    report: EvaluationReport
    scores: ModelScores
    comparisons: tuple[ModelComparison, ...]
    """With each plain model."""
    added: AddedValue | None
    """To the clinical data; None where the run has no clinical model."""
    calibration: Calibration | None
    by_time: TimedScores | None
    """AUC and Brier score of all models at 1, 3 and 5 years, as far as anybody is followed; None with one fold."""
    error: PredictionError | None
    """The Brier score as a curve; None without baseline hazards, or with one fold."""
    follow_up: MedianFollowUp
    patients: int
    events: int
    today: CohortToday
    sites: SharedSites | None
    preset: PresetName
    changes: dict[str, Any]
    """Dotted setting → its value, of those that differ from the preset."""


def gather_facts(run: Run) -> RunFacts:
    """The facts of a run.

    Raises:
        RunError: the run is not finished, with its state and what to do, or one of its tables is damaged.
    """
    status = check_finished(run)
    predictions, baseline, comparators = run.require_predictions(), run.baseline(), run.comparators()
    model = system_name(run.config)
    tables = predictions_by_model(run)
    several = predictions["fold"].nunique() > 1
    reached = [days for days in HORIZONS_DAYS if days < predictions["time_days"].max()]
    baselines = {} if baseline is None else {model: baseline}
    splits, today = run.splits(), look_at_cohort(run)
    report, scores = evaluate(predictions, baseline, comparators, model), score_models(tables)
    preset, changes = nearest_preset(run.config)
    return RunFacts(
        run=run,
        status=status,
        model=model,
        splits=splits,
        report=report,
        scores=scores,
        comparisons=compare_models(report, scores),
        added=added_value(tables[CLINICAL_COX], predictions) if CLINICAL_COX in tables else None,
        calibration=calibration(predictions, baseline) if baseline is not None else None,
        by_time=score_by_time(tables, baselines, reached) if several else None,
        error=prediction_error(predictions, baseline) if several and baseline is not None else None,
        follow_up=median_follow_up(predictions["time_days"], predictions["event"]),
        patients=len(predictions),
        events=int(predictions["event"].sum()),
        today=today,
        sites=None if today.cohort is None else shared_sites(today.cohort, splits),
        preset=preset,
        changes=changes,
    )


def check_finished(run: Run) -> Status:
    """The status of a run that has come to its end.

    Raises:
        RunError: it has not; the message says how far it is, why it failed, and what to do.
    """
    status = run.status()
    if status.state == "DONE":
        return status
    if status.active:
        raise RunError(f"Run {run.id} is {status.state.lower()}: wait until it is done, then ask for its report.")
    reason = f" ({status.error.rstrip('.')})" if status.error else ""
    raise RunError(
        f"Run {run.id} is not finished, so there is nothing to report: it is {status.state.lower()}{reason}. "
        f"Go on with it: pomp run --run {shlex.quote(str(run.folder))}"
    )


def look_at_cohort(run: Run) -> CohortToday:
    """Read the cohort's folder again, since a run keeps of it no more than counts and a digest."""
    folder, name = run.cohort_folder, run.info.cohort.name
    if not folder.is_dir():
        return CohortToday(None, None, f"The folder of the cohort {name} is not there any more.")
    check = check_cohort(folder, run.config.cohort)
    if check.cohort is None:
        return CohortToday(None, check.log if check.log.steps else None, f"The cohort {name} can no longer be read.")
    if check.cohort.digest != run.info.cohort.digest:
        remark = f"The files of the cohort {name} were changed after the run was made: counts below are of today's."
        return CohortToday(check.cohort, check.log, remark)
    return CohortToday(check.cohort, check.log, "")


def shared_sites(cohort: Cohort, splits: Splits) -> SharedSites | None:
    """How far folds share sites; None where the sites are not known of everybody."""
    tested = [patient for fold in splits.folds for patient in fold.test]
    known = [patient for patient in tested if patient in cohort.clinical.index]
    try:
        site = find_sites(known, cohort.clinical)
    except CohortError:
        return None
    if len(known) < len(tested):
        return None
    shared = [
        np.isin(site[list(fold.test)].to_numpy(str), site[list(fold.train)].to_numpy(str)) for fold in splits.folds
    ]
    return SharedSites(int(site.nunique()), float(np.concatenate(shared).mean()))
