"""The slide viewer: a Streamlit component around OpenSeadragon, and a still picture where it was not built."""

from dashboard.viewer.choice import Choice, Look
from dashboard.viewer.component import available, explain_absence, slide_viewer
from dashboard.viewer.fallback import fallback_figure, grid_figure
from dashboard.viewer.pane import Pane, RegionMap
from dashboard.viewer.scale import ScoreScale

__all__ = [
    "Choice",
    "Look",
    "Pane",
    "RegionMap",
    "ScoreScale",
    "available",
    "explain_absence",
    "fallback_figure",
    "grid_figure",
    "slide_viewer",
]
