"""What a run's out-of-fold predictions are worth, as plain data: the numbers behind every page and `report.json`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pomp.errors import RunError
from pomp.evaluation.calibration import CalibrationBin, calibration_bins, fold_baseline, predicted_survival
from pomp.evaluation.concordance import concordance_index, paper_concordance, uno_concordance, uno_tau
from pomp.evaluation.curves import LogRank, SurvivalCurve
from pomp.evaluation.group_comparison import compare_groups
from pomp.evaluation.hazard_ratio import HazardRatio
from pomp.evaluation.paired import drawn_concordance, estimate_share, with_draws
from pomp.wording import count

LOW, HIGH = "low risk", "high risk"
HORIZONS_DAYS = (365.25, 3 * 365.25, 5 * 365.25)
_SCORED = ("patient", "fold", "time_days", "event", "risk")


@dataclass(frozen=True)
class FoldScore:
    """One test fold. C-indices are nan where it has no comparable pair (Uno's also where it cannot be weighted)."""

    fold: int
    patients: int
    events: int
    harrell: float
    uno: float
    paper: float
    """Eq. (16) to the letter."""


@dataclass(frozen=True)
class ModelScore:
    """Harrell's C of a model: by fold, mean and deviation (n - 1) over folds, 95% bootstrap interval of the mean.

    The interval covers the choice of test patients, not that of training ones; nan where C is 0 or 1 in every draw.
    """

    model: str
    folds: tuple[FoldScore, ...]
    mean: float
    sd: float
    lower: float
    upper: float

    def on_folds_of(self, other: ModelScore) -> tuple[float, ...]:
        """Harrell's C on each fold of another model's; nan where this one has none, or is of fewer or more patients.

        A plain model that could not be fitted in a training fold is not there in that fold.
        """
        own = {(fold.fold, fold.patients): fold.harrell for fold in self.folds}
        return tuple(own.get((fold.fold, fold.patients), float("nan")) for fold in other.folds)


@dataclass(frozen=True, eq=False)
class EvaluationReport:
    """Everything a page shows of a run's predictions. `None` stands where a number is not defined; `notes` say why."""

    score: ModelScore
    comparators: tuple[ModelScore, ...]
    curves: dict[str, SurvivalCurve]
    """Kaplan-Meier of the pooled out-of-fold groups, cut at the median risk of each training fold."""
    logrank: LogRank | None
    """High against low risk, stratified by fold."""
    permutation_p: float | None
    """The same test by shuffling groups within folds, 1,000 times."""
    hazard_ratio: HazardRatio | None
    """High over low risk, each fold with its own baseline hazard."""
    calibration: tuple[CalibrationBin, ...]
    """At 1, 3 and 5 years, as far as the follow-up goes; empty without baseline hazards."""
    assignment: dict[str, int]
    """Patient → test fold."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data; nan and infinities become None, since JSON has neither."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def evaluate(
    predictions: pd.DataFrame,
    baseline: pd.DataFrame | None = None,
    comparators: pd.DataFrame | None = None,
    model: str = "POMP",
) -> EvaluationReport:
    """Evaluate out-of-fold predictions.

    Args:
        predictions: a row a patient: patient, fold, time_days, event, risk (log hazard), high_risk (bool).
        baseline: fold, time_days, cumulative_hazard: each training fold's baseline at risk 0.
        comparators: model, patient, fold, time_days, event, risk: other models on the same splits.
        model: what the model of the predictions is called.

    Raises:
        RunError: a column is missing, a patient is there twice, or a number is not finite.
    """
    table = _checked(predictions, "predictions", (*_SCORED, "high_risk"))
    score, notes = _score(model, table)
    others = []
    if comparators is not None:
        for name, part in comparators.groupby("model", sort=False):
            other, remarks = _score(str(name), _checked(part, f"comparators ({name})", _SCORED))
            others.append(other)
            notes += [*remarks, *_coverage(str(name), part, table)]
    curves, test, p_value, ratio, remarks = _groups(table)
    return EvaluationReport(
        score=score,
        comparators=tuple(others),
        curves=curves,
        logrank=test,
        permutation_p=p_value,
        hazard_ratio=ratio,
        calibration=_calibration(table, baseline) if baseline is not None else (),
        assignment={str(patient): int(fold) for patient, fold in zip(table["patient"], table["fold"], strict=True)},
        notes=tuple(notes + remarks),
    )


@dataclass(frozen=True)
class FoldOptimism:
    fold: int
    honest: float
    paper: float
    difference: float


@dataclass(frozen=True)
class Optimism:
    """By how much the paper's protocol raises the C-index, on the same splits: paper minus honest."""

    folds: tuple[FoldOptimism, ...]
    honest: float
    paper: float
    difference: float
    """Mean over the folds in which both are defined."""
    sd: float


def optimism(honest: EvaluationReport, paper: EvaluationReport) -> Optimism:
    """Compare Harrell's C of two runs fold by fold.

    Raises:
        RunError: the runs do not have the same patients in the same test folds; the message names some that differ.
    """
    _check_same_splits(honest.assignment, paper.assignment)
    folds = tuple(
        FoldOptimism(one.fold, one.harrell, other.harrell, other.harrell - one.harrell)
        for one, other in zip(honest.score.folds, paper.score.folds, strict=True)
    )
    defined = [fold for fold in folds if not math.isnan(fold.difference)]
    difference, sd = _mean_sd([fold.difference for fold in defined])
    return Optimism(
        folds,
        honest=_mean_sd([fold.honest for fold in defined])[0],
        paper=_mean_sd([fold.paper for fold in defined])[0],
        difference=difference,
        sd=sd,
    )


def _checked(frame: pd.DataFrame, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """The frame sorted by fold and patient, with event and high_risk as bool, once it is known to be sound."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise RunError(f"{name}: column {', '.join(missing)} is missing. Run the fold again to write the table anew.")
    for column in ("time_days", "risk"):
        bad = frame.loc[~np.isfinite(frame[column].astype(float)), ["patient", column]]
        if len(bad):
            patient, value = bad.iloc[0]
            raise RunError(
                f"{name}: {column} of patient {patient} is {value}, not a finite number ({len(bad)} such rows). "
                "The training has diverged or the table is damaged: run again, with a smaller learning rate."
            )
    twice = frame.loc[frame["patient"].duplicated(), "patient"]
    if len(twice):
        raise RunError(f"{name}: patient {twice.iloc[0]} is there more than once. Every patient is in one test fold.")
    flags = {column: frame[column].astype(bool) for column in ("event", "high_risk") if column in columns}
    return frame.assign(**flags).sort_values(["fold", "patient"], ignore_index=True)


def _score(model: str, table: pd.DataFrame) -> tuple[ModelScore, list[str]]:
    """C-indices of one model, and a note on each fold that has none."""
    folds = tuple(_fold_score(int(str(fold)), part, table) for fold, part in table.groupby("fold"))
    mean, sd = _mean_sd([fold.harrell for fold in folds if not math.isnan(fold.harrell)])
    by_patient = table.sort_values("patient")
    time, event, risk, fold = (by_patient[name] for name in ("time_days", "event", "risk", "fold"))
    interval = estimate_share(drawn_concordance(time, event, risk, fold, with_draws(len(table)))).interval
    notes = [
        f"{model}: fold {fold.fold + 1} ({count(fold.patients, 'patient')}, {count(fold.events, 'event')}) has no "
        "comparable pair, hence no C-index; the mean leaves it out."
        for fold in folds
        if math.isnan(fold.harrell)
    ]
    return ModelScore(model, folds, mean, sd, interval.lower, interval.upper), notes


def _fold_score(fold: int, part: pd.DataFrame, table: pd.DataFrame) -> FoldScore:
    """The other folds' patients are this fold's training patients: from them come Uno's weights and their limit."""
    scored = part["time_days"], part["event"], part["risk"]
    training = table[table["fold"] != fold]
    uno = float("nan")
    if len(training):
        tau = uno_tau(training["time_days"])
        uno = uno_concordance(training["time_days"], training["event"], *scored, tau=tau)
    harrell, paper = concordance_index(*scored), paper_concordance(*scored)
    return FoldScore(fold, len(part), int(part["event"].sum()), harrell, uno, paper)


def _coverage(model: str, part: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """A note if a comparator was not scored on the same patients in the same folds."""
    keys = [set(zip(frame["patient"], frame["fold"], strict=True)) for frame in (part, table)]
    same = len(keys[0] & keys[1])
    if keys[0] == keys[1]:
        return []
    return [
        f"{model}: {same} of {len(keys[1])} patients are scored in the same fold; its C-index is not like for like."
    ]


def _groups(
    table: pd.DataFrame,
) -> tuple[dict[str, SurvivalCurve], LogRank | None, float | None, HazardRatio | None, list[str]]:
    """Curves of the low- and high-risk groups, and what tells them apart."""
    group = np.where(table["high_risk"], HIGH, LOW)
    found = compare_groups((LOW, HIGH), group, table["time_days"], table["event"], table["fold"], ordered=True)
    notes, ratio = [], found.ratios.get(HIGH)
    if len(found.curves) < 2:
        only = next(iter(found.curves), "no")
        notes = [f"All patients are in the {only} group: there is no group to compare with."]
    elif found.logrank is None:
        notes = ["No fold has a death with both risk groups at risk: no log-rank test."]
    elif ratio is None:
        notes = ["One risk group has every death that could tell the groups apart: no hazard ratio."]
    return found.curves, found.logrank, found.permutation_p, ratio, notes


def _calibration(table: pd.DataFrame, baseline: pd.DataFrame) -> tuple[CalibrationBin, ...]:
    """Predicted against observed survival of all patients, each predicted with the own fold's baseline."""
    horizons = [days for days in HORIZONS_DAYS if days < table["time_days"].max()]
    predicted = np.full((len(table), len(horizons)), np.nan)
    for fold, part in table.groupby("fold"):
        hazard = fold_baseline(baseline, int(str(fold)))
        predicted[part.index] = predicted_survival(hazard, part["risk"], horizons)
    time, event = table["time_days"], table["event"]
    return tuple(
        found
        for column, days in enumerate(horizons)
        for found in calibration_bins(time, event, predicted[:, column], days)
    )


def _check_same_splits(honest: Mapping[str, int], paper: Mapping[str, int]) -> None:
    alone = sorted(set(honest) ^ set(paper))
    moved = sorted(patient for patient in set(honest) & set(paper) if honest[patient] != paper[patient])
    if alone:
        raise RunError(
            f"The runs cannot be compared: {count(len(alone), 'patient is', 'patients are')} in one of them "
            f"only, such as {', '.join(alone[:3])}. Run both protocols with the same cohort settings."
        )
    if moved:
        first = moved[0]
        raise RunError(
            f"The runs cannot be compared: {count(len(moved), 'patient is', 'patients are')} in other folds, such as "
            f"{first} (fold {honest[first] + 1} and {paper[first] + 1}). Run both protocols with the same number of "
            "folds and the same seed."
        )


def _mean_sd(values: list[float]) -> tuple[float, float]:
    """Mean and standard deviation (n - 1); nan without enough values."""
    mean = float(np.mean(values)) if values else float("nan")
    return mean, float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _plain(value: Any) -> Any:
    """Dataclasses, arrays and numpy's scalars as JSON's types."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
