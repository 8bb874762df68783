"""How far a run is, and how long it will still take."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping


class Estimate:
    """Counts units of work of several kinds and times them.

    A kind that has not been timed yet is taken to last as long as the mean of those that have been.
    """

    def __init__(self, plan: Mapping[str, int]) -> None:
        """`plan`: units of each kind in the whole run."""
        self._plan = dict(plan)
        self._done: dict[str, int] = defaultdict(int)
        self._timed: dict[str, int] = defaultdict(int)
        self._seconds: dict[str, float] = defaultdict(float)
        self._at_a_time, self._folds_left = 1, 1

    def go_side_by_side(self, at_a_time: int, folds: int) -> None:
        """From now on, `folds` folds are all that is left, and so many of them are worked on at a time."""
        self._at_a_time, self._folds_left = at_a_time, folds

    def finish_fold(self) -> None:
        """One of the folds that go side by side is done."""
        self._folds_left -= 1

    def finish(self, kind: str, seconds: float | None = None, units: int = 1) -> None:
        """Units are done; `seconds` is None for those that an earlier process did.

        What folds have in common is reported by each of them, and counts once.
        """
        self._done[kind] = min(self._done[kind] + units, self._plan.get(kind, 0))
        if seconds is not None:
            self._timed[kind] += units
            self._seconds[kind] += seconds

    def _unit_seconds(self, kind: str) -> float | None:
        if self._timed[kind]:
            return self._seconds[kind] / self._timed[kind]
        timed = sum(self._timed.values())
        return sum(self._seconds.values()) / timed if timed else None

    def _total_seconds(self, units: Mapping[str, int]) -> float | None:
        parts = [self._unit_seconds(kind) for kind in units]
        if any(part is None for part in parts):
            return None
        return sum(part * units[kind] for kind, part in zip(units, parts, strict=True) if part is not None)

    def _work_left(self) -> float | None:
        return self._total_seconds({kind: max(count - self._done[kind], 0) for kind, count in self._plan.items()})

    @property
    def remaining_seconds(self) -> float | None:
        """Until the end, by the clock; None until something has been timed.

        Folds that go side by side take as many rounds as there are folds left for each of the places.
        """
        work = self._work_left()
        if work is None or not self._folds_left:
            return work
        return work * math.ceil(self._folds_left / self._at_a_time) / self._folds_left

    @property
    def progress(self) -> float:
        """Share of the work that is done, by time where that is known, 0 to 1."""
        total, remaining = self._total_seconds(self._plan), self._work_left()
        if total is None or remaining is None or total <= 0:
            units = sum(self._plan.values())
            return min(1.0, sum(self._done.values()) / units) if units else 1.0
        return min(1.0, max(0.0, 1 - remaining / total))
