"""Several runs at once, of which a damaged one costs nobody the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pomp.errors import RunError
from pomp.runs.run import Run

Content = TypeVar("Content")


@dataclass(frozen=True, eq=False)
class Readings(Generic[Content]):
    """What was read of the runs, and of which ones it could not be, both in the order of the runs."""

    found: tuple[tuple[Run, Content], ...]
    damaged: tuple[tuple[Run, RunError], ...]

    @property
    def left_out(self) -> str:
        """As the function, with what is wrong with each and what to do."""
        return " ".join([left_out(run.id for run, _ in self.damaged), *(str(reason) for _, reason in self.damaged)])


def read_runs(runs: Iterable[Run], read: Callable[[Run], Content]) -> Readings[Content]:
    """What `read` has of each run; one at which it raises a `RunError` is among the damaged ones."""
    found, damaged = [], []
    for run in runs:
        try:
            found.append((run, read(run)))
        except RunError as error:
            damaged.append((run, error))
    return Readings(tuple(found), tuple(damaged))


def left_out(ids: Iterable[str]) -> str:
    """Which runs are missing from what is shown."""
    return f"Left out, because the predictions are damaged: {', '.join(ids)}."
