"""What several rows or several tables say of one patient → one row; where they contradict each other, an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.outcome import TIME_SUFFIX, list_endpoints
from pomp.data.problems import LISTED, Problems


def one_row_each(labels: Sequence[str], frame: pd.DataFrame, file: str, problems: Problems) -> pd.DataFrame:
    """`frame` (one row a label; its index says where that stands in the file) by patient, sorted.

    Of several rows, the first value there is of each column, the primary tumour's row first. Where they differ in an
    endpoint, that is an error: nobody can tell which holds.
    """
    codes = [parse_barcode(label) for label in labels]
    order = sorted((place for place, code in enumerate(codes) if code.patient), key=lambda place: codes[place])
    ordered = frame.iloc[order]
    patients = pd.Index([codes[place].patient for place in order], name="patient", dtype=object)
    if patients.has_duplicates:
        _report_conflicts(ordered, patients, file, problems)
    # `first` of groupby takes each column's first value that is not missing.
    return ordered.set_axis(patients).groupby(level="patient", sort=True).first()


def _report_conflicts(frame: pd.DataFrame, patients: pd.Index, file: str, problems: Problems) -> None:
    listed = 0
    for endpoint in list_endpoints(frame.columns):
        for column in (endpoint, endpoint + TIME_SUFFIX):
            values = frame[column].groupby(patients).nunique()
            for patient in values.index[values > 1][: max(LISTED - listed, 0)]:
                listed += 1
                rows = " and ".join(str(row) for row in frame.index[patients == patient])
                problems.error(
                    file, f"has different values in {rows}: correct them, or keep one row a patient.",
                    column=column, value=patient,
                )  # fmt: skip


def add_follow_up(
    known: pd.DataFrame, further: pd.DataFrame, sources: Mapping[str, str], file: str, problems: Problems
) -> pd.DataFrame:
    """Both tables by patient: what `known` lacks, patients and values, comes from `further`.

    Args:
        sources: the file of each patient of `known`.
        file: of `further`.
    """
    _report_contradictions(known, further, sources, file, problems)
    # As objects: whole numbers stay whole where the other table has none.
    both = pd.concat([known.astype(object), further.astype(object)])
    return both.groupby(level="patient", sort=True).first().infer_objects()


def _report_contradictions(
    known: pd.DataFrame, further: pd.DataFrame, sources: Mapping[str, str], file: str, problems: Problems
) -> None:
    """An error a column of an endpoint, which names the first patient."""
    shared = known.index.intersection(further.index)
    for endpoint in list_endpoints(known.columns.intersection(further.columns)):
        for column in (endpoint, endpoint + TIME_SUFFIX):
            one, other = known.loc[shared, column], further.loc[shared, column]
            differ = one.notna() & other.notna() & (one.map(as_written) != other.map(as_written))
            if differ.any():
                patient, more = shared[differ][0], int(differ.sum()) - 1
                problems.error(
                    file,
                    f"is {as_written(other[patient])} of patient {patient}, and {as_written(one[patient])} in "
                    f"{sources[patient]}{f', and {more} more patients differ' if more else ''}. Correct one of the "
                    "files, or take it out of the folder.",
                    column=column,
                )  # fmt: skip


def as_written(cell: object) -> str:
    """A value as a message quotes it: 1, 1.0 and '1' are alike."""
    text = str(cell).strip()
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return f"'{text}'"
