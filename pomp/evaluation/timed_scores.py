"""Models beside each other by time: AUC and Brier score at horizons, and the integrated Brier score, on the same draws.

Every score is taken by fold, then averaged over the folds: risks of different folds' models have no common scale, and
the weights 1/G of a fold come from its training patients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.errors import RunError
from pomp.evaluation.calibration import fold_baseline, predicted_survival
from pomp.evaluation.paired import Estimate, estimate, estimate_share, with_draws
from pomp.evaluation.prediction_error import (
    brier_parts,
    brier_times,
    drawn_auc,
    everybodys_survival,
    integrated_brier,
)
from pomp.evaluation.shared_patients import shared_patients

Array = NDArray[np.float64]
Kind = Literal["auc", "brier", "integrated brier"]
Scores = dict[tuple[Kind, float], Array]
REFERENCE = "Kaplan–Meier"
"""Predicts for everybody what the training patients' curve says: it has Brier scores, but ranks nobody."""


@dataclass(frozen=True)
class TimedScore:
    """One score of one model, the mean over the folds."""

    model: str
    kind: Kind
    days: float
    """The horizon; of the integrated Brier score, the last day that counts."""
    score: Estimate
    """nan where no fold's is defined."""
    gain: Estimate | None
    """By how much the first model is better, on the same draws: above 0 speaks for the first, whatever the kind. None
    for the first model itself, and where it has no such score."""


@dataclass(frozen=True)
class TimedScores:
    scores: tuple[TimedScore, ...]
    """By model in the order given, last the reference. Without a baseline hazard a model has no Brier score."""
    patients: int
    """Scored by every one of these models in the same fold: all numbers are of these."""

    def of(self, model: str, kind: Kind) -> tuple[TimedScore, ...]:
        """One model's scores of a kind, by horizon; empty where it has none."""
        return tuple(one for one in self.scores if (one.model, one.kind) == (model, kind))

    def has(self, kind: Kind) -> bool:
        """Whether there is a score of this kind that is defined."""
        return any(one.kind == kind and math.isfinite(one.score.value) for one in self.scores)


def score_by_time(
    tables: Mapping[str, pd.DataFrame],
    baselines: Mapping[str, pd.DataFrame],
    horizons_days: Sequence[float],
    resamples: int = 1000,
    seed: int = 0,
) -> TimedScores:
    """Compare models by time on the patients that all of them scored in the same fold.

    A model that has no patient in some fold of the first one, such as a plain one that could not be fitted there, is
    left out: it would take that fold from all the others, and from their training patients.

    Patients are drawn again, once for all models; weights 1/G and baseline hazards stay as they are, so that intervals
    cover the choice of test patients. At a horizon, folds whose score is not defined are left out of the mean; the
    integrated score counts the times, up to LONGEST of the follow-up, at which every fold's is.

    Args:
        tables: by model, the one of interest first: patient, fold, time_days, event, risk (log hazard).
        baselines: by model, for those that have one: fold, time_days, cumulative_hazard at risk 0.
        horizons_days: such as 1, 3 and 5 years.
        resamples: how often patients are drawn.
        seed: of the draws, which are those of `score_models`.

    Raises:
        RunError: no patient is in all of the tables, a risk is not finite, there is one fold only, or a fold has no
            row in a model's baseline.
    """
    wanted = set(next(iter(tables.values()))["fold"])
    shared = shared_patients({name: table for name, table in tables.items() if wanted <= set(table["fold"])})
    first = next(iter(shared.values()))
    folds = first["fold"].to_numpy()
    if len(np.unique(folds)) < 2:
        raise RunError("The predictions are of one fold: scores by time need training patients. Run all the folds.")
    drawn = with_draws(len(first), resamples, seed)
    found: dict[str, Scores] = {}
    for model, table in shared.items():
        found[model] = {("auc", float(days)): drawn_auc(table, days, drawn)[0] for days in horizons_days}
        if model in baselines:
            found[model] |= _drawn_brier(table, baselines[model], horizons_days, drawn)
    found[REFERENCE] = _drawn_brier(first, None, horizons_days, drawn)
    lead = next(iter(shared))
    scores = tuple(
        TimedScore(
            model,
            *key,
            (estimate_share if key[0] == "auc" else estimate)(values),
            None if model == lead else _gain(*key, found[lead], values),
        )
        for model, of_model in found.items()
        for key, values in of_model.items()
    )
    return TimedScores(scores, len(first))


def _gain(kind: Kind, days: float, lead: Scores, values: Array) -> Estimate | None:
    """By how much the first model is better than one with these values."""
    if (kind, days) not in lead:
        return None
    difference = lead[kind, days] - values
    return estimate(difference if kind == "auc" else -difference)


def _drawn_brier(
    table: pd.DataFrame, baseline: pd.DataFrame | None, horizons_days: Sequence[float], drawn: Array
) -> Scores:
    """Brier scores in each of R samples, (R,) each; of the reference where there is no baseline."""
    grid = brier_times(table["time_days"])
    times = np.concatenate([grid, np.asarray(horizons_days, dtype=float)])
    labels = table["fold"].to_numpy()
    by_fold = []
    for fold in np.unique(labels):
        own = labels == fold
        training, test = (table.loc[~own, "time_days"], table.loc[~own, "event"]), table[own]
        if baseline is None:
            survival = np.tile(everybodys_survival(training, times), (len(test), 1))
        else:
            survival = predicted_survival(fold_baseline(baseline, int(fold)), test["risk"], times)
        by_fold.append(_means(brier_parts(test["time_days"], test["event"], survival, times, training), drawn[:, own]))
    table_of_folds = np.array(by_fold)  # (folds, R, times)
    everywhere = np.isfinite(table_of_folds[:, 0, : len(grid)]).all(axis=0)
    means = table_of_folds[:, :, : len(grid)][:, :, everywhere].mean(axis=0)
    until = float(grid[everywhere][-1]) if everywhere.any() else float("nan")
    found: Scores = {
        ("brier", float(days)): _mean_of_defined(table_of_folds[:, :, len(grid) + place])
        for place, days in enumerate(horizons_days)
    }
    return found | {("integrated brier", until): integrated_brier(grid[everywhere], means)}


def _means(parts: Array, drawn: Array) -> Array:
    """(n, K) of one fold's patients, (R, n) how often each is drawn → (R, K); nan where a part is not known, and where
    none of them is drawn."""
    known, patients = np.isfinite(parts).all(axis=0), drawn.sum(axis=1, keepdims=True)
    means = np.full((len(drawn), parts.shape[1]), np.nan)
    np.divide(drawn @ np.where(known, parts, 0.0), patients, out=means, where=(patients > 0) & known)
    return means


def _mean_of_defined(by_fold: Array) -> Array:
    """(folds, R) → (R,) over the folds that are not nan; nan without one."""
    kept = by_fold[np.isfinite(by_fold[:, 0])]
    return kept.mean(axis=0) if len(kept) else np.full(by_fold.shape[1], np.nan)
