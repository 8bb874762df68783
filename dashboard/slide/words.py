"""What the Slide page says about maps beyond those of `dashboard.words`, and about the models they come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.elements import code
from dashboard.viewer import ScoreScale
from dashboard.words import explain_map, map_label, trained_without
from pomp.runs.run import Run
from pomp.slides.coordinates import USUAL_PX

EFFECT, ATTENTION, WITHIN, AGREEMENT = "occlusion", "cls_attention", "within", "agreement"
"""Keys of maps: the first two are columns of the run's table of regions."""

EFFECT_DECIMALS = 4
"""Of a region's effect on the risk, wherever it stands; what is 0 in them counts as none."""

COMPARE, SECOND_MAP, REGION, LOOK = "slide-compare", "slide-map-2", "slide-region", "slide-look"
SECOND_PATIENT, SECOND_SLIDE = "slide-patient-2", "slide-slide-2"
"""Names in the address of this page alone."""

ONE, TWO_MAPS, TWO_SLIDES = "One slide", "Two maps", "Two slides"

_EVEN = 1.5
"""Times the lowest attention below which the highest hardly differs from it."""

_LABELS = {WITHIN: "Attention within regions", AGREEMENT: "Agreement of the folds"}
_MEANINGS = {
    WITHIN: "Which parts of a region the model looked at most when it summed the region up, as a share of the region's "
    "own strongest part: compare them within a region only. Faint regions have little attention as a whole. Where all "
    "is of one colour the model looked everywhere alike; percentiles show small differences.",
    AGREEMENT: "For how many of the folds' models the region is in the top quarter of its slide by attention. Where "
    "models that were trained on other patients look at the same places, the attention depends less on who was in the "
    "training.",
}


def label(key: str) -> str:
    """Name of a map in the selector."""
    return _LABELS.get(key) or map_label(key)


def meaning(run: Run, key: str) -> str:
    """What a map of a run means, in words."""
    return _MEANINGS.get(key) or explain_map(key, run.config.model.fuses)


def origin(run: Run, fold: int) -> str:
    """Which model a patient's maps come from."""
    return f"From the model of fold {fold + 1}, which was {trained_without(run.config, 'this patient')}."


def origin_of_agreement(models: int, seen: int) -> str:
    """Which models agree or not."""
    return f"From the models of {models} folds, {seen} of which had this patient among their training patients."


def evenness(attention: pd.Series) -> str:
    """What is said of attention that hardly differs between the regions, which full colours would hide."""
    lowest, highest = attention.min(), attention.max()
    if not (len(attention) > 1 and highest < _EVEN * lowest):
        return ""
    scale, scores = ScoreScale(label(ATTENTION)), attention.to_numpy(dtype=float)
    least, even, most = (scale.write(score, scores) for score in (lowest, attention.mean(), highest))
    return (
        f" **It is nearly even here**: {least} to {most}, where {even} each would be even. "
        "The colours show differences that are small."
    )


def name_place(region: Mapping[Any, Any] | pd.Series, number: int) -> str:
    """Where a region lies, from its row of the table; by its number in the file where nobody knows.

    Args:
        number: of the region in the table, from 1.
    """
    if pd.notna(region["x"]):
        return f"row {int(region['row'])}, column {int(region['column'])}"
    index = region.get("index")
    return f"region {number} in the order of the file" if pd.isna(index) else f"region {int(index) + 1} of the file"


def origin_of_size(size: float) -> str:
    """What is said where nobody stated how large regions are."""
    return (
        "The feature file does not say how large a region is, or this run has not kept what it says. So "
        f"{size:.0f} px a side, of level 0, is a guess: the distance between regions that lie side by side, or "
        f"{USUAL_PX} where none do."
    )


def not_told_apart(run: Run) -> str:
    """What is left out of the slides of a run of an earlier version, and what to do about it, as Markdown."""
    again = f"pomp run --run {shlex.quote(str(run.folder))}"
    table, folds = code("regions.parquet"), code(run.folder / "folds")
    return (
        "Regions of this slide share a row and column, or have none, and this run was made by an earlier version, "
        "which told regions apart by these alone. So it is not shown which genes are tied to them, how far the folds "
        f"agree, or attention within regions. To explain the run again, delete {table} in each folder of {folds}, then "
        f"resume it: {code(again)}"
    )


def coarseness(side: int) -> str:
    """What is said where the viewer shows means of side × side patches."""
    return "" if side == 1 else f" The slide has so many patches that means of {side} × {side} are shown."
