"""An import tried out: who would be in, and what stands in the way, before anything is written to the cohorts."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from dashboard.cohort_import.uploads import UPLOADS, sweep
from pomp.data.exclusion import ExclusionLog
from pomp.data.importing.plan import ImportPlan
from pomp.data.importing.write import stage
from pomp.data.problems import Problem
from pomp.errors import CohortError
from pomp.progress import OnProgress


@dataclass(frozen=True)
class Trial:
    """What a trial found; the cohort itself is not kept."""

    problems: tuple[Problem, ...]
    log: ExclusionLog
    patients: int  # kept; 0 where the cohort cannot be used
    events: int
    endpoint: str

    @property
    def usable(self) -> bool:
        return self.patients > 0


def try_plan(plan: ImportPlan, root: Path, on_progress: OnProgress | None = None) -> Trial:
    """Carry out a plan in a folder of the workspace that is removed again, and check the result.

    Args:
        root: of the workspace: a cohort may be too large for the system's folder of temporary files.

    Raises:
        CohortError: the files could not be written, for example because the disk is full.
    """
    try:
        sweep(root)
        (root / UPLOADS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".trial-", dir=root / UPLOADS, ignore_cleanup_errors=True) as folder:
            check = stage(plan, Path(folder) / "cohort", on_progress)
    except OSError as error:
        raise CohortError(
            f"The trial could not write to {root / UPLOADS}: {error.strerror}. Free disk space."
        ) from error
    kept = check.cohort
    if kept is None:
        return Trial(check.problems, check.log, 0, 0, plan.endpoint)
    return Trial(check.problems, check.log, len(kept.patients), int(kept.outcome["event"].sum()), kept.endpoint)
