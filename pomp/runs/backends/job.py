"""Which job of a cluster works on a run: `job.json` in its folder.

The job's command looks into that file before it begins: a job that is not named there does nothing. So a run is taken
off a cluster's queue by forgetting its job, whether or not the cluster answers.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pomp.atomic import write_text
from pomp.config import Frozen
from pomp.errors import RunError
from pomp.runs.run import Run
from pomp.runs.status import read_status

JOB_NAME = "job.json"


class Job(Frozen):
    """A job, and the cluster that knows it."""

    id: str
    address: str


def read_job(folder: Path) -> Job | None:
    """The job of the run in that folder; None if no cluster was given the run.

    Raises:
        RunError: the file cannot be read.
    """
    file = folder / JOB_NAME
    try:
        return Job.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise RunError(f"{file} cannot be read. Delete it: the run then no longer waits for a cluster.") from None


def unsettled_folders(runs: Path) -> list[Path]:
    """Folders of runs that a cluster was given and that are not over as far as they say. `runs`: of the workspace."""
    files = sorted(runs.glob(f"*/{JOB_NAME}"))
    return [file.parent for file in files if read_status(file.with_name("status.json")).active]


def write_job(run: Run, job: Job) -> None:
    """Name the job that may work on the run; any other no longer may.

    Raises:
        RunError: the file cannot be written.
    """
    write_text(run.folder / JOB_NAME, job.model_dump_json())


def forget_job(run: Run) -> None:
    """No job of a cluster may begin to work on the run; one that has begun goes on."""
    (run.folder / JOB_NAME).unlink(missing_ok=True)
