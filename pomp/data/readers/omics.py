"""An omics table → tumour values by patient, and normal samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from pomp.data.barcode import Barcode, is_tcga, parse_barcode
from pomp.data.omics_table import Kind, OmicsTable
from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.data.readers.table import RawTable, check_names, read_table

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

# What no finite value of a kind may be, and what to tell who has one.
_RULES: dict[Kind, tuple[Callable[[Floats], Flags], str]] = {
    "counts": (
        lambda x: (x < 0) | (x != np.floor(x)),
        'is no count: a whole number from 0 on. Give the raw counts, or kind = "log" for processed values.',
    ),
    "beta": (lambda x: (x < 0) | (x > 1), 'is no beta value: they lie in 0–1. M-values have kind = "m".'),
    "binary": (lambda x: (x != 0) & (x != 1), "is neither 0 nor 1."),
}


def read_omics(
    path: Path, file: str, name: str, kind: Kind, patients: Collection[str], problems: Problems
) -> OmicsTable | None:
    """Read one table; None if it cannot be told what is in it.

    A patient with several tumour samples gets the one whose barcode sorts first: primary tumour (01) before 02–09.

    Args:
        file: what problems call the table.
        patients: those of clinical.csv, which tell patients from genes; empty if that could not be read.
    """
    table = read_table(path, file, problems)
    if table is None:
        return None
    in_rows = _patients_in_rows(table, patients, problems)
    if in_rows is None:
        return None
    check_names(table, *(("sample", "gene") if in_rows else ("gene", "sample")), problems)
    values = _check_values(table, kind, problems)
    labels, genes = (table.labels, table.columns) if in_rows else (table.columns, table.labels)
    frame = pd.DataFrame(values if in_rows else values.T, index=labels, columns=genes)
    # Twins are errors already; without them the rest of the folder can be checked.
    frame = frame.loc[~frame.index.duplicated(), ~frame.columns.duplicated()].sort_index(axis=1)
    tumours, normals = _split_samples(frame.dropna(how="all"), file, problems)
    if tumours.empty:
        problems.error(file, "holds no value of any tumour sample.")
    elif patients:
        _match_patients(tumours.index, patients, file, problems)
    return OmicsTable(name, kind, tumours, normals)


def _patients_in_rows(table: RawTable, patients: Collection[str], problems: Problems) -> bool | None:
    """Whether rows or columns are patients, by who is in clinical.csv and, failing that, by TCGA barcodes."""
    known = set(patients)
    rows = sum(parse_barcode(label).patient in known for label in table.labels)
    columns = sum(parse_barcode(label).patient in known for label in table.columns)
    if not rows and not columns:
        rows, columns = sum(map(is_tcga, table.labels)), sum(map(is_tcga, table.columns))
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
    numbers = table.cells.copy()
    textual = [column for column, dtype in enumerate(numbers.dtypes) if dtype.kind not in "iuf"]
    if textual:
        # By way of text: dates, say, would otherwise turn into numbers.
        numbers[textual] = numbers[textual].astype(str).apply(pd.to_numeric, errors="coerce")
    values: Floats = numbers.to_numpy(np.float64, na_value=np.nan)
    text = np.isnan(values) & table.cells.notna().to_numpy()
    bad = [(text, "is no number. Leave the cell empty where the value is missing.")]
    bad.append((np.isinf(values), "is not finite. Leave the cell empty where the value is missing."))
    if kind in _RULES:
        breaks, message = _RULES[kind]
        bad.append((breaks(values) & np.isfinite(values), message))
    _report_cells(table, bad, problems)
    return values


def _report_cells(table: RawTable, bad: Sequence[tuple[Flags, str]], problems: Problems) -> None:
    """The first cells of all rules together, one by one; how many more there are, in one line."""
    total = sum(int(mask.sum()) for mask, _ in bad)
    room = LISTED
    for mask, message in bad:
        for row, column in np.argwhere(mask)[:room]:
            room -= 1
            problems.error(
                table.file, message, row=table.rows[row], column=table.columns[column],
                value=table.cells.iloc[row, column],
            )  # fmt: skip
    if total > LISTED:
        problems.error(table.file, f"{total - LISTED} more cells like these.")


def _split_samples(frame: pd.DataFrame, file: str, problems: Problems) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Tumours by patient and normals by sample, of a frame indexed by sample label; the first of several is kept."""
    ordered = sorted((parse_barcode(str(label)), position) for position, label in enumerate(frame.index))
    tumours = [(code, at) for code, at in ordered if code.is_tumour]
    normals = [(code, at) for code, at in ordered if code.is_normal]
    others = [code.label for code, _ in ordered if not (code.is_tumour or code.is_normal)]
    if others:
        problems.warning(
            file, f"{len(others)} samples are neither tumour nor normal and not used: {enumerate_some(others)}."
        )
    values = _first_of_each(frame, tumours, "patient", file, problems)
    if not normals:
        return values, None
    return values, _first_of_each(frame, normals, "sample", file, problems)


def _first_of_each(
    frame: pd.DataFrame, ordered: Sequence[tuple[Barcode, int]], what: Literal["patient", "sample"], file: str,
    problems: Problems,
) -> pd.DataFrame:  # fmt: skip
    names = pd.Index([getattr(code, what) for code, _ in ordered], name=what, dtype=object)
    picked = frame.iloc[[at for _, at in ordered]].set_axis(names)
    twins = picked.index.duplicated()
    if twins.any():
        kind = "patients are there" if what == "patient" else "normal samples are there"
        unused = [code.label for (code, _), twin in zip(ordered, twins, strict=True) if twin]
        problems.warning(
            file,
            f"{picked.index[twins].nunique()} {kind} more than once; the barcode that sorts first is "
            f"used (01 before 02–09), and not {enumerate_some(unused)}.",
        )
    return picked[~twins]


def _match_patients(found: pd.Index, patients: Collection[str], file: str, problems: Problems) -> None:
    strangers = sorted(set(found) - set(patients))
    if len(strangers) == len(found):
        problems.error(
            file,
            f"none of its {len(found)} patients ({enumerate_some(strangers)}) is in clinical.csv "
            f"({enumerate_some(sorted(patients))}). Ids must be spelt alike in both.",
        )
    elif strangers:
        problems.warning(
            file, f"{len(strangers)} of its {len(found)} patients are not in clinical.csv: {enumerate_some(strangers)}."
        )
