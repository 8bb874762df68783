"""Clinical tables of any origin → one row a patient, with endpoints as <name> and <name>.time in days."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.importing.containers import is_container, read_observations, read_origins
from pomp.data.importing.gdc_clinical import is_gdc_clinical, read_gdc_clinical
from pomp.data.importing.merging import add_columns, add_follow_up, as_written, one_row_each
from pomp.data.outcome import LEFT_OUT, REDACTION, find_redacted, find_respelt, list_endpoints
from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.data.readers.table import PATIENT_COLUMNS, SAMPLE_COLUMNS, RawTable, find_repeated, read_table
from pomp.wording import count

NO_FOLLOW_UP = (
    "no follow-up is recognised: add a table whose first column is the patient, with the columns OS (1 = died, 0 = "
    "alive) and OS.time (days), or Xena's survival table, or the GDC's clinical.json."
)
_NAMES = frozenset({*PATIENT_COLUMNS, *SAMPLE_COLUMNS})


def read_patients(clinical: Path, covariates: Sequence[Path], problems: Problems) -> pd.DataFrame:
    """The columns of all tables by patient (index), sorted; empty where nothing could be read.

    A patient with several rows (Xena has one a sample) gets the first value there is of each column, the primary
    tumour's row first. Where rows or tables differ in an endpoint, that is an error: nobody can tell which holds.

    Args:
        clinical: the table with the follow-up.
        covariates: more tables. One with follow-up of its own adds its patients and fills what is missing; any other
            adds columns and fills what is missing of the patients who are there.
    """
    joined = _read_one(clinical, problems)
    sources = dict.fromkeys(map(str, joined.index), clinical.name)
    tables = {path: _read_one(path, problems) for path in covariates}
    # Whoever has follow-up is known before anything is joined to it.
    for path, table in tables.items():
        if list_endpoints(table.columns):
            joined = add_follow_up(joined, table, sources, path.name, problems)
            sources = dict.fromkeys(map(str, table.index), path.name) | sources
    for path, table in tables.items():
        if not list_endpoints(table.columns):
            joined = add_columns(joined, table, path.name, problems)
    return _leave_redacted_out(joined, clinical.name, problems).dropna(axis=1, how="all")


def _leave_redacted_out(patients: pd.DataFrame, file: str, problems: Problems) -> pd.DataFrame:
    """Mark the patients whom TCGA withdrew, by the column of its clinical data resource (Liu et al., Cell 2018)."""
    redacted = find_redacted(patients)
    if not redacted:
        return patients
    names = enumerate_some(redacted)
    problems.warning(
        file,
        f"{count(len(redacted), 'patient is', 'patients are')} redacted by TCGA, and left out: {names}.",
        column=REDACTION,
    )
    reasons = pd.Series("redacted by TCGA", index=redacted).reindex(patients.index)
    known = patients[LEFT_OUT] if LEFT_OUT in patients.columns else reasons
    return patients.assign(**{LEFT_OUT: known.fillna(reasons)})


def _read_one(path: Path, problems: Problems) -> pd.DataFrame:
    if is_container(path):
        labels, observations = _name_observations(path)
        return one_row_each(labels, _respell(observations, path.name, problems), path.name, problems)
    if is_gdc_clinical(path):
        return read_gdc_clinical(path, problems)
    table = read_table(path, path.name, problems)
    if table is None:
        return pd.DataFrame()
    _report_names(table, problems)
    frame = _respell(_as_frame(table), path.name, problems)
    return one_row_each(name_patients(table), frame, path.name, problems)


def _respell(frame: pd.DataFrame, file: str, problems: Problems) -> pd.DataFrame:
    """The same with endpoints called as everywhere else."""
    names = find_respelt(frame.columns)
    for name, meant in names.items():
        problems.warning(file, f"is read as {meant}.", column=name)
    return frame.rename(columns=names)


def _report_names(table: RawTable, problems: Problems) -> None:
    """What is dropped or merged because of what rows and columns are called."""
    nameless = [str(row) for row, label in zip(table.rows, table.labels, strict=True) if not label]
    if nameless:
        problems.warning(table.file, f"no patient is named in row {enumerate_some(nameless)}, which is not used.")
    for patient, rows in list(find_repeated(table.labels, table.rows).items())[:LISTED]:
        listed = " and ".join(map(str, rows))
        problems.warning(
            table.file, f"has rows {listed}: of each column, the first value is used{_name_differences(table, rows)}.",
            row=rows[1], value=patient,
        )  # fmt: skip
    places = list(range(2, len(table.columns) + 2))
    for name, columns in list(find_repeated(table.columns, places).items())[:LISTED]:
        listed = " and ".join(map(str, columns))
        problems.warning(table.file, f"heads the columns {listed}: the first is used.", row=1, value=name)


def _name_differences(table: RawTable, rows: Sequence[int]) -> str:
    """What these rows say unlike; empty where they differ only in what is missing."""
    cells = table.cells.iloc[[table.rows.index(row) for row in rows]]
    said = {
        name: dict.fromkeys(as_written(cell) for cell in cells[place].dropna())
        for place, name in enumerate(table.columns)
        if name and table.columns.index(name) == place
    }
    unlike = [f"'{name}' is {' and '.join(values)}" for name, values in said.items() if len(values) > 1]
    return f"; {enumerate_some(unlike)}" if unlike else ""


def _as_frame(table: RawTable) -> pd.DataFrame:
    frame = table.cells.set_axis(pd.Index(table.columns, dtype=object), axis=1)
    frame.index = pd.Index([f"row {row}" for row in table.rows])
    frame = frame.loc[:, ~frame.columns.duplicated()]
    return frame.drop(columns=[name for name in frame.columns if name in _NAMES or not name])


def _name_observations(path: Path) -> tuple[list[str], pd.DataFrame]:
    """The labels that lead to the patients, and their rows; those of unmarked normal samples last."""
    frame, origins = read_observations(path), read_origins(path)
    frame = frame.set_axis(pd.Index([str(label) for label in frame.index], dtype=object))
    if origins:
        frame = frame.drop(columns=[name for name in frame.columns if name in _NAMES])
        normal = [label in origins and origins[label].is_unmarked_normal for label in frame.index]
        frame = frame.iloc[np.argsort(normal, kind="stable")]
    labels = [origins[label].label if label in origins else label for label in frame.index]
    return labels, frame.set_axis(pd.Index([f"'{label}'" for label in frame.index]))


def name_patients(table: RawTable) -> list[str]:
    """Labels that lead to the patient: barcodes, or the column of patients where the labels are none."""
    named = [name for name in PATIENT_COLUMNS if name in table.columns]
    if not named or all(parse_barcode(label).sample_type is not None for label in table.labels):
        return table.labels
    cells = table.cells[table.columns.index(named[0])]
    return [
        label if pd.isna(cell) or parse_barcode(label).sample_type is not None else str(cell).strip()
        for label, cell in zip(table.labels, cells, strict=True)
    ]
