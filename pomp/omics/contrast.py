"""The two groups that a differential test compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pomp.errors import TrainingError
from pomp.wording import agree, count

ContrastChoice = Literal["auto", "normals", "survival"]

MIN_NORMALS = 10
MIN_GROUP = 5


@dataclass(frozen=True)
class Contrast:
    """Two groups of samples; a statistic is positive where `first` is higher.

    Attributes:
        label: both groups with their sizes, in words.
        first: (N1, G) values as in the table: tumours, or patients who died early.
        second: (N2, G) normals, or patients who lived on.
    """

    label: str
    first: pd.DataFrame
    second: pd.DataFrame


def choose_contrast(
    values: pd.DataFrame,
    normals: pd.DataFrame | None,
    outcome: pd.DataFrame,
    choice: ContrastChoice,
    omics: str,
) -> Contrast:
    """The contrast of one omics type within the training fold.

    Args:
        values: (N, G) of the training patients.
        normals: (M, G) normal samples that may be learnt from, or None.
        outcome: time_days and event of the same N patients.
        choice: as in `OmicsConfig.contrast`.
        omics: name of the type, for messages.

    Raises:
        TrainingError: normals are asked for and there are fewer than 10, or a group of survivors has fewer than 5
            patients.
    """
    reference = None if normals is None else normals[values.columns].dropna(how="all")
    count = 0 if reference is None else len(reference)
    if choice == "normals" and count < MIN_NORMALS:
        raise TrainingError(
            f"Omics type '{omics}' has {_describe(count)}, and the contrast 'normals' needs {MIN_NORMALS}. Set "
            "omics.contrast to 'auto': types without normals then compare short with long survivors."
        )
    if reference is not None and choice != "survival" and count >= MIN_NORMALS:
        return Contrast(f"tumour ({len(values)}) vs normal ({count})", values, reference)
    fallen_back = f"has {_describe(count)}, fewer than {MIN_NORMALS}; " if count and choice == "auto" else ""
    return _survival_contrast(values, outcome, f"Omics type '{omics}': {fallen_back}")


def _describe(normals: int) -> str:
    """Of how many can be learnt; a cohort may have more."""
    return f"{count(normals, 'normal sample')} to learn from (those of patients outside the training fold do not count)"


def _survival_contrast(values: pd.DataFrame, outcome: pd.DataFrame, what: str) -> Contrast:
    """Short against long survivors, cut at the median time of the events.

    Short: had the event up to the cut. Long: followed beyond it, whatever came later. Patients censored up to the cut
    are in neither group, as nobody knows to which they belong. `what`: how an error begins.
    """
    time, event = outcome["time_days"], outcome["event"].astype(bool)
    cut = float(time[event].median())
    short, long = event & (time <= cut), time > cut
    if min(short.sum(), long.sum()) < MIN_GROUP:
        raise TrainingError(
            f"{what}of {count(len(outcome), 'training patient')} with {count(int(event.sum()), 'event')}, "
            f"{short.sum()} had theirs by the median event time ({cut:.0f} days) and {long.sum()} "
            f"{agree(int(long.sum()), 'was', 'were')} followed longer; the differential test needs {MIN_GROUP} in "
            "each group. Use fewer folds, an endpoint with more events, or more patients."
        )
    label = f"event by day {cut:.0f} ({short.sum()}) vs followed longer ({long.sum()})"
    return Contrast(label, values[short], values[long])
