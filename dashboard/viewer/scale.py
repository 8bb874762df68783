"""How scores become colours: one description for the viewer in the browser and for the still picture."""

from __future__ import annotations

from dataclasses import dataclass

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
