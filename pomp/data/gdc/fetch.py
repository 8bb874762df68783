"""A plan carried out."""

from __future__ import annotations

from pomp.data.gdc.api import Gdc
from pomp.data.gdc.download import download_files
from pomp.data.gdc.folder import write_records
from pomp.data.gdc.plan import FetchPlan, check_space
from pomp.progress import OnProgress


def fetch(gdc: Gdc, plan: FetchPlan, parallel: int, on_progress: OnProgress | None = None) -> None:
    """Write manifest, sample sheet, clinical data and fetch.json, then every file that is not there yet.

    May be interrupted or killed at any time, and called again. The caller holds a lock on the folder.

    Args:
        parallel: files at a time.
        on_progress: told the bytes that are there, of how many, and the name of a file.

    Raises:
        FetchError: the files do not fit on the disk, or some could not be fetched; `problems` names each.
        RunError: the tables cannot be written.
    """
    check_space(plan)
    write_records(plan.folder, plan.record, plan.every_file, plan.cases)
    download_files(gdc, plan.every_file, plan.folder, parallel, on_progress)
