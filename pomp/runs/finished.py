"""A finished run stays finished, whatever becomes of looking at it again."""

from __future__ import annotations

from contextlib import suppress

from pomp.errors import RunError
from pomp.runs.run import Run


def is_finished(run: Run) -> bool:
    """Whether a run is done, with its results whole: work on it then leaves its status, and so its times, alone.

    What it lacks may be made again, and may fail, where its cohort is gone: its results are there as before.
    """
    return run.status().state == "DONE" and _has_results(run)


def _has_results(run: Run) -> bool:
    with suppress(RunError):
        return run.table("predictions") is not None
    return False
