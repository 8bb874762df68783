"""How scores become colours: one description for the viewer in the browser and for the still picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from plotly.colors import diverging as diverging_palettes
from plotly.colors import sequential, unlabel_rgb


@dataclass(frozen=True)
class ScoreScale:
    """What the scores mean; both palettes keep their order for colour-blind eyes.

    Attributes:
        title: What a score is, such as "CLS attention".
        low, high: What the two ends mean, such as "lowers risk" and "raises risk".
        diverging: Signed scores around 0 (purple-blue to orange); otherwise from the lowest up (viridis).
    """

    title: str
    low: str = "low"
    high: str = "high"
    diverging: bool = False

    @property
    def palette(self) -> list[str]:
        """Colours "#rrggbb" from the lowest score to the highest, to be joined linearly in RGB."""
        if not self.diverging:
            return [colour.lower() for colour in sequential.Viridis]
        channels = [unlabel_rgb(colour) for colour in reversed(diverging_palettes.PuOr)]
        return ["#" + "".join(f"{round(value):02x}" for value in colour) for colour in channels]

    def limits(self, scores: NDArray[np.float64]) -> tuple[float, float]:
        """The scores at the two ends of the palette: the extremes, or as far on both sides of 0."""
        finite = scores[np.isfinite(scores)]
        if not finite.size:
            return 0.0, 1.0
        if self.diverging:
            bound = float(np.abs(finite).max())
            return -bound, bound
        return float(finite.min()), float(finite.max())

    def colours(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 3) red, green, blue, 0 to 255, of N finite scores; the middle where they are all the same."""
        low, high = self.limits(scores)
        places = (scores - low) / (high - low) if high > low else np.full(len(scores), 0.5)
        anchors = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in self.palette])
        stops = np.linspace(0, 1, len(anchors))
        return np.stack([np.interp(places, stops, anchors[:, channel]) for channel in range(3)], axis=1)
