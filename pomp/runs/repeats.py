"""The runs that show what chance does: they differ in nothing but the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pomp.config import RunConfig
from pomp.runs.run import Run
from pomp.runs.status import Status


def repeats(run: Run, runs: Iterable[Run], status: Callable[[Run], Status] = Run.status) -> list[Run]:
    """The finished runs on the same cohorts with the same settings but for the seed, one a seed, by seed.

    The run itself is among them if it is finished; of several others with one seed, it is the newest.

    Args:
        runs: of the workspace, in any order.
        status: where a run stands, from who looks it up faster than the run itself.
    """
    subject = _subject(run)
    alike = [other for other in (*runs, run) if _subject(other) == subject and status(other).state == "DONE"]
    order = sorted(alike, key=lambda other: (other.id == run.id, other.info.created, other.id))
    by_seed = {other.info.seed: other for other in order}
    return [by_seed[seed] for seed in sorted(by_seed)]


def _subject(run: Run) -> tuple[str, tuple[str, ...], RunConfig]:
    """What a run is about, whatever its seed."""
    companions = tuple(cohort.digest for cohort in run.info.companions)
    return run.info.cohort.digest, companions, run.config.model_copy(update={"seed": 0})
