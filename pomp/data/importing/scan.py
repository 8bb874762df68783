"""A folder of downloads → the plan of a cohort."""

from __future__ import annotations

from pathlib import Path

from pomp.data.importing.plan import ImportPlan


def scan(folder: Path) -> ImportPlan:
    """Recognise what lies in a folder: a plan to look at, to change, and to carry out with `import_cohort`.

    Odd content never raises: what is not recognised becomes a finding of the plan.

    Raises:
        CohortError: there is no such folder, or nothing in it can be used; the message says what could be.
    """
    raise NotImplementedError
