"""Tables by what stands in them: omics, further columns of patients, or lists of slides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pomp.data.barcode import is_barcode, parse_barcode
from pomp.data.importing.head import Head, read_head
from pomp.data.importing.kinds import Guess, guess_kind, guess_name
from pomp.data.importing.patients import PATIENT_COLUMNS
from pomp.data.importing.plan import PlannedTable
from pomp.data.importing.xena import is_xena_clinical, recognise_xena
from pomp.data.outcome import list_endpoints
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.table import read_table

_CLINICAL_WORDS = ("clinical", "pheno", "covariate", "patient", "demograph")
_SLIDE_COLUMNS = ("slide_id", "slide", "file", "filename")


@dataclass
class FoundTables:
    """What the tables of a folder are."""

    omics: list[PlannedTable] = field(default_factory=list)
    covariates: list[Path] = field(default_factory=list)
    slides: dict[str, str] = field(default_factory=dict)  # patient by name of the slide file
    slide_table: Path | None = None  # a slides.csv as a cohort folder has it
    unknown: list[Path] = field(default_factory=list)
    xena: list[str] = field(default_factory=list)  # names of Xena's files among the omics


def holds_follow_up(path: Path) -> bool:
    """Whether a table has an endpoint: columns <name> and <name>.time."""
    head = read_head(path)
    return head is not None and bool(list_endpoints([head.first, *head.columns]))


def sort_tables(files: Sequence[Path], root: Path, patients: Collection[str], problems: Problems) -> FoundTables:
    """Tell the tables apart.

    Args:
        files: those that nobody else has recognised.
        root: the folder; findings name files relative to it.
        patients: those with follow-up, which tell patients from genes.
    """
    found, taken = FoundTables(), set[str]()
    for path in files:
        file, head = str(path.relative_to(root)), read_head(path)
        if head is None:
            found.unknown.append(path)
            continue
        by_patient = _patients_in_rows(head, patients)
        if head.first == "patient" and "file" in head.columns:
            found.slide_table = path
        elif _names_slides(head):
            found.slides |= _read_slide_names(path, head, problems)
        elif by_patient is None:
            names = f"{enumerate_some(head.labels, 2)}) nor its columns ({enumerate_some(head.columns, 2)}"
            problems.warning(file, f"is not used: neither its rows ({names}) are patients with follow-up.")
        elif by_patient and _is_clinical(path, head):
            found.covariates.append(path)
        elif not head.is_numeric:
            problems.warning(file, "is not used: most of its cells are no numbers.")
        else:
            planned = _plan(path, file, head, by_patient, problems)
            if planned is not None and _is_free(planned, path, file, taken, problems):
                found.xena += [path.name] if recognise_xena(path.name) else []
                found.omics.append(_rename(planned, taken))
    return found


def _names_slides(head: Head) -> bool:
    return head.first in {*PATIENT_COLUMNS, "case_id"} and any(name in head.columns for name in _SLIDE_COLUMNS)


def _read_slide_names(path: Path, head: Head, problems: Problems) -> dict[str, str]:
    """Patient by slide file, of a table such as CLAM's, with case_id and slide_id."""
    column = next(name for name in _SLIDE_COLUMNS if name in head.columns)
    table = read_table(path, path.name, problems)
    if table is None:
        return {}
    files = table.cells[table.columns.index(column)]
    return {
        Path(str(file).strip()).name: patient
        for patient, file in zip(table.labels, files, strict=True)
        if patient and not pd.isna(file)
    }


def _patients_in_rows(head: Head, patients: Collection[str]) -> bool | None:
    """Whether rows or columns are patients; None if neither are."""
    rows, columns = (
        sum(is_barcode(label) or parse_barcode(label).patient in patients for label in labels)
        for labels in (head.labels, head.columns)
    )
    return rows >= columns if rows or columns else None


def _is_clinical(path: Path, head: Head) -> bool:
    """Numbers alone would be an omics table, unless the file's name speaks of patients."""
    name = path.name.lower()
    return is_xena_clinical(path.name) or not head.is_numeric or any(word in name for word in _CLINICAL_WORDS)


def _plan(path: Path, file: str, head: Head, by_patient: bool, problems: Problems) -> PlannedTable | None:
    known = recognise_xena(path.name)
    if known is not None:
        return PlannedTable(
            name=known.name, file=str(path), kind=known.kind, note=f"Xena: {known.note}", log2_counts=known.log2_counts
        )
    values = head.numbers
    genes = head.columns if by_patient else head.labels
    guess = guess_kind(np.transpose(values) if by_patient else values, genes, path.name)
    if guess is None:
        problems.warning(file, "is not used: its first rows hold no value.")
        return None
    if guess.doubt:
        problems.warning(file, guess.doubt)
    return PlannedTable(name=guess_name(path.name), file=str(path), kind=guess.kind, note=_explain(guess, head))


def _explain(guess: Guess, head: Head) -> str:
    return f"Guessed to be {guess.kind}: {guess.why}, in its first {len(head.labels)} rows."


def _is_free(planned: PlannedTable, path: Path, file: str, taken: Collection[str], problems: Problems) -> bool:
    """Xena offers one type in several versions (HiSeqV2, HiSeqV2_PANCAN): the first is taken."""
    if planned.name not in taken or not recognise_xena(path.name):
        return True
    problems.warning(file, f"is not used: '{planned.name}' is read from another table. Take that away to use this one.")
    return False


def _rename(planned: PlannedTable, taken: set[str]) -> PlannedTable:
    """A name of its own: mrna, mrna_2, …"""
    name, count = planned.name, 1
    while name in taken:
        count += 1
        name = f"{planned.name}_{count}"
    taken.add(name)
    return planned.model_copy(update={"name": name})
