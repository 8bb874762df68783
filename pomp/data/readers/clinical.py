"""clinical.csv → the covariates and the follow-up of every patient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.outcome import read_outcome
from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.data.readers.table import RawTable, check_names, find_repeated, read_table
from pomp.wording import agree, count


@dataclass(frozen=True)
class Clinical:
    """Every patient of clinical.csv, sorted."""

    covariates: pd.DataFrame  # index: patient; every column as read
    follow_up: pd.DataFrame | None  # index: patient; time_days, event as float; None if the endpoint is not there


def read_clinical(path: Path, file: str, endpoint: str, problems: Problems) -> Clinical | None:
    """Read clinical.csv; None if that is not possible at all. `file` is what problems call it."""
    table = read_table(path, file, problems)
    if table is None:
        return None
    check_names(table, "patient", "column", problems)
    patients = [parse_barcode(label).patient for label in table.labels]
    _report_twins(table, patients, problems)
    follow_up = read_outcome(table, patients, endpoint, problems)
    covariates = table.cells.set_axis(pd.Index(patients, name="patient", dtype=object))
    covariates = covariates.set_axis(pd.Index(table.columns, dtype=object), axis=1)
    return Clinical(_tidy(covariates), None if follow_up is None else _tidy(follow_up))


def _report_twins(table: RawTable, patients: list[str], problems: Problems) -> None:
    """Several samples of one patient; identical labels have been reported already."""
    reported = find_repeated(table.labels, table.rows)
    twins = {name: rows for name, rows in find_repeated(patients, table.rows).items() if name not in reported}
    for patient, rows in list(twins.items())[:LISTED]:
        listed = " and ".join(str(row) for row in rows)
        problems.error(table.file, f"has rows {listed}: keep one row a patient.", row=rows[1], value=patient)


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Sorted, without nameless patients and second rows, which are errors already."""
    named = frame.loc[(frame.index != "") & ~frame.index.duplicated()]
    return named.loc[:, ~named.columns.duplicated()].sort_index()


def match_patients(found: Collection[str], patients: Collection[str], file: str, problems: Problems) -> None:
    """An error where none of another table's patients is in clinical.csv, a warning where some are not.

    Args:
        found: each patient once.
        patients: those of clinical.csv.
        file: of the other table.
        problems: gets the finding.
    """
    strangers = sorted(set(found) - set(patients))
    if len(strangers) == len(found):
        problems.error(
            file,
            f"none of its {count(len(found), 'patient')} ({enumerate_some(strangers)}) is in clinical.csv "
            f"({enumerate_some(sorted(patients))}). Ids must be spelt alike in both.",
        )
    elif strangers:
        problems.warning(
            file,
            f"{len(strangers)} of its {count(len(found), 'patient')} {agree(len(strangers), 'is', 'are')} not in "
            f"clinical.csv: {enumerate_some(strangers)}.",
        )
