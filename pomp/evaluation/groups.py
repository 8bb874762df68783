"""Patients in groups: by their risk, cut where the training patients of their fold say, or by a clinical column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from pomp.errors import RunError

MOST_CATEGORIES = 6
"""A column with more values than this is cut if it holds numbers, and makes no groups if it does not."""
_NAMES = {
    2: ("low risk", "high risk"),
    3: ("low risk", "middle risk", "high risk"),
    4: ("lowest quarter", "second quarter", "third quarter", "highest quarter"),
}


@dataclass(frozen=True, eq=False)
class Groups:
    """Who is in which group."""

    names: tuple[str, ...]
    """In order, those without a patient left out."""
    of: pd.Series
    """Index patient, values of `names`; patients that have no group are left out."""
    ordered: bool
    """Whether the order means something, so that a trend along it can be asked for."""


def training_cuts(training_risks: pd.DataFrame, shares: Sequence[float]) -> dict[int, tuple[float, ...]]:
    """The quantiles of each training fold's risks, by fold.

    Args:
        training_risks: fold, patient, risk: the training patients of a fold by that fold's own model.
        shares: rising, between 0 and 1, such as 1/3 and 2/3.
    """
    return {
        int(str(fold)): tuple(float(cut) for cut in np.quantile(risks, shares))
        for fold, risks in training_risks.groupby("fold")["risk"]
    }


def risk_groups(predictions: pd.DataFrame, cuts: Mapping[int, Sequence[float]]) -> Groups:
    """Out-of-fold risks in groups, the lowest risk first; a risk equal to a cut is in the lower group.

    Args:
        predictions: patient, fold, risk.
        cuts: by fold, one to three rising risks, equally many in each fold.

    Raises:
        RunError: a fold has no cuts.
    """
    missing = sorted(set(predictions["fold"]) - set(cuts))
    if missing:
        raise RunError(
            f"Fold {missing[0]} has no cut between the groups: its training risks are missing. Run the fold again."
        )
    names = _NAMES[1 + len(next(iter(cuts.values()), (0.0,)))]
    found = pd.Series("", index=pd.Index(predictions["patient"], dtype=object), dtype=object)
    for fold, part in predictions.groupby("fold"):
        place = np.searchsorted(np.asarray(cuts[int(str(fold))]), part["risk"], side="left")
        found.loc[part["patient"]] = np.asarray(names, dtype=object)[place]
    return Groups(tuple(name for name in names if (found == name).any()), found, ordered=True)


def clinical_groups(values: pd.Series, parts: int | None = None) -> Groups:
    """Patients by a column of clinical.csv. They know of the outcome's patients what the column says, not the model.

    Args:
        values: index patient; missing values are in no group.
        parts: cut numbers into so many equally large groups, at the quantiles of these patients. None: a group a value.
    """
    known = values.dropna()
    if parts is None:
        labels, ordered = _categories(known)
    else:
        labels, ordered = _slices(pd.to_numeric(known, errors="coerce").dropna(), parts), True
    present = tuple(labels.cat.categories[labels.value_counts(sort=False).to_numpy() > 0].astype(str))
    return Groups(present, labels.astype(object), ordered)


def clinical_choices(clinical: pd.DataFrame) -> dict[str, bool]:
    """The columns of clinical.csv that make groups: name → True if its numbers are to be cut, False for categories.

    Follow-up (`OS`, `OS.time`, …) is no group, nor is a text of more than MOST_CATEGORIES values, such as a name.
    """
    names = [str(name) for name in clinical.columns]
    follow_up = {name for name in names if name.endswith(".time") or f"{name}.time" in names}
    found: dict[str, bool] = {}
    for name in names:
        known = clinical[name].dropna()
        few = known.nunique() <= MOST_CATEGORIES
        if name in follow_up or known.nunique() < 2 or not (few or _is_numeric(known)):
            continue
        found[name] = not few
    return found


def _is_numeric(known: pd.Series) -> bool:
    return bool(pd.to_numeric(known, errors="coerce").notna().all())


def _categories(known: pd.Series) -> tuple[pd.Series, bool]:
    """A category a value, numbers by size and text by the alphabet; text is in no order that means anything."""
    if _is_numeric(known):
        numbers = pd.to_numeric(known)
        order = [f"{value:g}" for value in sorted(numbers.unique())]
        labels = pd.Series([f"{value:g}" for value in numbers], index=known.index)
        return labels.astype(pd.CategoricalDtype(order)), True
    text = known.astype(str)
    return text.astype(pd.CategoricalDtype(sorted(text.unique()))), False


def _slices(numbers: pd.Series, parts: int) -> pd.Series:
    """Cut at the quantiles; the name of each part says where."""
    cuts = np.unique(np.quantile(numbers, np.arange(1, parts) / parts)) if len(numbers) else np.array([0.0])
    edges = [f"{cut:g}" for cut in cuts]
    between = [f"above {low} to {high}" for low, high in pairwise(edges)]
    names = [f"at most {edges[0]}", *between, f"above {edges[-1]}"]
    codes = np.searchsorted(cuts, numbers, side="left")
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names)), index=numbers.index)
