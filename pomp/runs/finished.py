"""A finished run stays finished, whatever becomes of looking at it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pomp.errors import RunError
from pomp.runs.run import Run


@contextmanager
def kept_finished(run: Run) -> Iterator[None]:
    """Around work on a run: one that was done, with its results whole, keeps its status, and so its times.

    What it lacks may be made again meanwhile, and may fail, where its cohort is gone: its results are there as before.
    """
    before = run.status()
    finished = before.state == "DONE" and _has_results(run)
    try:
        yield
    finally:
        if finished:
            run.write_status(**before.model_dump())


def _has_results(run: Run) -> bool:
    with suppress(RunError):
        return run.table("predictions") is not None
    return False
