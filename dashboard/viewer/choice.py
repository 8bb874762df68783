"""What is chosen in the viewer: maps, a region, and how maps are drawn. What comes from a browser is checked here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from dashboard.viewer.pane import Pane
from dashboard.viewer.scale import PALETTES


@dataclass(frozen=True)
class Look:
    """How maps are drawn.

    Attributes:
        overlay: maps are shown.
        opacity: 0 to 1.
        hide: share of the regions, 0 to 1, that is not shown: the weakest.
        byRank: colours by percentile, not by score.
        outlines, grid: of regions, and the raster that they are cut from.
        colours: key of a pair of palettes.
    """

    overlay: bool = True
    opacity: float = 0.5
    hide: float = 0.0
    byRank: bool = False  # noqa: N815  # named as in the viewer's JavaScript
    outlines: bool = False
    grid: bool = False
    colours: str = PALETTES[0].key

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Self:
        """From untrusted values by name; what does not fit is left at its default."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if _fits(field.name, values)})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From what `as_text` made, or anything else in an address."""
        values = dict(part.partition("-")[::2] for part in text.split(","))
        return cls.from_values({name: _parse(name, value) for name, value in values.items()})

    def as_text(self) -> str:
        """For an address: 'opacity-0.8,grid-1', empty where all is as at first."""
        first = Look()
        changed = {name: value for name, value in vars(self).items() if value != getattr(first, name)}
        return ",".join(f"{name}-{_show(value)}" for name, value in changed.items())


@dataclass(frozen=True)
class Choice:
    """What is chosen.

    Attributes:
        maps: the key of each pane's map.
        region: pane and position (iloc) of the chosen region, or None.
        look: how maps are drawn.
    """

    maps: tuple[str, ...]
    region: tuple[int, int] | None = None
    look: Look = Look()

    def fit(self, panes: Sequence[Pane]) -> Self:
        """The same for these panes: what they do not have falls back to the first map, and to no region."""
        keys = [*self.maps, *[""] * len(panes)][: len(panes)]
        maps = tuple(pane.find_map(key).key for pane, key in zip(panes, keys, strict=True))
        place, index = self.region or (-1, -1)
        known = 0 <= place < len(panes) and 0 <= index < len(panes[place].regions)
        return replace(self, maps=maps, region=self.region if known else None)

    def as_json(self) -> dict[str, Any]:
        """As the viewer's JavaScript takes it."""
        region = None if self.region is None else dict(zip(("pane", "index"), self.region, strict=True))
        return {"maps": list(self.maps), "region": region, "look": vars(self.look)}


def read_choice(told: Any, panes: Sequence[Pane]) -> Choice:
    """What the viewer told, checked."""
    maps = tuple(key for key in told["maps"] if isinstance(key, str))
    region = told["region"]
    chosen = None if region is None else (int(region["pane"]), int(region["index"]))
    return Choice(maps, chosen, Look.from_values(told["look"])).fit(panes)


def _fits(name: str, values: dict[str, Any]) -> bool:
    value, first = values.get(name), getattr(Look(), name)
    if isinstance(first, bool):
        return isinstance(value, bool)
    if isinstance(first, float):
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return value in [pair.key for pair in PALETTES]


def _parse(name: str, text: str) -> Any:
    """Text of an address as the type that a look has there; None where it is no such thing."""
    first = getattr(Look(), name, None)
    if isinstance(first, bool):
        return {"1": True, "0": False}.get(text)
    if isinstance(first, float):
        try:
            return float(text)
        except ValueError:
            return math.nan
    return text


def _show(value: float | bool | str) -> str:
    return str(int(value)) if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
