"""The GDC's files of one sample each → one table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from pomp.data.importing.plan import SampleFile
from pomp.data.omics_table import Kind
from pomp.data.problems import Problems
from pomp.data.readers.table import MISSING, RawTable

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Measure:
    """How one kind of the GDC's files is read."""

    name: str  # the omics type
    kind: Kind
    what: str
    pattern: str  # of the file's name
    gene: str | None  # column of ids; None: no header, ids in the first column and values in the second
    value: str | None
    symbol: str | None = None  # column of gene symbols


MEASURES = (
    Measure(
        "mrna", "counts", "STAR gene counts, unstranded", r".*augmented_star_gene_counts\.tsv(\.gz)?",
        "gene_id", "unstranded", "gene_name",
    ),
    Measure(
        "mirna", "counts", "miRNA read counts", r".*mirnas?\.quantification\.txt(\.gz)?", "miRNA_ID", "read_count"
    ),
    Measure(
        "methylation", "beta", "methylation beta values (SeSAMe)", r".*sesame\.level3betas\.txt(\.gz)?", None, None
    ),
    Measure(
        "cnv", "copies", "gene-level copy numbers", r".*gene_level_copy_number(\.v\d+)?\.tsv(\.gz)?",
        "gene_id", "copy_number", "gene_name",
    ),
)  # fmt: skip

_SUMMARY = re.compile(r"N_\w+|__\w+")  # unmapped reads and their like, at the top of STAR's files


def find_measure(file: str) -> Measure | None:
    """What a file of that name measures; None if it is none of the files read here."""
    return next((measure for measure in MEASURES if re.fullmatch(measure.pattern, file, re.IGNORECASE)), None)


def read_samples(
    samples: Sequence[SampleFile], file: str, problems: Problems, tell: Callable[[str], None]
) -> RawTable | None:
    """One column a sample, one row a gene; None if no file could be read.

    A gene is called by its symbol; where several share one, by symbol and id. A file that cannot be read is an error,
    one whose MD5 is not the manifest's a warning, and both are left out. A gene that a file lacks is missing there.

    Args:
        samples: files of one measure.
        file: what problems call the table.
        tell: called once a file.
    """
    rows: _Rows | None = None
    columns: list[Floats] = []
    names: list[str] = []
    for sample in samples:
        tell(f"{file}: {sample.sample}")
        table = _read_sample(sample, problems)
        if table is None:
            continue
        rows = _Rows.of(table) if rows is None else rows
        columns.append(rows.values_of(table))
        names.append(sample.sample)
    if rows is None:
        return None
    cells = pd.DataFrame(np.column_stack(columns), copy=False)
    return RawTable(file, list(range(2, len(rows.genes) + 2)), rows.genes, names, cells)


@dataclass(frozen=True)
class _Rows:
    """The genes of the first file, which all others are expected to have in the same order."""

    column: Any  # the ids as they stand in the file, in Arrow's memory
    kept: np.ndarray  # (lines,) bool: which of them are genes
    ids: list[str]
    genes: list[str]  # what they are called

    @classmethod
    def of(cls, table: Any) -> Self:
        every = table.column(0).to_pylist()
        kept = np.array([not _SUMMARY.fullmatch(name) for name in every], dtype=np.bool_)
        ids = [name for name, is_gene in zip(every, kept, strict=True) if is_gene]
        genes = ids
        if table.num_columns > 2:
            symbols = pd.Index(table.column(2).to_numpy()[kept])
            shared = symbols.duplicated(keep=False)
            genes = [
                f"{symbol} ({gene})" if twin or not symbol else symbol
                for gene, symbol, twin in zip(ids, symbols, shared, strict=True)
            ]
        return cls(table.column(0), kept, ids, genes)

    def values_of(self, table: Any) -> Floats:
        """(genes,) NaN where a file has no such gene."""
        values: Floats = table.column(1).to_numpy()
        if bool(table.column(0).equals(self.column)):
            return np.asarray(values[self.kept])
        found = pd.Series(values, table.column(0).to_pylist())
        return np.asarray(found[~found.index.duplicated()].reindex(self.ids), dtype=np.float64)


def _read_sample(sample: SampleFile, problems: Problems) -> Any:
    """Columns id, value and, where there is one, symbol; None, with the reason in `problems`, where that fails."""
    path = Path(sample.file)
    measure = find_measure(path.name)
    if measure is None:
        problems.error(path.name, "is no file of gene counts, miRNA counts, beta values or copy numbers.")
        return None
    try:
        if sample.md5 is not None and _md5(path) != sample.md5:
            problems.warning(
                path.name,
                f"has another MD5 than the manifest says: {sample.sample} goes on without. Download it again.",
            )
            return None
        return _parse(path, measure)
    except (OSError, EOFError, ValueError, KeyError, pa.ArrowException) as error:
        problems.error(path.name, f"cannot be read: {str(error).partition(chr(10))[0]}. Download it again.")
        return None


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _parse(path: Path, measure: Measure) -> Any:
    source = pa.input_stream(str(path))  # unpacks .gz
    names = [name for name in (measure.gene, measure.value, measure.symbol) if name]
    types = {name: pa.string() for name in names} | {measure.value or "f1": pa.float64()}
    skip = 1 if names and _starts_with_comment(path) else 0
    read = arrow_csv.ReadOptions(skip_rows=skip, autogenerate_column_names=not names)
    convert = arrow_csv.ConvertOptions(
        include_columns=names or ["f0", "f1"],
        column_types=types,
        null_values=sorted(MISSING),
        strings_can_be_null=False,
    )
    return arrow_csv.read_csv(source, read, arrow_csv.ParseOptions(delimiter="\t", quote_char=False), convert)


def _starts_with_comment(path: Path) -> bool:
    with pa.input_stream(str(path)) as source:
        return bytes(source.read(1)) == b"#"
