"""Problems of a written cohort folder → the files and rows from which it was made, which a person can put right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pomp.data.barcode import parse_barcode
from pomp.data.cohort import NOTHING_TO_USE
from pomp.data.importing.containers import is_container
from pomp.data.importing.gdc_clinical import is_gdc_clinical
from pomp.data.importing.merging import as_written
from pomp.data.importing.patients import name_patients
from pomp.data.importing.plan import ImportPlan
from pomp.data.manifest import CLINICAL, SLIDES, Manifest
from pomp.data.outcome import find_respelt
from pomp.data.problems import Problem, Problems, enumerate_some
from pomp.data.readers.table import RawTable, read_table
from pomp.wording import visible

_Reader = Callable[[Path], RawTable | None]


def name_sources(
    problems: Iterable[Problem], plan: ImportPlan, manifest: Manifest, patients: Sequence[str]
) -> list[Problem]:
    """The problems under the names of the plan's files.

    A row of the follow-up becomes the row of the source where its value stands; where that cannot be told, the
    patient is named instead. Cells of omics tables are left out: they have been reported while they were read.

    Args:
        manifest: of the written folder.
        patients: the rows of its clinical.csv.
    """
    tables = {planned.name: planned.name if planned.samples else Path(planned.file).name for planned in plan.omics}
    omics = {entry.file: tables[name] for name, entry in manifest.omics.items()}
    found, read = [], cache(_table)
    for problem in problems:
        if problem.file in omics:
            found += [replace(problem, file=omics[problem.file])] if problem.row is None else []
        elif problem.file == CLINICAL:
            # Without follow-up none was written, which has been said of the source.
            found += [] if plan.clinical is None else [_of_patient(problem, plan, patients, read)]
        elif problem.file == SLIDES and plan.slides is not None:
            found.append(_of_slide(problem, plan, read))
        elif problem.message.startswith(NOTHING_TO_USE):
            found.append(replace(problem, file=Path(plan.folder).name, message=_explain_nothing(plan)))
        else:
            found.append(problem)
    return found


def _explain_nothing(plan: ImportPlan) -> str:
    advice = "put a table of genes (csv, tsv or parquet) or slides of the same patients beside the follow-up."
    spoken = enumerate_some(sorted({finding.file for finding in plan.findings} - {Path(plan.folder).name}))
    return f"{NOTHING_TO_USE}: {f'see what is said of {spoken}, or ' if spoken else ''}{advice}"


def _of_patient(problem: Problem, plan: ImportPlan, patients: Sequence[str], read: _Reader) -> Problem:
    files = [Path(str(plan.clinical)), *map(Path, plan.covariates)]
    if problem.row is None or problem.row == 1:
        return replace(problem, file=files[0].name)
    patient = patients[problem.row - 2]
    for path in files:
        table = read(path)
        if table is not None and problem.column is None:
            for row, label in zip(table.rows, name_patients(table), strict=True):
                if parse_barcode(label).patient == patient:
                    return replace(problem, file=path.name, row=row)
        column = None if table is None else _find_column(table, problem.column)
        if table is None or column is None:
            continue
        cells = table.cells[table.columns.index(column)]
        for row, label, cell in zip(table.rows, name_patients(table), cells, strict=True):
            if parse_barcode(label).patient == patient and as_written(cell) == as_written(problem.value):
                return replace(problem, file=path.name, row=row, column=column, value=as_written(cell).strip("'"))
    return replace(problem, file=files[0].name, row=None, message=f"of {visible(patient)} {problem.message}")


def _find_column(table: RawTable, name: str | None) -> str | None:
    """What the source calls a column of the follow-up; None where it has none."""
    respelt = {meant: written for written, meant in find_respelt(table.columns).items()}
    return name if name in table.columns else respelt.get(str(name))


def _of_slide(problem: Problem, plan: ImportPlan, read: _Reader) -> Problem:
    place = Path(str(plan.slides))
    if problem.row is None:
        return replace(problem, file=place.name)
    slide = plan.slide_files[problem.row - 2]
    table = read(place) if place.is_file() else None
    if table is not None and "file" in table.columns:
        for row, cell in zip(table.rows, table.cells[table.columns.index("file")], strict=True):
            if (place.parent / str(cell).strip()).absolute() == Path(slide.file):
                return replace(problem, file=place.name, row=row)
    return replace(problem, file=place.name, row=None)


def _table(path: Path) -> RawTable | None:
    """As it stands in the file; None where rows are none of a table's."""
    return None if is_container(path) or is_gdc_clinical(path) else read_table(path, path.name, Problems())
