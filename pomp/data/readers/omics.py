"""An omics table → tumour values by patient, and normal samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from pomp.data.barcode import Barcode, is_barcode, parse_barcode
from pomp.data.omics_table import Kind, OmicsTable, UnusedSample
from pomp.data.problems import LISTED, Problem, Problems, enumerate_some
from pomp.data.readers.clinical import match_patients
from pomp.data.readers.matrix import read_matrix
from pomp.data.readers.table import RawTable, check_names
from pomp.wording import agree, count

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_ROWS = 4096  # rows, or genes, worked on at a time

TWIN = "another tumour sample of this patient is used: the barcode that sorts first, 01 before 02–09"
NORMAL_TWIN = "another aliquot of this normal sample is used: the barcode that sorts first"
NEITHER = "neither tumour (01–09) nor normal (10–19), by its barcode"
NO_VALUE = "holds no value"

# What no finite value of a kind may be, and what to tell who has one.
_RULES: dict[Kind, tuple[Callable[[Floats], Flags], str]] = {
    "counts": (
        lambda x: (x < 0) | (x != np.floor(x)),
        'is no count: a whole number from 0 on. Give the raw counts, or kind = "log" for processed values.',
    ),
    "beta": (lambda x: (x < 0) | (x > 1), 'is no beta value: they lie in 0–1. M-values have kind = "m".'),
    "binary": (lambda x: (x != 0) & (x != 1), "is neither 0 nor 1."),
}


_DATE = re.compile(
    r"\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*(-\d\d(\d\d)?)?"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*-\d\d(\d\d)?"
    r"|\d{4}-\d\d-\d\d([ T]00:00:00)?",
    re.IGNORECASE,
)
"""What spreadsheets make of genes such as MARCH1, SEPT2 and DEC1."""


def breaks_rule(problem: Problem, kind: Kind) -> bool:
    """Whether a problem of `tidy_omics` is a value that its kind cannot have."""
    return kind in _RULES and problem.message == _RULES[kind][1]


def read_omics(
    path: Path, file: str, name: str, kind: Kind, patients: Collection[str], problems: Problems
) -> OmicsTable | None:
    """Read one table; None if it cannot be told what is in it.

    A patient with several tumour samples gets the one whose barcode sorts first: primary tumour (01) before 02–09.

    Args:
        file: what problems call the table.
        patients: those of clinical.csv, which tell patients from genes; empty if that could not be read.
    """
    table = read_matrix(path, file, problems)
    tidied = None if table is None else tidy_omics(table, name, kind, patients, problems)
    if tidied is not None and patients and not tidied.values.empty:
        match_patients(tidied.values.index, patients, file, problems)
    return tidied


def tidy_omics(
    table: RawTable, name: str, kind: Kind, patients: Collection[str], problems: Problems
) -> OmicsTable | None:
    """The same of a table in memory; whether its patients are in clinical.csv is not asked."""
    file = table.file
    in_rows = _patients_in_rows(table, patients, problems)
    if in_rows is None:
        return None
    check_names(table, *(("sample", "gene") if in_rows else ("gene", "sample")), problems)
    values = _check_values(table, kind, problems)
    labels, genes = (table.labels, table.columns) if in_rows else (table.columns, table.labels)
    _report_dates(genes, file, problems)
    tumours, normals, unused = _split_samples(values if in_rows else values.T, labels, genes, file, problems)
    if tumours.empty:
        problems.error(file, "holds no value of any tumour sample.")
    return OmicsTable(name, kind, tumours, normals, unused)


def _report_dates(genes: Sequence[str], file: str, problems: Problems) -> None:
    dates = sorted({gene for gene in genes if _DATE.fullmatch(gene)})
    if dates:
        problems.warning(
            file,
            f"{count(len(dates), 'gene is', 'genes are')} called like dates, as spreadsheets do with MARCH1, SEPT2 "
            f"and the like: {enumerate_some(dates)}. Give them their names again: 1-Mar may be MARCHF1 or MTARC1.",
        )


def _patients_in_rows(table: RawTable, patients: Collection[str], problems: Problems) -> bool | None:
    """Whether rows or columns are patients, by who is in clinical.csv and, failing that, by barcodes."""
    known = set(patients)
    rows = sum(parse_barcode(label).patient in known for label in table.labels)
    columns = sum(parse_barcode(label).patient in known for label in table.columns)
    if not rows and not columns:
        rows, columns = sum(map(is_barcode, table.labels)), sum(map(is_barcode, table.columns))
    if rows and columns:
        problems.error(
            table.file,
            f"{rows} of the row labels and {columns} of the column names are patients: it cannot be told which are "
            "the genes. Rename the genes that are called like a patient.",
        )
        return None
    if rows or columns:
        return rows > 0
    if not known:
        return True
    problems.error(
        table.file,
        f"neither its rows ({enumerate_some(table.labels, 2)}) nor its columns ({enumerate_some(table.columns, 2)}) "
        f"are patients of clinical.csv ({enumerate_some(sorted(known), 2)}). Ids must be spelt alike in both.",
    )
    return None


def _check_values(table: RawTable, kind: Kind, problems: Problems) -> Floats:
    """The cells as numbers (n, m), NaN where there is none; each cell that breaks the kind's rule is reported."""
    textual = [column for column, dtype in enumerate(table.cells.dtypes) if dtype.kind not in "iuf"]
    numbers = table.cells
    if textual:
        numbers = numbers.copy()
        # By way of text: dates, say, would otherwise turn into numbers.
        numbers[textual] = numbers[textual].astype(str).apply(pd.to_numeric, errors="coerce")
    values: Floats = numbers.to_numpy(np.float64, na_value=np.nan) if textual else numbers.to_numpy(np.float64)
    bad: list[tuple[Iterator[Flags], str]] = []
    if textual:
        text = np.isnan(values) & table.cells.notna().to_numpy()
        bad.append((iter([text]), "is no number. Leave the cell empty where the value is missing."))
    bad.append((_by_rows(np.isinf, values), "is not finite. Leave the cell empty where the value is missing."))
    if kind in _RULES:
        breaks, message = _RULES[kind]
        bad.append((_by_rows(lambda x: breaks(x) & np.isfinite(x), values), message))
    _report_cells(table, bad, problems)
    return values


def _by_rows(breaks: Callable[[Floats], Flags], values: Floats) -> Iterator[Flags]:
    """What breaks a rule, some rows at a time: a mask of the whole and its intermediates would cost more than it."""
    for start in range(0, max(len(values), 1), _ROWS):
        yield breaks(values[start : start + _ROWS])


def _report_cells(table: RawTable, bad: Sequence[tuple[Iterator[Flags], str]], problems: Problems) -> None:
    """The first cells of all rules together, one by one; how many more there are, in one line."""
    total = 0
    for masks, message in bad:
        start = 0
        for mask in masks:
            if mask.any():
                for row, column in np.argwhere(mask)[: max(LISTED - total, 0)]:
                    place = int(start + row)
                    problems.error(
                        table.file, message, row=table.rows[place], column=table.columns[column],
                        value=_quote(table.cells.iloc[place, int(column)]),
                    )  # fmt: skip
                total += int(mask.sum())
            start += len(mask)
    if total > LISTED:
        problems.error(table.file, f"{count(total - LISTED, 'more cell')} like these.")


def _quote(cell: object) -> str:
    """As in the file: whole numbers without a decimal point."""
    return f"{cell:g}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def _split_samples(
    values: Floats, labels: Sequence[str], genes: Sequence[str], file: str, problems: Problems
) -> tuple[pd.DataFrame, pd.DataFrame | None, tuple[UnusedSample, ...]]:
    """Tumours by patient and normals by sample; the first of several is kept. Then the samples that are not used.

    Args:
        values: (samples, genes). Twins among `labels` and `genes` are errors already; without them the rest of the
            folder can be checked.
    """
    order = np.array(sorted(range(len(genes)), key=genes.__getitem__), dtype=np.int64)
    order = order[~_index(genes)[order].duplicated()]
    columns = _index(genes)[order]
    named, filled = ~_index(labels).duplicated(), _have_values(values)
    ordered = sorted(
        (parse_barcode(labels[position]), position) for position in np.flatnonzero(named & filled).tolist()
    )
    empty = [parse_barcode(labels[position]) for position in np.flatnonzero(named & ~filled).tolist()]
    unused = [UnusedSample(code.label, code.patient, "", NO_VALUE) for code in empty]
    unused += _set_others_aside([code for code, _ in ordered], file, problems)

    def pick(samples: Sequence[tuple[Barcode, int]], what: Literal["patient", "sample"]) -> pd.DataFrame:
        names, rows, twins = _first_of_each(samples, what, file, problems)
        unused.extend(twins)
        return pd.DataFrame(_take(values, rows, order), names, columns, copy=False)

    tumours = pick([(code, at) for code, at in ordered if code.is_tumour], "patient")
    healthy = [(code, at) for code, at in ordered if code.is_normal]
    normals = pick(healthy, "sample") if healthy else None
    return tumours, normals, tuple(sorted(unused, key=lambda one: one.sample))


def _set_others_aside(codes: Sequence[Barcode], file: str, problems: Problems) -> list[UnusedSample]:
    """The samples that are neither tumour nor normal."""
    others = [code for code in codes if not (code.is_tumour or code.is_normal)]
    if others:
        listed = enumerate_some([code.label for code in others])
        problems.warning(
            file,
            f"{count(len(others), 'sample is', 'samples are')} neither tumour nor normal and not used: {listed}.",
        )
    return [UnusedSample(code.label, code.patient, "", NEITHER) for code in others]


def _index(names: Sequence[str]) -> pd.Index:
    index: pd.Index = pd.Index(np.array(names, dtype=object))
    return index


def _have_values(values: Floats) -> Flags:
    """Which samples have a value of any gene (samples,)."""
    found = np.zeros(len(values), np.bool_)
    for start in range(0, values.shape[1], _ROWS):
        found |= ~np.isnan(values[:, start : start + _ROWS]).all(axis=1)
    return found


def _take(values: Floats, rows: Sequence[int], columns: np.ndarray) -> Floats:
    """(samples, genes) → (rows, columns), in C order whichever way the table lies in memory."""
    taken = np.empty((len(rows), len(columns)))
    for start in range(0, len(columns), _ROWS):
        part = columns[start : start + _ROWS]
        taken[:, start : start + len(part)] = values.T[part].T[rows]
    return taken


def _first_of_each(
    ordered: Sequence[tuple[Barcode, int]], what: Literal["patient", "sample"], file: str, problems: Problems
) -> tuple[pd.Index, list[int], list[UnusedSample]]:
    """Names and places of the first sample of each patient, or of each normal sample; then all others."""
    names = pd.Index([getattr(code, what) for code, _ in ordered], name=what, dtype=object)
    twins = names.duplicated()
    first = {name: code.label for name, (code, _), twin in zip(names, ordered, twins, strict=True) if not twin}
    unused = [
        UnusedSample(code.label, code.patient, first[name], TWIN if what == "patient" else NORMAL_TWIN)
        for name, (code, _), twin in zip(names, ordered, twins, strict=True)
        if twin
    ]
    if unused:
        kind, number = "patient" if what == "patient" else "normal sample", names[twins].nunique()
        problems.warning(
            file,
            f"{count(number, kind)} {agree(number, 'is', 'are')} there more than once; the barcode that sorts first "
            f"is used (01 before 02–09), and not {enumerate_some([one.sample for one in unused])}.",
        )
    return names[~twins], [at for (_, at), twin in zip(ordered, twins, strict=True) if not twin], unused
