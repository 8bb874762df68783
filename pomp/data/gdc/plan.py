"""What to fetch of a project, how much of it is on the disk already, and whether the rest fits."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pomp.data.gdc.api import Gdc
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.folder import FetchRecord, bytes_left, read_record
from pomp.data.gdc.remote import RemoteFile

DATA_TYPES: Mapping[str, Mapping[str, str]] = {
    "mrna": {"data_type": "Gene Expression Quantification", "analysis.workflow_type": "STAR - Counts"},
    "mirna": {"data_type": "miRNA Expression Quantification"},
    # One platform: the 27k array of older samples has other probes.
    "methylation": {"data_type": "Methylation Beta Value", "platform": "Illumina Human Methylation 450"},
    "slides": {"data_type": "Slide Image", "experimental_strategy": "Diagnostic Slide"},
}
"""What can be fetched, and how the GDC's files endpoint tells it apart."""


@dataclass(frozen=True)
class FetchPlan:
    """A project's files by type, its patients, and the folder they go to."""

    record: FetchRecord
    folder: Path
    files: Mapping[str, tuple[RemoteFile, ...]]  # by type, in DATA_TYPES' order
    cases: tuple[Mapping[str, Any], ...]  # as the API gives them

    @property
    def every_file(self) -> tuple[RemoteFile, ...]:
        return tuple(file for files in self.files.values() for file in files)

    def bytes_left(self) -> int:
        """Of all files, those that are not on the disk now."""
        return sum(bytes_left(file, self.folder) for file in self.every_file)


def plan_fetch(gdc: Gdc, project_id: str, types: Sequence[str], folder: Path) -> FetchPlan:
    """List what is open of a project. Types that were fetched into the folder before stay part of it.

    Raises:
        FetchError: a type or the project is unknown, nothing is there, the folder holds another project, or the API
            does not answer.
    """
    if unknown := [name for name in types if name not in DATA_TYPES]:
        raise FetchError(f"There is no type '{unknown[0]}'. Types: {', '.join(DATA_TYPES)}.")
    if not project_id:
        raise FetchError("No project is named: give one of the GDC's, such as TCGA-LIHC.")
    before = read_record(folder)
    if not types and before is None:
        raise FetchError(f"No type is named with --types. Types: {', '.join(DATA_TYPES)}.")
    if before is not None and before.project != project_id:
        raise FetchError(f"{folder} holds {before.project}. Fetch {project_id} into another folder with --to.")
    wanted = {*types, *(before.types if before else ())}
    project, release = gdc.project(project_id), gdc.data_release()
    files = {name: _list_files(gdc, project_id, name) for name in DATA_TYPES if name in wanted}
    if not any(files.values()):
        raise FetchError(f"The GDC has no open files of {project_id} of the types {', '.join(files)}.")
    cases = tuple(gdc.cases(project_id))
    record = FetchRecord(
        project=project_id,
        title=project.name,
        types=tuple(files),
        api=gdc.address,
        data_release=release,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cases=len(cases),
        files={name: len(listed) for name, listed in files.items()},
        bytes=sum(file.file_size for listed in files.values() for file in listed),
    )
    return FetchPlan(record, folder, files, cases)


def _list_files(gdc: Gdc, project_id: str, name: str) -> tuple[RemoteFile, ...]:
    return tuple(gdc.files({"cases.project.project_id": project_id, "access": "open"} | dict(DATA_TYPES[name])))


def free_bytes(folder: Path) -> int:
    """On the disk of a folder that may not be there yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def check_space(plan: FetchPlan) -> None:
    """
    Raises:
        FetchError: what is left to fetch does not fit.
    """
    left, free = plan.bytes_left(), free_bytes(plan.folder)
    if left > free:
        raise FetchError(
            f"{readable(left)} are left to fetch, and {readable(free)} are free at {plan.folder}. Free disk space, "
            "choose another disk with --to, or fetch fewer types with --types."
        )


def readable(size: int) -> str:
    """1234567 → '1.2 MB', in powers of 1000 as disks are sold."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
