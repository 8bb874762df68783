"""One planned table → parquet: a gene a row, a sample a column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pomp.data.importing.containers import is_container, read_modality, read_origins
from pomp.data.importing.gdc_values import read_samples
from pomp.data.importing.kinds import guess_kind
from pomp.data.importing.origins import pick_samples
from pomp.data.importing.plan import PlannedTable
from pomp.data.omics_table import OmicsTable, UnusedSample
from pomp.data.problems import Problem, Problems
from pomp.data.readers.matrix import read_matrix
from pomp.data.readers.omics import breaks_rule, tidy_omics
from pomp.data.readers.table import RawTable
from pomp.wording import agree, count

_ROW_GROUP = 1 << 16
WHOLE = 0.1
"""How far 2^x − 1 may lie from a whole number and still be a count."""


def convert(
    planned: PlannedTable,
    path: Path,
    patients: Collection[str],
    problems: Problems,
    tell: Callable[[str], None],
) -> tuple[UnusedSample, ...] | None:
    """Read the source, tidy it as `read_omics` does, and write `path`; None where there was nothing to write.

    Args:
        patients: those of clinical.csv.
        problems: gets the findings, under the source's name.
        tell: called once a file that is read.

    Returns:
        The samples of the source that are not in `path`.

    Raises:
        CohortError: an .h5ad or .h5mu cannot be read.
        OSError: `path` could not be written.
    """
    table, unused = _read(planned, patients, problems, tell)
    if table is None:
        return None
    recover = planned.log2_counts and planned.kind == "counts"
    met = len(problems.found)
    tidied = tidy_omics(table, planned.name, "log" if recover else planned.kind, patients, problems)
    del table  # its memory is needed
    if tidied is None:
        return None
    _doubt_kind(planned, tidied, problems.found, met)
    if recover:
        tidied = _recover_counts(tidied, Path(planned.file).name, problems)
    # Text and arrays carry no more than float32 holds; what came as float64 in HDF5 stays so.
    rounded = planned.kind == "beta" and not is_container(Path(planned.file))
    _write(path, tidied, pa.float32() if rounded else pa.float64())
    return (*unused, *tidied.unused)


def _read(
    planned: PlannedTable, patients: Collection[str], problems: Problems, tell: Callable[[str], None]
) -> tuple[RawTable | None, tuple[UnusedSample, ...]]:
    """The table, and the samples of the source that are not in it."""
    path = Path(planned.file)
    if planned.samples:
        return read_samples(planned.samples, planned.name, problems, tell), ()
    tell(path.name)
    if is_container(path):
        return pick_samples(read_modality(path, planned.modality), read_origins(path), patients, problems)
    return read_matrix(path, path.name, problems), ()


def _doubt_kind(planned: PlannedTable, table: OmicsTable, found: list[Problem], start: int) -> None:
    """Let the first error of a value that the kind cannot have, from `start` on, say how to choose another kind."""
    place = next((at for at in range(start, len(found)) if breaks_rule(found[at], planned.kind)), None)
    if place is None:
        return
    guess = guess_kind(table.values.to_numpy().T, list(table.values.columns), found[place].file)
    kind = guess.kind if guess and guess.kind != planned.kind else "log"
    advice = (
        f" The table is taken as kind '{planned.kind}': if it is of another, choose that, as in "
        f"`--kind {planned.name}={kind}`."
    )
    found[place] = replace(found[place], message=found[place].message + advice)


def _recover_counts(table: OmicsTable, file: str, problems: Problems) -> OmicsTable:
    """2^x − 1 of every value, rounded. An error where that is no whole number: the values are something else."""
    raw = np.exp2(table.values.to_numpy(np.float64)) - 1
    counts = np.rint(raw)
    # Relative as well: a count of a million, whose logarithm was rounded, is off by more than a count of ten.
    odd = np.abs(raw - counts) > WHOLE * np.maximum(1, counts / 1000)
    if odd.mean() > 0.01:
        problems.error(
            file,
            f"{int(odd.sum())} of {count(odd.size, 'value')} {agree(int(odd.sum()), 'is', 'are')} no log2(count + 1): "
            "2^x − 1 is no whole number. Take the table as kind 'log'.",
        )
    values, normals = pd.DataFrame(counts, table.values.index, table.values.columns), table.normals
    if normals is not None:
        normals = pd.DataFrame(np.rint(np.exp2(normals.to_numpy(np.float64)) - 1), normals.index, normals.columns)
    return replace(table, values=values, normals=normals)


def _write(path: Path, table: OmicsTable, number: pa.DataType) -> None:
    frames = [table.values] if table.normals is None else [table.values, table.normals]
    names = ["gene", *(str(sample) for frame in frames for sample in frame.index)]
    rows: Sequence[np.ndarray] = [row for frame in frames for row in frame.to_numpy()]
    genes = pa.array([str(gene) for gene in table.values.columns], pa.string())
    columns = [genes, *(pa.array(row, pa.float64()).cast(number) for row in rows)]
    content = pa.Table.from_arrays(columns, names=names)
    parquet.write_table(content, path, compression="zstd", row_group_size=_ROW_GROUP)
