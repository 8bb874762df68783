"""Tables by what stands in them: omics, further columns of patients, or lists of slides."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pomp.data.barcode import is_barcode, parse_barcode
from pomp.data.importing.head import Head, read_head, read_spread
from pomp.data.importing.kinds import Guess, find_type, guess_kind, guess_name
from pomp.data.importing.plan import PlannedTable
from pomp.data.importing.xena import is_xena_clinical, recognise_xena
from pomp.data.outcome import has_endpoint
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.table import PATIENT_COLUMNS, SLIDE_COLUMNS, read_table
from pomp.wording import count

_CLINICAL_WORDS = ("clinical", "pheno", "covariate", "patient", "demograph")

_COMMA = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?|[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_MOSTLY = 0.5  # of a column's cells
_NEARLY_ALL = 0.9  # of a table's columns
_SEVERAL, _MANY, _WIDE = 5, 50, 200  # columns


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
    """Whether a table has an endpoint: columns <name> and <name>.time, or these in another spelling."""
    head = read_head(path)
    return head is not None and has_endpoint([head.first, *head.columns])


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
        elif (cell := _find_unreadable(path, head)) is not None:
            _report_unreadable(file, head, cell, problems)
        elif by_patient and not head.has_values and find_type(path.name):
            problems.warning(
                file,
                f"is not used: its first {count(len(head.labels), 'row holds', 'rows hold')} no value.",
            )
        elif by_patient and _is_clinical(path, head):
            _doubt_covariates(path, file, head, problems)
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
    return head.first in {*PATIENT_COLUMNS, "case_id"} and any(name in head.columns for name in SLIDE_COLUMNS)


def _read_slide_names(path: Path, head: Head, problems: Problems) -> dict[str, str]:
    """Patient by slide file, of a table such as CLAM's, with case_id and slide_id."""
    column = next(name for name in SLIDE_COLUMNS if name in head.columns)
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
    return not head.is_numeric or _is_called_clinical(path)


def _is_called_clinical(path: Path) -> bool:
    return is_xena_clinical(path.name) or any(word in path.name.lower() for word in _CLINICAL_WORDS)


def _find_unreadable(path: Path, head: Head) -> tuple[int, int] | None:
    """Row and column of the first text in a table of measurements; None if it is no such table, or holds no text.

    Measurements are columns of mostly numbers, many of them or under a name that speaks of an omics type; or of
    numbers with a decimal comma. A clinical table has columns of text beside a few such.
    """
    if head.is_numeric or not head.has_values or _is_called_clinical(path):
        return None
    named = find_type(path.name) is not None or len(head.columns) > _MANY
    foreign = _commas(head).sum() > _MOSTLY * _filled(head).sum() and len(head.columns) >= _SEVERAL
    return _first_text(head) if _is_measured(head) and (named or foreign) else None


def _is_measured(head: Head) -> bool:
    """Whether nearly all columns of a table with values are mostly numbers."""
    counts = _filled(head).sum(axis=0)
    shares = (~np.isnan(head.numbers) | _commas(head)).sum(axis=0)[counts > 0] / counts[counts > 0]
    return bool((shares > _MOSTLY).mean() > _NEARLY_ALL)


def _first_text(head: Head) -> tuple[int, int]:
    """Row and column of the first value that is no number."""
    row, column = np.argwhere(_filled(head) & np.isnan(head.numbers))[0]
    return int(row), int(column)


def _filled(head: Head) -> np.ndarray:
    return (head.cells != "").to_numpy(bool)


def _commas(head: Head) -> np.ndarray:
    """Which cells are numbers with commas, whatever these stand for."""
    return head.cells.map(lambda cell: _COMMA.fullmatch(cell) is not None).to_numpy(bool)


def _report_unreadable(file: str, head: Head, cell: tuple[int, int], problems: Problems) -> None:
    row, column = cell
    value = str(head.cells.iloc[row, column])
    cause = _explain_comma(head, value) if _COMMA.fullmatch(value) else "leave such cells empty"
    problems.error(
        file,
        f"is no number: {cause}. The table looks like omics, and cannot be read as it is; mend it, or take it out of "
        "the folder to go on without it.",
        row=row + 2, column=head.columns[column], value=value,
    )  # fmt: skip


def _explain_comma(head: Head, value: str) -> str:
    """What a comma may stand for: before three digits for either, unless another cell tells."""
    cells = [str(cell) for cell in head.cells.to_numpy()[_commas(head)]]
    if not all(map(_THOUSANDS.fullmatch, cells)):
        return "a decimal comma? Write decimal points"
    whole = value.replace(",", "")
    points = head.cells.to_numpy()[~np.isnan(head.numbers)]
    if any(cell.count(",") > 1 for cell in cells) or any("." in cell for cell in [*cells, *points]):
        return f"commas between thousands? Take them out: {whole}"
    return (
        f"commas between thousands, or before decimals? Write {whole} or {value.replace(',', '.')}, whichever is meant"
    )


def _doubt_covariates(path: Path, file: str, head: Head, problems: Problems) -> None:
    """What is joined to the follow-up might be omics that nobody would miss until it is too late."""
    spoken = find_type(path.name)
    if _is_called_clinical(path):
        return
    if spoken is None and len(head.columns) <= _WIDE:
        if len(head.columns) >= _SEVERAL and head.has_values and _is_measured(head):
            _doubt_numbers(file, head, problems)
        return
    why = f"though its name speaks of {spoken}" if spoken else f"all {len(head.columns)} of them"
    problems.warning(
        file,
        f"is joined to the follow-up as further columns of patients, {why}: many of its cells are no numbers. If it is "
        "an omics table, leave the cells without a value empty.",
    )


def _doubt_numbers(file: str, head: Head, problems: Problems) -> None:
    """A few columns of numbers with some text between them: a small panel of genes, or what a hospital measures."""
    row, column = _first_text(head)
    problems.warning(
        file,
        f"is no number, and so the table is joined to the follow-up as {len(head.columns)} further columns of "
        "patients. If it is an omics table, leave the cells without a value empty.",
        row=row + 2, column=head.columns[column], value=head.cells.iloc[row, column],
    )  # fmt: skip


def _plan(path: Path, file: str, head: Head, by_patient: bool, problems: Problems) -> PlannedTable | None:
    known = recognise_xena(path.name)
    if known is not None:
        return PlannedTable(
            name=known.name, file=str(path), kind=known.kind, note=f"Xena: {known.note}", log2_counts=known.log2_counts
        )
    head = read_spread(path, head)
    values = head.numbers
    genes = head.columns if by_patient else head.labels
    guess = guess_kind(np.transpose(values) if by_patient else values, genes, path.name)
    if guess is None:
        problems.warning(file, f"is not used: {len(head.labels)} of its rows hold no value.")
        return None
    if guess.doubt:
        problems.warning(file, guess.doubt)
    return PlannedTable(name=guess_name(path.name), file=str(path), kind=guess.kind, note=_explain(guess, head))


def _explain(guess: Guess, head: Head) -> str:
    return f"Guessed to be {guess.kind}: {guess.why}, in {count(len(head.labels), 'row')} spread over the file."


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
