"""The variant that does best inside each training fold (nested cross-validation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan

import pandas as pd

from pomp.config import RunConfig
from pomp.data.cohort import Cohort
from pomp.data.sites import find_sites
from pomp.data.splits import Fold, Splits, make_splits, split_cohort
from pomp.errors import ConfigError, TrainingError
from pomp.progress import OnProgress
from pomp.runs.resolve import resolve

Score = Callable[[RunConfig, Fold], float]
SHARED = ("cohort", "folds", "folds_by", "seed")
"""What all variants must have in common: it decides who is tested in which fold."""


@dataclass(frozen=True, eq=False)
class Tuning:
    """What each variant scores inside the training folds. No test patient has been seen."""

    scores: pd.DataFrame
    """Columns variant, fold, inner, c_index: Harrell's C on inner fold `inner` of the training patients of `fold`."""

    @property
    def means(self) -> dict[str, dict[int, float]]:
        """Variant → fold → mean over the inner folds that have a C-index; nan where none has. In the grid's order."""
        found: dict[str, dict[int, float]] = {}
        for name, own in self.scores.groupby("variant", sort=False):
            means = own.groupby("fold")["c_index"].mean()
            found[str(name)] = dict(zip(means.index.tolist(), means.tolist(), strict=True))
        return found

    @property
    def chosen(self) -> dict[int, str]:
        """Fold → the variant of the largest mean; of equals the first in the grid.

        Raises:
            TrainingError: no inner fold of a training fold has a pair of patients who can be compared.
        """
        means, chosen = self.means, {}
        for fold in sorted(set(self.scores["fold"].tolist())):
            known = {name: own[fold] for name, own in means.items() if not isnan(own[fold])}
            if not known:
                raise TrainingError(
                    f"The inner folds of training fold {fold + 1} have no two patients who can be compared: use fewer "
                    "inner folds."
                )
            chosen[fold] = max(known, key=known.__getitem__)
        return chosen


def resolve_variants(variants: Mapping[str, RunConfig], cohort: Cohort) -> dict[str, RunConfig]:
    """The variants, fitted to the cohort; all must divide the same patients alike.

    Raises:
        ConfigError: a variant does not fit the cohort, divides it otherwise than the first, sees test patients by its
            protocol, or has other cohorts in its pre-training.
    """
    fitted = {name: resolve(config, cohort) for name, config in variants.items()}
    first, *_ = fitted.values()
    for name, config in fitted.items():
        if config.protocol != "honest":
            raise ConfigError(f"Variant '{name}' has protocol {config.protocol}: settings are chosen under 'honest'.")
        if config.pretrain.with_cohorts:
            raise ConfigError(
                f"Variant '{name}' is pre-trained together with {', '.join(config.pretrain.with_cohorts)}, which "
                "cannot be done inside training folds: leave pretrain.with_cohorts empty."
            )
        for setting in SHARED:
            if getattr(config, setting) != getattr(first, setting):
                raise ConfigError(
                    f"Variant '{name}' changes '{setting}', which decides who is tested in which fold: it must be the "
                    "same for all variants."
                )
    return fitted


def inner_splits(cohort: Cohort, config: RunConfig, inner: int) -> dict[int, Splits]:
    """Fold → its training patients, divided again into `inner` folds as the run divides its patients.

    Raises:
        CohortError: there are too few events or sites.
    """
    sites = find_sites(cohort.patients, cohort.clinical) if config.folds_by == "sites" else None
    return {
        fold.index: make_splits(cohort.outcome.loc[list(fold.train)], inner, config.seed, sites)
        for fold in split_cohort(cohort, config).folds
    }


def tune(
    variants: Mapping[str, RunConfig], divided: Mapping[int, Splits], score: Score, on_progress: OnProgress
) -> Tuning:
    """Score every variant on every inner fold.

    Args:
        variants: as `resolve_variants` gives them.
        divided: as `inner_splits`.
        score: of a variant on an inner fold; see `Trials`.
        on_progress: told of every score; what it raises ends the work.
    """
    rows: list[tuple[str, int, int, float]] = []
    total = len(variants) * sum(len(splits.folds) for splits in divided.values())
    for name, config in variants.items():
        for fold, splits in divided.items():
            for part in splits.folds:
                on_progress(len(rows), total, f"{name}, fold {fold + 1}, inner fold {part.index + 1}")
                rows.append((name, fold, part.index, score(config, part)))
    return Tuning(pd.DataFrame(rows, columns=["variant", "fold", "inner", "c_index"]))
