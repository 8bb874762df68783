"""What the Survival page reads and works out, kept until a file of the run or of its cohort changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.data import Stamp, stamp
from pomp.data.manifest import CLINICAL
from pomp.data.outcome import outcome_of
from pomp.data.problems import Problems
from pomp.data.readers.clinical import read_clinical
from pomp.evaluation.added_value import AddedValue, added_value
from pomp.evaluation.calibration_slope import Calibration, calibration
from pomp.evaluation.epochs import EpochStrip, epoch_strip
from pomp.evaluation.model_scores import ModelScores, score_models
from pomp.evaluation.prediction_error import PredictionError, prediction_error
from pomp.evaluation.report import HORIZONS_DAYS
from pomp.evaluation.timed_scores import TimedScores, score_by_time
from pomp.runs.models import CLINICAL_COX, predictions_by_model
from pomp.runs.run import Run
from pomp.runs.system_name import system_name

TRAINING_RISKS = "training_risks"
METRICS = "metrics.jsonl"


def clinical(run: Run) -> pd.DataFrame | None:
    """clinical.csv of the run's cohort as it is now, index patient; None if it is not there any more."""
    file = run.cohort_folder / CLINICAL
    return _clinical(str(file), run.info.cohort.endpoint, stamp([file]))


@st.cache_resource(max_entries=8, show_spinner=False)
def _clinical(file: str, endpoint: str, of: Stamp) -> pd.DataFrame | None:
    found = read_clinical(Path(file), CLINICAL, endpoint, Problems()) if of else None
    return None if found is None else found.covariates


@dataclass(frozen=True, eq=False)
class Judged:
    """The run's risks beside the follow-up by one endpoint."""

    table: pd.DataFrame
    """As the predictions, with that endpoint's time_days and event."""
    lost: tuple[str, ...]
    """Patients of whom that endpoint is not recorded."""


def judge(run: Run, endpoint: str, fold: int | None = None) -> Judged:
    """The predictions by an endpoint of clinical.csv, or by the run's own as it was when it was made.

    Args:
        run: whose predictions they are.
        endpoint: to judge by.
        fold: whose test patients are taken; None: all.

    Raises:
        RunError: the run has no predictions yet, or they are damaged.
    """
    predictions, columns = data.predictions(run), clinical(run)
    if fold is not None:
        predictions = predictions[predictions["fold"] == fold].reset_index(drop=True)
    if endpoint == run.info.cohort.endpoint or columns is None:
        return Judged(predictions, ())
    outcome = outcome_of(columns, endpoint)
    known = predictions[predictions["patient"].isin(outcome.index)]
    follow_up = outcome.loc[known["patient"]]
    judged = known.assign(time_days=follow_up["time_days"].to_numpy(), event=follow_up["event"].to_numpy())
    lost = predictions["patient"][~predictions["patient"].isin(outcome.index)]
    return Judged(judged.reset_index(drop=True), tuple(lost))


@data.kept_for(*data.TABLES, spinner="Drawing the patients again, 1,000 times…")
def model_scores(run: Run) -> ModelScores:
    """The run's model and the plain ones by three C-indices.

    Raises:
        RunError: as `judge`, or the plain models are of other patients.
    """
    return score_models(predictions_by_model(run))


@data.kept_for(*data.TABLES)
def added_to_clinical(run: Run) -> AddedValue | None:
    """What the run's risk adds to that of the clinical data alone; None without these.

    Raises:
        RunError: as `model_scores`.
    """
    others = run.comparators()
    clinical_risks = None if others is None else others[others["model"] == CLINICAL_COX]
    if clinical_risks is None or clinical_risks.empty:
        return None
    return added_value(clinical_risks, run.require_predictions())


@data.kept_for(*data.TABLES)
def calibrated(run: Run) -> Calibration | None:
    """Calibration slope, and deaths observed over expected; None without baseline hazards.

    Raises:
        RunError: as `judge`.
    """
    baseline = run.baseline()
    return None if baseline is None else calibration(run.require_predictions(), baseline)


@data.kept_for(*data.TABLES)
def errors_by_time(run: Run) -> PredictionError | None:
    """Brier scores out of fold; None without baseline hazards, or with one fold, which has no training patients.

    Raises:
        RunError: as `judge`.
    """
    predictions, baseline = run.require_predictions(), run.baseline()
    if baseline is None or predictions["fold"].nunique() < 2:
        return None
    return prediction_error(predictions, baseline)


@data.kept_for(*data.TABLES, spinner="Drawing the patients again, 1,000 times…")
def scored_by_time(run: Run) -> TimedScores | None:
    """AUC and Brier score of all models at 1, 3 and 5 years, as far as anybody is followed; None with one fold.

    Raises:
        RunError: as `model_scores`.
    """
    tables, baseline = predictions_by_model(run), run.baseline()
    predictions = next(iter(tables.values()))
    if predictions["fold"].nunique() < 2:
        return None
    reached = [days for days in HORIZONS_DAYS if days < predictions["time_days"].max()]
    return score_by_time(tables, {} if baseline is None else {system_name(run.config): baseline}, reached)


@data.kept_for(METRICS)
def epochs(run: Run) -> EpochStrip | None:
    """The test folds' C-index by epoch; None if the run did not look at them."""
    return epoch_strip(data.metrics(run))
