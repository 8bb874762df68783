"""How scores become colours: one description for the viewer in the browser and for the still picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from plotly.colors import diverging as diverging_palettes
from plotly.colors import sequential, unlabel_rgb

from pomp.wording import number


@dataclass(frozen=True)
class PalettePair:
    """Colours "#rrggbb" from the lowest score to the highest, to be joined linearly in RGB.

    Attributes:
        key: of the address.
        title: what the viewer calls the pair.
        sequential: for scores from the lowest up.
        diverging: for signed scores; both ends and the middle keep apart for colour-blind eyes.
    """

    key: str
    title: str
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


def _as_hex(palette: list[str]) -> tuple[str, ...]:
    if palette[0].startswith("#"):
        return tuple(colour.lower() for colour in palette)
    channels = [unlabel_rgb(colour) for colour in palette]
    return tuple("#" + "".join(f"{round(value):02x}" for value in colour) for colour in channels)


_PURPLE_ORANGE = _as_hex(diverging_palettes.PuOr[::-1])
PALETTES: Final = (
    PalettePair("viridis", "Viridis; signed: purple–orange", _as_hex(sequential.Viridis), _PURPLE_ORANGE),
    PalettePair(
        "cividis", "Cividis; signed: blue–red", _as_hex(sequential.Cividis), _as_hex(diverging_palettes.RdBu[::-1])
    ),
    PalettePair("grey", "Grey; signed: purple–orange", ("#f0f0f0", "#101010"), _PURPLE_ORANGE),
)
"""The first is that of the still picture, too. Signed scores are never grey: it could not show their sign."""


@dataclass(frozen=True)
class ScoreScale:
    """What the scores mean.

    Attributes:
        title: What a score is, such as "CLS attention".
        low, high: What the two ends mean, such as "lowers risk" and "raises risk".
        diverging: Signed scores around 0; otherwise from the lowest up.
        fixed: The decimals of every score; None: as many as give the largest one three digits that count.
    """

    title: str
    low: str = "low"
    high: str = "high"
    diverging: bool = False
    fixed: int | None = None

    @property
    def palette(self) -> tuple[str, ...]:
        """Colours from the lowest score to the highest, of the first pair."""
        return PALETTES[0].diverging if self.diverging else PALETTES[0].sequential

    def limits(self, scores: NDArray[np.float64]) -> tuple[float, float]:
        """The scores at the two ends of the palette: the extremes, or as far on both sides of 0."""
        finite = scores[np.isfinite(scores)]
        if not finite.size:
            return 0.0, 1.0
        if self.diverging:
            bound = float(np.abs(finite).max())
            return -bound, bound
        return float(finite.min()), float(finite.max())

    def decimals(self, scores: NDArray[np.float64]) -> int:
        """With how many all of these scores are written: 0.0366 and 0.0002 are told apart, and need no exponent."""
        largest = max(map(abs, self.limits(scores)))
        if self.fixed is not None or largest == 0:
            return self.fixed or 0
        return max(0, 2 - math.floor(math.log10(largest)))

    def write(self, score: float, scores: NDArray[np.float64]) -> str:
        """One of the scores, as the pages and the viewer write it."""
        return _written(score, self.decimals(scores))

    def write_all(self, scores: NDArray[np.float64]) -> list[str]:
        """All of them; the limits of many scores are looked for once."""
        decimals = self.decimals(scores)
        return [_written(score, decimals) for score in scores]

    def places(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where N finite scores stand between the two ends, 0 to 1; in the middle where they are all the same."""
        low, high = self.limits(scores)
        return (scores - low) / (high - low) if high > low else np.full(len(scores), 0.5)

    def colours(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 3) red, green, blue, 0 to 255, of N finite scores."""
        return self.shades(self.places(scores))

    def shades(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 3) red, green, blue, 0 to 255, of places between the two ends, 0 to 1."""
        anchors = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in self.palette])
        stops = np.linspace(0, 1, len(anchors))
        return np.stack([np.interp(places, stops, anchors[:, channel]) for channel in range(3)], axis=-1)


def _written(score: float, decimals: int) -> str:
    return number(round(score, decimals) + 0.0, decimals)  # added, so that a zero has no sign
