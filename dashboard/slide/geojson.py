"""The regions of a slide as GeoJSON that QuPath opens: a tile a region, with the score of every map."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.slide.words import EFFECT
from dashboard.theme import GREY, HIGH_RISK, LOW_RISK
from dashboard.viewer import RegionMap

RAISES, LOWERS, NEITHER = "Raises the risk", "Lowers the risk", "No effect on the risk"
_COLOURS = {RAISES: HIGH_RISK, LOWERS: LOW_RISK, NEITHER: GREY}


def to_geojson(
    regions: pd.DataFrame, maps: Sequence[RegionMap], size_stated: bool = True, origin: tuple[int, int] = (0, 0)
) -> str:
    """A FeatureCollection (RFC 7946's form, with pixels of level 0 for degrees, as QuPath has it).

    Each feature is a closed square with QuPath's `objectType` "tile", which can be coloured by its measurements. Its
    class is the sign of the effect on the risk, where that is known.

    Args:
        regions: row, column, x, y, size (level-0 pixels), one row a region.
        maps: of these regions; a score that is missing is left out.
        size_stated: False where `size` is a guess, which each tile's `metadata` then says.
        origin: level-0 x and y from which places count.
    """
    left, top = origin
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [_square(x - left, y - top, size)]},
            "properties": _properties(index, int(row), int(column), maps)
            | ({} if size_stated else {"metadata": {"Size of the region": "guessed"}}),
        }
        for index, (row, column, x, y, size) in enumerate(regions[["row", "column", "x", "y", "size"]].to_numpy())
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, allow_nan=False)


def _square(x: float, y: float, size: float) -> list[list[int]]:
    """Closed: the first corner comes again."""
    left, top, right, bottom = (round(edge) for edge in (x, y, x + size, y + size))
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def _properties(index: int, row: int, column: int, maps: Sequence[RegionMap]) -> dict[str, Any]:
    scores = {one.key: float(one.scores[index]) for one in maps if math.isfinite(one.scores[index])}
    titles = {one.key: one.scale.title for one in maps if not one.patches}
    properties: dict[str, Any] = {
        "objectType": "tile",
        "name": f"Region {index + 1}: row {row}, column {column}",
        "measurements": {titles[key]: score for key, score in scores.items() if key in titles},
    }
    if EFFECT in scores:
        name = RAISES if scores[EFFECT] > 0 else LOWERS if scores[EFFECT] < 0 else NEITHER
        properties["classification"] = {"name": name, "color": _channels(_COLOURS[name])}
    return properties


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
