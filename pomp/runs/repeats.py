"""The runs that show what chance does: they differ in nothing but the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pomp.runs.key import run_key
from pomp.runs.run import Run
from pomp.runs.status import Status


def repeats(run: Run, runs: Iterable[Run], status: Callable[[Run], Status] = Run.status) -> list[Run]:
    """The finished runs on the same cohorts with the same settings but for the seed, one a seed, by seed.

    The run itself is among them if it is finished; of several others with one seed, it is the newest.

    Args:
        runs: of the workspace, in any order.
        status: where a run stands, from who looks it up faster than the run itself.
    """
    key = run_key(run, "seed")
    alike = [other for other in (*runs, run) if run_key(other, "seed") == key and status(other).state == "DONE"]
    order = sorted(alike, key=lambda other: (other.id == run.id, other.info.created, other.id))
    by_seed = {other.info.seed: other for other in order}
    return [by_seed[seed] for seed in sorted(by_seed)]
