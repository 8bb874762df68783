"""Models beside each other by three C-indices, each with its interval, and what the first adds to the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.evaluation.concordance import concordant, outlived, uncensored_probability, uno_tau
from pomp.evaluation.paired import Estimate, estimate, estimate_share, with_draws
from pomp.evaluation.shared_patients import shared_patients
from pomp.evaluation.uncertainty import weigh_chosen

Floats = NDArray[np.float64]
INDICES = ("harrell", "uno", "paper")


@dataclass(frozen=True)
class ModelIndices:
    """One model. `added`: Harrell's C of the first model minus this one's, on the same draws of patients."""

    model: str
    harrell: Estimate
    uno: Estimate
    paper: Estimate
    """Eq. (16) to the letter."""
    added: Estimate | None
    """None for the first model itself."""


@dataclass(frozen=True)
class ModelScores:
    models: tuple[ModelIndices, ...]
    tau_days: tuple[float, ...]
    """Uno's τ of each fold: deaths up to it count."""
    patients: int
    """Scored by every model in the same fold: all numbers are of these."""


def score_models(tables: Mapping[str, pd.DataFrame], resamples: int = 1000, seed: int = 0) -> ModelScores:
    """Compare models on the patients that all of them scored in the same fold.

    Patients are drawn again, once for all models: what is hard about a sample is hard for each. A fold without a
    comparable pair in some sample is left out of its mean. Uno's weights come from the other folds.

    Args:
        tables: by model, the one of interest first: patient, fold, time_days, event, risk; a row a patient.
        resamples: how often patients are drawn.
        seed: of the draws.

    Raises:
        RunError: no patient is in all of the tables, or a risk is not finite.
    """
    shared = shared_patients(tables)
    first = next(iter(shared.values()))
    folds = first["fold"].to_numpy()
    drawn = with_draws(len(first), resamples, seed)
    found = {model: _indices(table, folds, drawn) for model, table in shared.items()}
    lead = next(iter(found.values()))["harrell"]
    models = tuple(
        ModelIndices(
            model=model,
            harrell=estimate_share(values["harrell"]),
            uno=estimate_share(values["uno"]),
            paper=estimate_share(values["paper"]),
            added=estimate(lead - values["harrell"]) if place else None,
        )
        for place, (model, values) in enumerate(found.items())
    )
    return ModelScores(models, tuple(_taus(first).values()), len(first))


def _indices(table: pd.DataFrame, folds: NDArray[np.generic], drawn: Floats) -> dict[str, Floats]:
    """(1 + resamples,) of each C-index, the mean over folds."""
    totals = {name: np.zeros(len(drawn)) for name in INDICES}
    counted = {name: np.zeros(len(drawn)) for name in INDICES}
    taus = _taus(table)
    for fold in np.unique(folds):
        own = folds == fold
        for name, (rows, pairs, right) in _pairs(table[own], table[~own], taus[int(fold)]).items():
            weight, good = weigh_chosen(rows, pairs, right, drawn[:, own])
            some = weight > 0
            totals[name][some] += good[some] / weight[some]
            counted[name] += some
    means = {}
    for name in INDICES:
        means[name] = np.full(len(drawn), np.nan)
        np.divide(totals[name], counted[name], out=means[name], where=counted[name] > 0)
    return means


def _pairs(test: pd.DataFrame, train: pd.DataFrame, tau: float) -> dict[str, tuple[NDArray[np.intp], Floats, Floats]]:
    """The pairs of one fold that each C-index counts, and those in the right order, as `weigh_chosen` takes them."""
    time, died, risk = test["time_days"].to_numpy(float), test["event"].to_numpy(bool), test["risk"].to_numpy(float)
    rows = np.flatnonzero(died)
    later, right = outlived(time, died, rows).astype(float), concordant(risk, rows)
    strictly = (time > time[rows, None]).astype(float)
    found = {"harrell": (rows, later, later * right), "paper": (rows, strictly, strictly * (right == 1))}
    counted = time[rows] < tau
    uncensored = uncensored_probability(train["time_days"], train["event"], time[rows[counted]]) if len(train) else None
    if uncensored is None or not (uncensored > 0).all():
        none = np.zeros((0, len(test)))
        return found | {"uno": (rows[:0], none, none)}
    weights = uncensored[:, None] ** -2.0
    return found | {"uno": (rows[counted], later[counted] * weights, (later * right)[counted] * weights)}


def _taus(table: pd.DataFrame) -> dict[int, float]:
    """Uno's τ by fold, of the patients of the other folds; nan where there is no other fold."""
    folds = table["fold"].unique()
    others = {int(fold): table.loc[table["fold"] != fold, "time_days"] for fold in folds}
    return {fold: uno_tau(time) if len(time) else float("nan") for fold, time in others.items()}
