"""Repeated cross-validation as one table a model: what a score is over R repeats of K folds, and how far it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.errors import RunError
from pomp.evaluation.corrected_t import CorrectedT, corrected_t
from pomp.evaluation.multiplicity import holm
from pomp.evaluation.report import EvaluationReport
from pomp.evaluation.uncertainty import Interval

_C_INDEX = Interval(0.0, 1.0)
"""What a C-index can be."""
_DIFFERENCE = Interval(-1.0, 1.0)
"""What the difference of two can be."""

COLUMNS = ("model", "repeat", "fold", "patients", "score")


@dataclass(frozen=True)
class PooledScore:
    """One model over all folds of all repeats; numbers are nan where there are too few folds or repeats for them."""

    model: str
    mean: float
    """Over all folds that have a score."""
    sd: float
    """Over the same (n - 1)."""
    sd_between_repeats: float
    """Of the repeats' means (n - 1): what another split and seed changes."""
    interval: Interval
    """Of the mean, for the choice of training and test patients: the corrected resampled t's."""
    repeats: int
    folds: int
    """With a score, over all repeats."""
    left_out: int
    """Without one."""
    reason: str | None
    """Why there is no interval."""


@dataclass(frozen=True)
class PooledComparison:
    """A model over all folds of all repeats, and how far the first model is ahead of it."""

    score: PooledScore
    ahead: CorrectedT | None
    """The first model's fold scores less this one's; None for the first itself."""
    p_adjusted: float
    """Of `ahead`, by Holm's method over all models compared; nan where there is no p."""


def report_scores(reports: Sequence[EvaluationReport]) -> pd.DataFrame:
    """Harrell's C of every fold of the models that all reports have, the reported model first.

    Args:
        reports: one a repeat.

    Returns:
        model, repeat (from 0), fold, patients, score; nan where a fold has no comparable pair, and where a plain model
        could not be fitted or has not scored the same number of patients.
    """
    rows = [
        (one.model, repeat, fold.fold, fold.patients, score)
        for repeat, report in enumerate(reports)
        for one in (report.score, *report.comparators)
        for fold, score in zip(report.score.folds, one.on_folds_of(report.score), strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    everywhere = table.groupby("model")["repeat"].transform("nunique") == len(reports)
    return table[everywhere].reset_index(drop=True)


def pool(scores: pd.DataFrame, level: float = 0.95) -> tuple[PooledScore, ...]:
    """Mean, spread and interval of every model's fold scores, in the order in which models appear.

    The interval allows for the overlap of training sets (`corrected_t`): more repeats make it narrower only down to
    what one split of new patients would leave. The plain sd/√(R·K) would shrink without end. Scores are C-indices: the
    interval is cut at 0 and 1.

    Args:
        scores: model, repeat, fold, patients (of the test fold), score; as of `report_scores`.
        level: coverage of the interval.

    Raises:
        RunError: a column is missing, a fold of a repeat is there twice, a repeat has one fold only, or a score is
            infinite.
    """
    table = _checked(scores)
    return tuple(_pooled(str(model), part, level) for model, part in table.groupby("model", sort=False))


def _pooled(model: str, part: pd.DataFrame, level: float) -> PooledScore:
    values = part["score"].to_numpy(dtype=float)
    found = corrected_t(values, *fold_sizes(part), level, _C_INDEX)
    of_repeats = part.groupby("repeat")["score"].mean().dropna().to_numpy(dtype=float)
    between = float(of_repeats.std(ddof=1)) if len(of_repeats) > 1 else float("nan")
    repeats = int(part["repeat"].nunique())
    return PooledScore(
        model, found.mean, found.sd, between, found.interval, repeats, found.folds, found.left_out, found.reason
    )


def compare_pooled(scores: pd.DataFrame, level: float = 0.95) -> tuple[PooledComparison, ...]:
    """Every model of `pool`, with the first one's lead over it, tested on the folds that both have.

    Args:
        scores: as for `pool`; the first row's model is compared with the others.
        level: coverage of the intervals.

    Raises:
        RunError: as `compare_folds`.
    """
    first, *others = pool(scores, level)
    tests = [compare_folds(scores, first.model, one.model, level) for one in others]
    adjusted = holm(np.array([test.p_value for test in tests]))
    return (
        PooledComparison(first, None, float("nan")),
        *(PooledComparison(one, test, float(p)) for one, test, p in zip(others, tests, adjusted, strict=True)),
    )


def compare_folds(scores: pd.DataFrame, model: str, other: str, level: float = 0.95) -> CorrectedT:
    """The corrected resampled t-test of one model's fold scores less another's, on the folds that both have.

    A fold in which either has no score counts as left out. The interval is cut at -1 and 1.

    Args:
        scores: as for `pool`.
        model: whose gain is tested.
        other: what it is compared with.
        level: coverage of the interval.

    Raises:
        RunError: as `pool`; a model is not there, or they have no fold of as many patients in common.
    """
    table = _checked(scores)
    one, beside = (_of_model(table, name) for name in (model, other))
    both = one.join(beside, how="inner", lsuffix="", rsuffix="_other")
    both = both[both["patients"] == both["patients_other"]]
    if both.empty:
        raise RunError(
            f"{model} and {other} have no fold of a repeat in common: compare models that were run on the same splits."
        )
    difference = (both["score"] - both["score_other"]).to_numpy(dtype=float)
    return corrected_t(difference, *fold_sizes(one.reset_index()), level, _DIFFERENCE)


def fold_sizes(part: pd.DataFrame) -> tuple[float, float]:
    """Patients of a test fold and of its training set, means over one model's folds of all repeats.

    Args:
        part: repeat, patients (of the test fold); each repeat's folds together hold all of its patients.
    """
    total = part.groupby("repeat")["patients"].transform("sum").to_numpy(dtype=float)
    test: NDArray[np.float64] = part["patients"].to_numpy(dtype=float)
    return float(test.mean()), float((total - test).mean())


def _of_model(table: pd.DataFrame, model: str) -> pd.DataFrame:
    rows = table.loc[table["model"] == model]
    if rows.empty:
        names = ", ".join(map(str, table["model"].unique()))
        raise RunError(f"There are no scores of '{model}': choose one of {names}.")
    return rows.set_index(["repeat", "fold"])[["patients", "score"]]


def _checked(scores: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in scores.columns]
    if missing:
        raise RunError(f"scores: column {', '.join(missing)} is missing: give {', '.join(COLUMNS)}.")
    keys = ["model", "repeat", "fold"]
    twice = scores.loc[scores.duplicated(keys), keys]
    if len(twice):
        model, repeat, fold = twice.iloc[0]
        raise RunError(f"scores: fold {fold} of repeat {repeat} of {model} is there more than once.")
    alone = scores.groupby(["model", "repeat"])["fold"].size()
    alone = alone[alone < 2]
    if len(alone):
        model, repeat = alone.index[0]
        raise RunError(f"scores: repeat {repeat} of {model} has one fold only: cross-validation has two or more.")
    return scores
