"""unused.csv: the samples that an import left out of a cohort's tables, kept so that the cohort can still name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import pandas as pd

from pomp.data.omics_table import UnusedSample
from pomp.data.problems import Problems
from pomp.data.readers.table import read_table

UNUSED = "unused.csv"
_COLUMNS = [field.name for field in fields(UnusedSample)]


def write_unused(folder: Path, unused: Mapping[str, Sequence[UnusedSample]]) -> None:
    """Write ``unused.csv`` into a cohort folder: omics, sample, patient, used, reason. Nothing where all is used.

    Args:
        folder: of the cohort.
        unused: by omics type.

    Raises:
        OSError: it cannot be written.
    """
    rows = [(omics, *astuple(one)) for omics, samples in unused.items() for one in samples]
    if rows:
        pd.DataFrame(rows, columns=["omics", *_COLUMNS]).to_csv(folder / UNUSED, index=False)


def read_unused(folder: Path, problems: Problems) -> dict[str, tuple[UnusedSample, ...]]:
    """What `write_unused` wrote, by omics type; nothing where there is no such file. What cannot be read is a problem.

    Args:
        folder: of the cohort.
        problems: gets the findings.
    """
    if not (folder / UNUSED).is_file():
        return {}
    table = read_table(folder / UNUSED, UNUSED, problems)
    if table is None:
        return {}
    if table.columns != _COLUMNS:
        problems.warning(UNUSED, f"should have the columns omics, {', '.join(_COLUMNS)}: it is not read.", row=1)
        return {}
    found: dict[str, tuple[UnusedSample, ...]] = {}
    for omics, *cells in zip(table.labels, *(table.cells[place] for place in range(len(_COLUMNS))), strict=True):
        sample = UnusedSample(*("" if pd.isna(cell) else str(cell) for cell in cells))
        found[omics] = (*found.get(omics, ()), sample)
    return found
