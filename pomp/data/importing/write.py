"""A plan → a cohort folder, checked before it counts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pandas as pd

from pomp.abandoned import sweep
from pomp.data.cohort import EVERYBODY, CohortCheck, check_cohort
from pomp.data.importing.convert import convert
from pomp.data.importing.patients import NO_FOLLOW_UP, read_patients
from pomp.data.importing.places import name_sources
from pomp.data.importing.plan import ImportPlan, make_slug
from pomp.data.manifest import CLINICAL, SLIDES, TAKEN_NAMES, Manifest, OmicsEntry, SlidesEntry
from pomp.data.manifest_writer import write_manifest
from pomp.data.problems import Problem, Problems, list_first
from pomp.data.unused_samples import write_unused
from pomp.errors import CohortError
from pomp.progress import OnProgress
from pomp.wording import has_breaks, visible

LONGEST_NAME = 255
"""Of a file or folder, on every common file system."""

_SCRATCH = ".import-"  # of a cohort under construction


def stage(plan: ImportPlan, folder: Path, on_progress: OnProgress | None = None) -> CohortCheck:
    """Write the cohort folder of a plan into `folder`, which is made, and check it.

    The source is only read. Tables become parquet, a gene a row and a sample a column: one of each patient and normal
    sample, by the rules of `read_omics`; the others are named in ``unused.csv``. Numbers are float64, and beta values
    of text files float32, which moves them by less than 3·10⁻⁸; arrays repeat to about 10⁻². The check's problems are
    the errors among the plan's findings, what was met while converting, and what is wrong with the result, under the
    names of the files that were read.

    Raises:
        CohortError: `folder` exists and is not empty, or could not be written; or two omics types have one name.
    """
    _check_names(plan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CohortError(f"{folder} is not empty: choose a new folder for the cohort.")
        problems, manifest, patients = _write(plan, folder, on_progress)
    except OSError as error:
        raise CohortError(
            f"{folder} could not be written: {error.strerror or error}. Free disk space, or make the folder writable."
        ) from error
    standing = _standing_errors(plan)
    # The slides of a list with errors are there; of any other source with an error, nobody knows what it holds.
    torn = len(manifest.omics) < len(plan.omics) or any(problem.file != plan.slide_table for problem in standing)
    check = check_cohort(folder, EVERYBODY, torn)
    met = [*standing, *problems.found]
    found = dict.fromkeys([*met, *name_sources(check.problems, plan, manifest, patients)])
    refused = any(problem.severity == "error" for problem in found)
    return replace(check, cohort=None if refused else check.cohort, problems=tuple(found))


def _standing_errors(plan: ImportPlan) -> list[Problem]:
    """What was found wrong with the source; slides that are left out are not in the way."""
    left_out = plan.slide_table if plan.slides is None else None
    return [problem for problem in plan.findings if problem.severity == "error" and problem.file != left_out]


def place_cohort(name: str, cohorts: Path) -> Path:
    """``cohorts/<name>``, which a trial asks for before it converts anything, as the import does.

    Raises:
        CohortError: the name is no folder name, or there is a cohort of that name already.
    """
    if make_slug(name) != name:
        raise CohortError(f"'{name}' is no name for a folder: use letters, digits, - and _.")
    if len(name) > LONGEST_NAME:
        raise CohortError(f"'{name[:20]}…' is too long for a folder: give a name of at most {LONGEST_NAME} letters.")
    target = cohorts / name
    if target.exists():
        raise CohortError(f"{target} exists already: choose another name, or move it away.")
    return target


def import_cohort(
    plan: ImportPlan,
    cohorts: Path,
    on_progress: OnProgress | None = None,
    on_check: Callable[[CohortCheck], None] | None = None,
) -> Path:
    """Write the cohort beside its place and move it to ``cohorts/<name>`` once it is complete and without errors.

    Args:
        on_check: told what was found, also where that forbids the import; the cohort's folder is not the final one.

    Returns:
        The new folder.

    Raises:
        CohortError: the name is no folder name, there is a cohort of that name already, or there are errors in the
            source or the result; `problems` holds every one. Nothing is left behind.
    """
    target = place_cohort(plan.name, cohorts)
    try:
        cohorts.mkdir(parents=True, exist_ok=True)
        sweep(cohorts, f"{_SCRATCH}*")
        with tempfile.TemporaryDirectory(dir=cohorts, prefix=_SCRATCH) as scratch:
            made = Path(scratch) / plan.name
            check = stage(plan, made, on_progress)
            if on_check:
                on_check(check)
            errors = tuple(str(problem) for problem in check.problems if problem.severity == "error")
            if errors:
                shown = list_first(errors, "`pomp cohort import … --dry-run`")
                raise CohortError(f"{plan.folder} cannot be imported:\n{shown}", errors)
            made.rename(target)
    except OSError as error:
        raise CohortError(
            f"{target} could not be written: {error.strerror or error}. Free disk space, or try again."
        ) from error
    return target


def _check_names(plan: ImportPlan) -> None:
    names = [table.name for table in plan.omics]
    for name in names:
        if names.count(name) > 1 or name.strip() in TAKEN_NAMES:
            raise CohortError(
                f"'{name}' cannot be the name of an omics type: each needs one of its own, not 'slides' or 'omics'."
            )
        if has_breaks(name):
            raise CohortError(f"'{visible(name)}' cannot be the name of an omics type: it holds a line break or a tab.")


def _write(plan: ImportPlan, folder: Path, on_progress: OnProgress | None) -> tuple[Problems, Manifest, list[str]]:
    """What was met, what was written, and the patients of clinical.csv in its order."""
    problems, done = Problems(), count()
    total = sum(max(len(table.samples), 1) for table in plan.omics) + 2

    def tell(what: str) -> None:
        if on_progress:
            on_progress(next(done), total, what)

    tell("follow-up")
    patients = _write_clinical(plan, folder, problems)
    omics, unused = {}, {}
    for place, planned in enumerate(plan.omics, start=1):
        file = f"{make_slug(planned.name)}.parquet"
        file = file if not (folder / file).exists() else f"{place}-{file}"
        left_out = convert(planned, folder / file, patients, problems, tell)
        if left_out is not None:
            omics[planned.name], unused[planned.name] = OmicsEntry(file=file, kind=planned.kind), left_out
    write_unused(folder, unused)
    slides = None
    if plan.slides is not None:
        slides = SlidesEntry()
        rows = pd.DataFrame([slide.model_dump() for slide in plan.slide_files])
        rows.dropna(axis=1, how="all").to_csv(folder / SLIDES, index=False)
    shared = plan.model_dump(include={"name", "title", "endpoint", "source", "licence", "synthetic"})
    manifest = Manifest(**shared, omics=omics, slides=slides)
    write_manifest(folder, manifest)
    tell("checking the cohort")
    return problems, manifest, patients


def _write_clinical(plan: ImportPlan, folder: Path, problems: Problems) -> list[str]:
    """Write clinical.csv and give back its patients."""
    if plan.clinical is None:
        problems.error(Path(plan.folder).name, NO_FOLLOW_UP)
        return []
    clinical = read_patients(Path(plan.clinical), [Path(path) for path in plan.covariates], problems)
    clinical.to_csv(folder / CLINICAL, index_label="patient")
    return [str(patient) for patient in clinical.index]
