"""Patients in groups: by their risk, cut where the training patients of their fold say, or by a clinical column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pomp.data.clinical import (
    find_spelling,
    is_stage,
    known_at_start,
    known_text,
    main_stage,
    read_column,
    stage_number,
    to_numbers,
)
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
        values: index patient, named as the column. Who has no value, or what stands for none such as TCGA's
            [Not Available], is in no group; a sub-stage counts with its stage.
        parts: cut numbers into so many equally large groups, at the quantiles of these patients. None: a group a value.
    """
    known = _known(values)
    if parts is None:
        labels, ordered = _categories(known, is_stage(values.name))
    else:
        labels, ordered = _slices(_numbers(known), parts), True
    present = tuple(labels.cat.categories[labels.value_counts(sort=False).to_numpy() > 0].astype(str))
    return Groups(present, labels.astype(object), ordered)


def clinical_choices(clinical: pd.DataFrame) -> dict[str, bool]:
    """The columns of clinical.csv that make groups: name → True if its numbers are to be cut, False for categories.

    What is the outcome, or came after the diagnosis, is no group (`known_at_start`), nor is a text of more than
    MOST_CATEGORIES values, such as a name. Numbers are told as the clinical models tell them (`find_spelling`).
    """
    found: dict[str, bool] = {}
    for name in known_at_start(clinical.columns):
        known = _known(clinical[name])
        values = known.nunique()
        if 2 <= values <= MOST_CATEGORIES or (values > MOST_CATEGORIES and find_spelling(known) in {"point", "comma"}):
            found[name] = values > MOST_CATEGORIES
    return found


def _known(values: pd.Series) -> pd.Series:
    known = known_text(values).dropna()
    return known.map(main_stage) if is_stage(values.name) else known


def _numbers(known: pd.Series) -> pd.Series:
    """Those of them that are numbers, as the column writes them."""
    values = to_numbers(known, "comma" if find_spelling(known) == "comma" else "point")
    return pd.Series(values, known.index).dropna()


def _categories(known: pd.Series, stages: bool) -> tuple[pd.Series, bool]:
    """A category a value: numbers by size, stages by theirs, other text by the alphabet, which means nothing.

    Where one value is a bound or no number at all, it is a group of its own, and the column is text.
    """
    reading = read_column("", known)  # stages are told below: the name is of no account
    if reading.notation is not None and reading.odd.empty and reading.bounds.empty:
        numbers = _numbers(known)
        sizes = np.sort(numbers.unique())
        names = dict(zip(sizes, _names(sizes), strict=True))
        return numbers.map(names).astype(pd.CategoricalDtype(list(names.values()))), True
    order = sorted(known.unique())
    ordered = stages and not any(np.isnan(stage_number(text)) for text in order)
    return known.astype(pd.CategoricalDtype(sorted(order, key=stage_number) if ordered else order)), ordered


def _slices(numbers: pd.Series, parts: int) -> pd.Series:
    """Cut at the quantiles; the name of each part says where."""
    cuts = np.unique(np.quantile(numbers, np.arange(1, parts) / parts)) if len(numbers) else np.array([0.0])
    edges = _names(cuts)
    between = [f"above {low} to {high}" for low, high in pairwise(edges)]
    names = [f"at most {edges[0]}", *between, f"above {edges[-1]}"]
    codes = np.searchsorted(cuts, numbers, side="left")
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names)), index=numbers.index)


def _names(values: NDArray[np.float64]) -> list[str]:
    """Different numbers as text: of six digits, or of as many more as it takes to have two of the fraction, and to
    tell them apart."""
    whole = len(f"{np.abs(values).max(initial=0):.0f}")
    for digits in range(max(6, whole + 2), 25):
        names = [np.format_float_positional(value, digits, fractional=False, trim="-") for value in values]
        if len(set(names)) == len(names):
            break
    return names
