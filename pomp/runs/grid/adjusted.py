"""P-values of the differences in a table, raised by the number of comparisons that stand in it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pomp.evaluation.multiplicity import holm
from pomp.runs.grid.score import Difference

Place = TypeVar("Place", bound=Hashable)


@dataclass(frozen=True)
class Comparison:
    """A difference in a table."""

    family: str
    """Those of one family are adjusted together, such as all that a table says of one protocol."""
    runs: Hashable
    """Which runs are compared: rows that come to the same ones are one comparison."""
    difference: Difference


def adjust(comparisons: Mapping[Place, Comparison]) -> dict[Place, Difference]:
    """The differences with their p-values adjusted by Holm's method; one that is alone in its family stays as it is."""
    families: dict[str, dict[Hashable, float]] = {}
    for one in comparisons.values():
        families.setdefault(one.family, {})[one.runs] = one.difference.training.p_value
    adjusted = {
        family: dict(zip(p_values, holm(list(p_values.values())).tolist(), strict=True))
        for family, p_values in families.items()
    }
    return {
        place: replace(one.difference, adjusted_p=adjusted[one.family][one.runs])
        if len(adjusted[one.family]) > 1
        else one.difference
        for place, one in comparisons.items()
    }
