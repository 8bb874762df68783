"""What one pane of the viewer shows: a slide, its regions and their maps."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dashboard.viewer.scale import ScoreScale

AXES: Final = ("x", "y", "size")
MOST_PATCHES: Final = 24_000
"""Of a slide, sent to the browser; of more, means of 2 × 2, 4 × 4, … are sent."""


@dataclass(frozen=True, eq=False)
class RegionMap:
    """One map of M regions.

    Attributes:
        key: of the map, the same for every slide.
        scale: what the scores mean.
        scores: (M,), NaN where a region has none.
        meaning: a sentence or two, and the model that it comes from.
        top, bottom: what the regions at both ends are called.
        of_score: what a single region's score is called, where that is not the title.
        patches: True if colours are those of the slide's patches, and scores say how faint they are.
    """

    key: str
    scale: ScoreScale
    scores: NDArray[np.float64]
    meaning: str
    top: str = "Highest"
    bottom: str = "Lowest"
    of_score: str = ""
    patches: bool = False

    def write(self, region: int) -> str:
        """The score of a region, by its position."""
        return self.scale.write(self.scores[region], self.scores)


@dataclass(frozen=True, eq=False)
class Pane:
    """A slide in the viewer.

    Attributes:
        slide_url: the slide's address on this server, from `dashboard.registry.slide_url`.
        name: of the slide; shown where there are two, and in the name of a picture that is saved.
        regions: columns x, y, size (level-0 pixels), one row a region. It may be empty.
        maps: at least one; keys differ.
        patches: (M, n, n) uint8, attention within regions, 255 for a region's strongest patch; None: not known.
    """

    slide_url: str
    name: str
    regions: pd.DataFrame
    maps: tuple[RegionMap, ...]
    patches: NDArray[np.uint8] | None = None

    def find_map(self, key: str) -> RegionMap:
        """The map of that key, or the first."""
        return next((one for one in self.maps if one.key == key), self.maps[0])

    def as_json(self) -> dict[str, Any]:
        """As the viewer's JavaScript takes it: numbers packed as 32-bit floats."""
        return {
            "slide": self.slide_url,
            "name": self.name,
            "regions": {axis: pack(self.regions[axis]) for axis in AXES},
            "patches": None if self.patches is None else _pack_patches(self.patches),
            "maps": [_describe(one) for one in self.maps],
        }


def pack(values: ArrayLike) -> str:
    """Numbers as base64 of little-endian 32-bit floats, NaN where there is none."""
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()


def pool(patches: NDArray[np.uint8], most: int = MOST_PATCHES) -> NDArray[np.uint8]:
    """Means of 2 × 2 patches, again and again until there are at most so many, or their number is odd."""
    while patches.size > most and patches.shape[1] % 2 == 0:
        count, side = patches.shape[:2]
        squares = patches.reshape(count, side // 2, 2, side // 2, 2)
        patches = squares.mean(axis=(2, 4)).round().astype(np.uint8)
    return patches


def _pack_patches(patches: NDArray[np.uint8]) -> dict[str, Any]:
    sent = pool(patches)
    return {"side": sent.shape[1], "values": base64.b64encode(sent.tobytes()).decode()}


def _describe(one: RegionMap) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": one.scale.title,
        "low": one.scale.low,
        "high": one.scale.high,
        "diverging": one.scale.diverging,
        "decimals": one.scale.decimals(one.scores),
        "meaning": one.meaning,
        "top": one.top,
        "bottom": one.bottom,
        "score": one.of_score or one.scale.title,
        "patches": one.patches,
        "scores": pack(one.scores),
    }
