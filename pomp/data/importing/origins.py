"""Whose a sample is, where its own name does not say so; and which one of a patient's samples is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pomp.data.barcode import is_barcode, parse_barcode
from pomp.data.omics_table import UnusedSample
from pomp.data.problems import Problems, enumerate_some
from pomp.data.readers.omics import NO_VALUE
from pomp.data.readers.table import RawTable
from pomp.wording import agree, count

FIRST = "another sample of this patient is used: the first in the file that holds values"
UNMARKED_NORMAL = "a normal sample by its type, without a barcode to tell it by"


class Origin(NamedTuple):
    """Where a sample comes from, by a sample sheet or by the columns beside it."""

    case: str
    sample: str
    sample_type: str

    @property
    def label(self) -> str:
        """What leads to the patient: the sample's barcode, or the case where samples have none."""
        return self.sample if is_barcode(self.sample) else self.case

    @property
    def is_normal(self) -> bool:
        return parse_barcode(self.sample).is_normal or "normal" in self.sample_type.lower()

    @property
    def is_unmarked_normal(self) -> bool:
        """A normal sample that its label would pass off as a tumour."""
        return not is_barcode(self.sample) and self.is_normal


def pick_samples(
    table: RawTable, origins: Mapping[str, Origin], patients: Collection[str], problems: Problems
) -> tuple[RawTable, tuple[UnusedSample, ...]]:
    """The rows under labels that lead to their patients, one of each; barcodes all stay. Then the rows left out.

    Args:
        table: samples in rows.
        origins: by label of a row; a row without one is called by its label.
        patients: those of clinical.csv.
        problems: gets the findings.
    """
    if not origins or len(set(table.labels)) < len(table.labels):  # repeated labels are errors wherever they are read
        return table, ()
    own = [origins.get(label, Origin(label, label, "")) for label in table.labels]
    labels = _name_rows(table, own, patients, problems)
    filled = table.cells.notna().any(axis=1).to_numpy()
    taken = _find_first(labels, own, filled)
    unused = []
    for label, origin, has_value in zip(labels, own, filled, strict=True):
        if origin.is_unmarked_normal:
            unused.append(UnusedSample(origin.sample, label, "", UNMARKED_NORMAL))
        elif not is_barcode(label) and taken.get(label) != origin.sample:
            used, reason = (taken[label], FIRST) if has_value else ("", NO_VALUE)
            unused.append(UnusedSample(origin.sample, label, used, reason))
    _report(table.file, unused, problems)
    dropped = {one.sample for one in unused}
    kept = np.flatnonzero([origin.sample not in dropped for origin in own])
    cells = table.cells.iloc[kept].reset_index(drop=True) if dropped else table.cells
    named = RawTable(table.file, [table.rows[at] for at in kept], [labels[at] for at in kept], table.columns, cells)
    return named, tuple(unused)


def _name_rows(table: RawTable, own: Sequence[Origin], patients: Collection[str], problems: Problems) -> list[str]:
    """By patient; by sample where clinical.csv knows the samples and none of their patients."""
    labels = [origin.label for origin in own]
    known = set(patients)
    if any(parse_barcode(label).patient in known for label in labels) or not known.intersection(table.labels):
        return labels
    if len(set(labels)) < len(labels):
        problems.warning(
            table.file,
            f"names {count(len(set(labels)), 'patient')} of {len(labels)} samples, and the follow-up is listed by "
            f"sample: samples of one patient, such as {_find_twins(labels, own)}, count as several patients. List the "
            "follow-up by patient.",
        )
    return list(table.labels)


def _find_twins(labels: Sequence[str], own: Sequence[Origin]) -> str:
    seen: dict[str, str] = {}
    for label, origin in zip(labels, own, strict=True):
        if label in seen:
            return f"{seen[label]} and {origin.sample} of {label}"
        seen[label] = origin.sample
    return ""


def _find_first(labels: Sequence[str], own: Sequence[Origin], filled: np.ndarray) -> dict[str, str]:
    """The sample that is read of each patient."""
    taken: dict[str, str] = {}
    for label, origin, has_value in zip(labels, own, filled, strict=True):
        if has_value and not origin.is_unmarked_normal:
            taken.setdefault(label, origin.sample)
    return taken


def describe_unmarked(normals: int, of: str = "") -> str:
    """That so many normal samples are not used; `of`: what they are of, such as ' of gene expression'."""
    has, is_ = agree(normals, "has no barcode to tell it", "have no barcode to tell them"), agree(normals, "is", "are")
    return f"{count(normals, 'normal sample')}{of} {has} by, and {is_} not used"


def _report(file: str, unused: Sequence[UnusedSample], problems: Problems) -> None:
    twins = [one for one in unused if one.reason == FIRST]
    if twins:
        people = len({one.patient for one in twins})
        problems.warning(
            file,
            f"{count(people, 'patient is', 'patients are')} there more than once; the first sample of each is used, "
            f"and not {enumerate_some([one.sample for one in twins])}.",
        )
    normals = [one.sample for one in unused if one.reason == UNMARKED_NORMAL]
    if normals:
        problems.warning(file, f"{describe_unmarked(len(normals))}: {enumerate_some(normals)}.")
