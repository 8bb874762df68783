"""What several rows or several tables say of one patient → one row; where they contradict each other, that is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from pomp.data.barcode import parse_barcode
from pomp.data.outcome import TIME_SUFFIX, list_endpoints
from pomp.data.problems import LISTED, Problems, enumerate_some
from pomp.wording import agree, count


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
    endpoints = list_endpoints(known.columns.intersection(further.columns))
    _report_differences(known, further, {*endpoints, *(name + TIME_SUFFIX for name in endpoints)}, file, problems)
    # As objects: whole numbers stay whole where the other table has none.
    both = pd.concat([known.astype(object), further.astype(object)])
    return both.groupby(level="patient", sort=True).first().infer_objects()


def add_columns(known: pd.DataFrame, further: pd.DataFrame, file: str, problems: Problems) -> pd.DataFrame:
    """`known` with what `further` says of the same patients: its other columns, and values where `known` has none.

    Args:
        file: of `further`.
    """
    _report_strangers(known.index, further.index, file, problems)
    _report_differences(known, further, (), file, problems)
    joined = known.join(further[further.columns.difference(known.columns, sort=False)], how="left")
    for name in known.columns.intersection(further.columns):
        other = further[name].reindex(known.index)
        gaps = known[name].isna() & other.notna()
        if gaps.any():
            # As objects: whole numbers stay whole.
            joined[name] = known[name].astype(object).where(~gaps, other.astype(object)).infer_objects()
    return joined


def _report_strangers(known: pd.Index, further: pd.Index, file: str, problems: Problems) -> None:
    """A warning of patients who have no follow-up, or are spelt otherwise there."""
    strangers = further.difference(known)
    if strangers.empty:
        return
    spelt = {str(patient).casefold(): str(patient) for patient in known}
    twins = [patient for patient in strangers if str(patient).casefold() in spelt]
    hint = f" {twins[0]} is spelt {spelt[str(twins[0]).casefold()]} there: spell ids alike." if twins else ""
    problems.warning(
        file,
        f"{len(strangers)} of its {count(len(further), 'patient')} {agree(len(strangers), 'has', 'have')} no "
        f"follow-up, and {agree(len(strangers), 'is', 'are')} not used: "
        f"{enumerate_some([str(patient) for patient in strangers])}.{hint}",
    )


def _report_differences(
    known: pd.DataFrame, further: pd.DataFrame, unlike: Collection[str], file: str, problems: Problems
) -> None:
    """One warning of the cells that differ, which names the first.

    Args:
        unlike: columns that are not compared.
    """
    shared = known.index.intersection(further.index)
    count, example = 0, ""
    for column in known.columns.intersection(further.columns):
        if column in unlike:
            continue
        one, other = known.loc[shared, column], further.loc[shared, column]
        differ = _differ(one, other)
        if differ.any() and not example:
            patient = shared[differ][0]
            example = (
                f"'{column}' of patient {patient} is {as_written(other[patient])}, and was {as_written(one[patient])}"
            )
        count += int(differ.sum())
    if count:
        problems.warning(
            file, f"{count} of its cells differ from the tables read before it, whose values are used: {example}."
        )


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    return one.notna() & other.notna() & (one.map(as_written) != other.map(as_written))


def _report_contradictions(
    known: pd.DataFrame, further: pd.DataFrame, sources: Mapping[str, str], file: str, problems: Problems
) -> None:
    """An error a column of an endpoint, which names the first patient."""
    shared = known.index.intersection(further.index)
    for endpoint in list_endpoints(known.columns.intersection(further.columns)):
        for column in (endpoint, endpoint + TIME_SUFFIX):
            one, other = known.loc[shared, column], further.loc[shared, column]
            differ = _differ(one, other)
            if differ.any():
                patient, more = shared[differ][0], int(differ.sum()) - 1
                others = f", and {count(more, 'more patient differs', 'more patients differ')}" if more else ""
                problems.error(
                    file,
                    f"is {as_written(other[patient])} of patient {patient}, and {as_written(one[patient])} in "
                    f"{sources[patient]}{others}. Correct one of the "
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
