"""A folder as the GDC's own tools leave it: manifest, sample sheet, clinical data, and one folder a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pomp.atomic import write_text
from pomp.config import Frozen
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.remote import RemoteFile

MANIFEST = "gdc_manifest.txt"
SAMPLE_SHEET = "gdc_sample_sheet.tsv"
CLINICAL = "clinical.json"
RECORD = "fetch.json"


class FetchRecord(Frozen):
    """fetch.json: what was asked for, of which release, and how much it is."""

    project: str
    title: str
    types: tuple[str, ...]
    api: str
    data_release: str
    date: str  # ISO 8601, UTC
    cases: int
    files: dict[str, int]  # by type
    bytes: int  # of all files


def place_of(file: RemoteFile, folder: Path) -> Path:
    """Where a file lies once it is whole and its MD5 is right."""
    return folder / file.file_id / file.file_name


def part_of(file: RemoteFile, folder: Path) -> Path:
    """Where it grows until then."""
    return folder / file.file_id / f"{file.file_name}.part"


def bytes_left(file: RemoteFile, folder: Path) -> int:
    """How many bytes of a file are not on the disk, by size alone."""
    whole, part = place_of(file, folder), part_of(file, folder)
    if whole.is_file() and whole.stat().st_size == file.file_size:
        return 0
    return max(file.file_size - (part.stat().st_size if part.is_file() else 0), 0)


def read_record(folder: Path) -> FetchRecord | None:
    """What was fetched into a folder before; None where nothing was.

    Raises:
        FetchError: fetch.json cannot be read.
    """
    path = folder / RECORD
    try:
        return FetchRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise FetchError(f"{path} cannot be read: {error}. Move it away, or fetch into another folder.") from error


def write_records(
    folder: Path, record: FetchRecord, files: Sequence[RemoteFile], cases: Sequence[Mapping[str, Any]]
) -> None:
    """Write the four tables beside the data, each as a whole.

    Raises:
        RunError: the disk is full, or the folder not writable.
    """
    columns = ("id", "filename", "md5", "size", "state")
    rows = [(file.file_id, file.file_name, file.md5sum, str(file.file_size), file.state) for file in files]
    write_text(folder / MANIFEST, _tsv(columns, rows))
    write_text(folder / SAMPLE_SHEET, _tsv(SHEET_COLUMNS, map(_sheet_row, files)))
    write_text(folder / CLINICAL, json.dumps(cases, indent=1, ensure_ascii=False))
    write_text(folder / RECORD, record.model_dump_json(indent=2))


SHEET_COLUMNS = (
    "File ID",
    "File Name",
    "Data Category",
    "Data Type",
    "Project ID",
    "Case ID",
    "Sample ID",
    "Sample Type",
)


def _sheet_row(file: RemoteFile) -> tuple[str, ...]:
    """A file about several samples names them in one cell each, in the same order, as the GDC does."""
    pairs = [(case, sample) for case in file.cases for sample in case.samples]
    return (
        file.file_id,
        file.file_name,
        file.data_category,
        file.data_type,
        ", ".join(dict.fromkeys(case.project.project_id for case in file.cases)),
        ", ".join(case.submitter_id for case, _ in pairs),
        ", ".join(sample.submitter_id for _, sample in pairs),
        ", ".join(sample.sample_type or sample.tissue_type or "" for _, sample in pairs),
    )


def _tsv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
