"""What the choice of the epoch is worth: the test fold's C-index by epoch, and what each rule would report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class EpochRule:
    """A way to choose the epoch, and the mean C-index over folds that it leads to."""

    name: str
    """`last`, `best_of_each` or `best_mean`."""
    c_index: float
    epochs: tuple[int, ...]
    """Of each fold, counted from 1."""


@dataclass(frozen=True, eq=False)
class EpochStrip:
    """The test C-index of every fold after every epoch."""

    folds: pd.DataFrame
    """Index epoch (from 1), a column a fold (from 0); nan where it is not defined."""
    mean: pd.Series
    """Over the folds, of the epochs that all folds have."""
    rules: tuple[EpochRule, ...]


def epoch_strip(metrics: pd.DataFrame) -> EpochStrip | None:
    """What the metrics of a run say about the choice of the epoch; None if it never looked at its test folds.

    The rules: the last epoch, as an honest run; of each fold the epoch that is best on its own test patients (the
    earliest of equals), as the authors' released code; and one epoch for all folds, the best in the mean. The last
    two choose by the very patients on whom they report.

    Args:
        metrics: a row an epoch: stage, fold, epoch (from 0), test_c_index.
    """
    if "test_c_index" not in metrics.columns:
        return None
    rows = metrics[(metrics["stage"] == "finetune") & metrics["test_c_index"].notna()]
    rows = rows.drop_duplicates(["fold", "epoch"], keep="last")
    if rows.empty:
        return None
    folds = rows.pivot_table(index="epoch", columns="fold", values="test_c_index").sort_index().astype(float)
    folds.index = folds.index.astype(int) + 1
    mean = folds.mean(axis=1, skipna=False)
    return EpochStrip(folds, mean, _rules(folds, mean))


def _rules(folds: pd.DataFrame, mean: pd.Series) -> tuple[EpochRule, ...]:
    values, epochs, each = folds.to_numpy(), folds.index.to_numpy(), np.arange(folds.shape[1])
    known = np.isfinite(values)
    last = len(values) - 1 - known[::-1].argmax(axis=0)
    best = np.where(known, values, -np.inf).argmax(axis=0)
    chosen = [("last", last), ("best_of_each", best)]
    if mean.notna().any():
        chosen.append(("best_mean", np.full(len(each), int(np.nanargmax(mean)))))
    return tuple(
        EpochRule(name, float(values[rows, each].mean()), tuple(int(epoch) for epoch in epochs[rows]))
        for name, rows in chosen
    )
