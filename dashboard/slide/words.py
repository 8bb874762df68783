"""What the Slide page says about maps beyond those of `dashboard.words`, and about the models they come from."""

from __future__ import annotations

import pandas as pd

from dashboard.words import explain_map, map_label
from pomp.runs.run import Run

EFFECT, ATTENTION, WITHIN, AGREEMENT = "occlusion", "cls_attention", "within", "agreement"
"""Keys of maps: the first two are columns of the run's table of regions."""

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


def meaning(key: str) -> str:
    """What a map means, in words."""
    return _MEANINGS.get(key) or explain_map(key)


def origin(run: Run, fold: int) -> str:
    """Which model a patient's maps come from."""
    without = "which was trained without this patient"
    if run.info.protocol != "honest":
        without = "which was fine-tuned without this patient; its pre-training and its genes saw all patients"
    return f"From the model of fold {fold + 1}, {without}."


def origin_of_agreement(models: int, seen: int) -> str:
    """Which models agree or not."""
    return f"From the models of {models} folds, {seen} of which had this patient among their training patients."


def evenness(attention: pd.Series) -> str:
    """What is said of attention that hardly differs between the regions, which full colours would hide."""
    lowest, highest = attention.min(), attention.max()
    if not (len(attention) > 1 and highest < _EVEN * lowest):
        return ""
    return (
        f" **It is nearly even here**: {lowest:.3g} to {highest:.3g}, where {attention.mean():.3g} each would be even. "
        "The colours show differences that are small."
    )


def coarseness(side: int) -> str:
    """What is said where the viewer shows means of side × side patches."""
    return "" if side == 1 else f" The slide has so many patches that means of {side} × {side} are shown."
