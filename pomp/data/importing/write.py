"""A plan → a cohort folder, checked before it counts."""

from __future__ import annotations

from pathlib import Path

from pomp.data.cohort import CohortCheck
from pomp.data.importing.plan import ImportPlan
from pomp.progress import OnProgress


def stage(plan: ImportPlan, folder: Path, on_progress: OnProgress | None = None) -> CohortCheck:
    """Write the cohort folder of a plan into `folder`, which is made, and check it.

    The source is only read. Problems met while converting come first in the check's problems.

    Raises:
        CohortError: `folder` exists and is not empty, or could not be written.
    """
    raise NotImplementedError


def import_cohort(plan: ImportPlan, cohorts: Path, on_progress: OnProgress | None = None) -> Path:
    """Write the cohort beside its place and move it to ``cohorts/<name>`` once it is complete and without errors.

    Returns:
        The new folder.

    Raises:
        CohortError: there is a cohort of that name already, the plan has no follow-up, or the check found errors;
            `problems` holds every one. Nothing is left behind.
    """
    raise NotImplementedError
