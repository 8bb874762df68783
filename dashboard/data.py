"""The one door to the core's data: bounded caches keyed on path, modification time and size of what they hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from itertools import islice
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from pomp.config import CohortConfig
from pomp.data.cohort import EVERYBODY, Cohort, CohortCheck, OmicsTable, check_cohort, read_cohort
from pomp.data.cohort_files import cohort_tables, slide_folders
from pomp.data.importing.plan import ImportPlan
from pomp.data.importing.scan import scan
from pomp.data.manifest import MANIFEST
from pomp.errors import RunError
from pomp.evaluation.calibration import fold_baseline, predicted_survival
from pomp.evaluation.report import EvaluationReport, evaluate
from pomp.runs.null import is_null
from pomp.runs.run import Run
from pomp.runs.status import Status, read_status
from pomp.runs.system_name import system_name
from pomp.runs.workspace import Workspace

P = ParamSpec("P")
T = TypeVar("T")
Stamp = tuple[tuple[str, int, int], ...]
TABLES = ("predictions.parquet", "baseline.parquet", "comparators.parquet")
MAPS = "attention/regions.parquet"
STAMPED = 5000


def workspace() -> Workspace:
    """The folder of cohorts and runs that this server shows."""
    return Workspace.default()


def cohort_folders() -> dict[str, Path]:
    """The workspace's cohort folders by name; one that lies elsewhere is named in full."""
    return {cohort_argument(folder): folder for folder in workspace().cohort_folders()}


def cohort_argument(folder: Path) -> str:
    """A cohort folder as the command line takes it."""
    return folder.name if folder.parent == workspace().cohorts else str(folder)


def companion_names(folder: Path) -> list[str]:
    """The other cohorts of the workspace itself: only these have a name by which a run can call them."""
    return [
        other.name for other in workspace().cohort_folders() if other.parent == workspace().cohorts and other != folder
    ]


def kept_for(
    *names: str, entries: int = 16, spinner: str | bool = False
) -> Callable[[Callable[Concatenate[Run, P], T]], Callable[Concatenate[Run, P], T]]:
    """A function of a run, and of what can be hashed, is worked out once until one of those files of the run changes.

    Args:
        names: in the run's folder.
        entries: answers that are kept at most.
        spinner: as `st.cache_resource` takes it.
    """

    def decorate(work: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
        # The underscore keeps the run out of the key: its folder and the files' stamps stand for it.
        def kept(_run: Run, folder: str, of: Stamp, *rest: P.args, **options: P.kwargs) -> T:
            return work(_run, *rest, **options)

        kept.__module__, kept.__qualname__ = work.__module__, work.__qualname__  # by which Streamlit tells caches apart
        cached = st.cache_resource(max_entries=entries, show_spinner=spinner)(kept)

        @wraps(work)
        def ask(run: Run, /, *rest: P.args, **options: P.kwargs) -> T:
            return cached(run, str(run.folder), stamp(run.folder / name for name in names), *rest, **options)

        return ask

    return decorate


def stamp(files: Iterable[Path]) -> Stamp:
    """What changes when one of the files does, or when something in one of the folders comes or goes."""
    found = ((path, path.stat()) for path in files if path.exists())
    return tuple(sorted((str(path), state.st_mtime_ns, state.st_size) for path, state in found))


def cohort_stamp(*folders: Path) -> Stamp:
    """What changes when a table of one of the cohorts does, or a slide comes or goes, wherever in the folder it lies.

    One file of a slide in place of another of the same name is not noticed: a cohort may have thousands.
    """
    files: list[Path] = []
    for folder in folders:
        tables = _tables(folder, stamp([folder / MANIFEST]))
        files += [*tables, *_slide_folders(folder, tables[-1], stamp(tables[-1:]))]
    return stamp(files)


@lru_cache(maxsize=256)
def _tables(folder: Path, of: Stamp) -> tuple[Path, ...]:
    return cohort_tables(folder)


@lru_cache(maxsize=256)
def _slide_folders(folder: Path, table: Path, of: Stamp) -> tuple[Path, ...]:
    return slide_folders(folder, table)


def cohort_check(folder: Path, config: CohortConfig = EVERYBODY) -> CohortCheck:
    """A cohort folder, read once until one of its files changes."""
    return _cohort_check(str(folder), config.model_dump_json(), cohort_stamp(folder))


def cohort(folder: Path, config: CohortConfig = EVERYBODY) -> Cohort:
    """As `read_cohort`, and read once as `cohort_check`.

    Raises:
        CohortError: the folder cannot be used.
    """
    return cohort_check(folder, config).cohort or read_cohort(folder, config)


@st.cache_resource(max_entries=4, show_spinner="Reading the cohort…")
def _cohort_check(folder: str, config: str, of: Stamp) -> CohortCheck:
    return check_cohort(Path(folder), CohortConfig.model_validate_json(config))


def omics_overview(cohort: Cohort) -> pd.DataFrame:
    """A row an omics type: type, values (its kind), patients, genes, missing (share of cells), normals."""
    return _omics_overview(cohort.digest, "\n".join(cohort.patients), cohort)  # one text is hashed fast, a tuple is not


@st.cache_data(max_entries=8, show_spinner=False)
def _omics_overview(digest: str, patients: str, _cohort: Cohort) -> pd.DataFrame:
    rows = [
        (table.name, table.kind, *table.values.shape, float(table.values.isna().to_numpy().mean()), _normals(table))
        for table in _cohort.omics.values()
    ]
    return pd.DataFrame(rows, columns=["type", "values", "patients", "genes", "missing", "normals"])


def _normals(table: OmicsTable) -> int:
    return 0 if table.normals is None else len(table.normals)


def status(run: Run) -> Status:
    """As `Run.status`; that of a run on which nobody works is read once until it changes."""
    file = f"{run.folder}/status.json"  # a path object takes several times as long, and pages ask for all runs
    try:
        state = os.stat(file)  # noqa: PTH116
    except FileNotFoundError:
        return run.status()
    written = _written(file, state.st_ino, state.st_mtime_ns, state.st_size)
    # What is written of a run under way is true only while its lock is held.
    return run.status() if written.worked_on else written


@lru_cache(maxsize=4096)
def _written(file: str, inode: int, modified: int, size: int) -> Status:
    """The file is never changed in place: a new one takes its name, and so has another number."""
    return read_status(Path(file))


def is_finished(run: Run) -> bool:
    """True if the run has out-of-fold predictions."""
    return (run.folder / TABLES[0]).is_file()


def finished_runs() -> list[Run]:
    """Finished runs, newest first; those of null experiments, which are no results, come after all others."""
    return sorted((run for run in workspace().runs.list() if is_finished(run)), key=is_null)


def runs_of(cohort: Cohort) -> list[Run]:
    """The runs on a cohort folder: those on its files as they are now first, then the newest; no null experiments."""
    runs = (run for run in workspace().runs.list() if not is_null(run))
    here = [run for run in runs if run.cohort_folder.resolve() == cohort.folder.resolve()]
    return sorted(here, key=lambda run: run.info.cohort.digest != cohort.digest)


def scan_folder(folder: Path) -> ImportPlan:
    """What can be imported from a folder, read once until something in it changes.

    Raises:
        CohortError: nothing in it can be used.
    """
    return _scan(str(folder), tree_stamp(folder))


@st.cache_data(max_entries=8, show_spinner="Recognising what is in the folder…")
def _scan(folder: str, of: Stamp) -> ImportPlan:
    return scan(Path(folder))


def tree_stamp(folder: Path) -> Stamp:
    """What changes when a file in a folder or below it does; of the first thousands, for it is taken at every click."""
    files = (Path(root) / name for root, _, names in os.walk(folder) for name in names)
    return stamp(islice(files, STAMPED))


def predictions(run: Run) -> pd.DataFrame:
    """Out-of-fold predictions, one row a patient.

    Raises:
        RunError: the run has none yet, or the file is damaged.
    """
    found = run_table(run, "predictions")
    return run.require_predictions() if found is None else found


def run_table(run: Run, name: str) -> pd.DataFrame | None:
    """A table of a run, such as `training_risks`, read once until it changes; None if the run has none.

    Raises:
        RunError: the file is damaged.
    """
    return _run_table(str(run.folder), name, stamp([run.folder / f"{name}.parquet"]))


@st.cache_resource(max_entries=32, show_spinner=False)
def _run_table(folder: str, name: str, of: Stamp) -> pd.DataFrame | None:
    return Run.open(Path(folder)).table(name)


@kept_for("metrics.jsonl", entries=64)
def metrics(run: Run) -> pd.DataFrame:
    """As `Run.metrics`."""
    return run.metrics()


def has_maps(run: Run) -> bool:
    """True if the run has read slides."""
    return (run.folder / MAPS).is_file()


@kept_for(MAPS)
def mapped_patients(run: Run) -> list[str]:
    """Patients of whom there is at least one region map, sorted."""
    maps = run.table(MAPS.removesuffix(".parquet"))
    return [] if maps is None else sorted(maps["patient"].unique())


@kept_for(*TABLES, spinner="Evaluating the run…")
def report(run: Run) -> EvaluationReport:
    """The evaluation of a finished run.

    Raises:
        RunError: the run has no predictions yet, or they are damaged.
    """
    return evaluate(run.require_predictions(), run.baseline(), run.comparators(), system_name(run.config))


@kept_for(*TABLES)
def predicted_curves(run: Run) -> pd.DataFrame:
    """Predicted survival of every patient by the own fold's baseline: index patient, a column a time in days.

    Raises:
        RunError: the run has no predictions or no baseline yet, or none of a fold.
    """
    predictions, baseline = run.require_predictions(), run.baseline()
    if baseline is None:
        raise RunError(f"Run {run.id} has no baseline.parquet: resume it on the Train page to write it anew.")
    times = np.unique(np.concatenate([[0.0], baseline["time_days"].to_numpy(dtype=float)]))
    parts = []
    for fold, part in predictions.groupby("fold"):
        survival = predicted_survival(fold_baseline(baseline, int(str(fold))), part["risk"], times)
        parts.append(pd.DataFrame(survival, part["patient"], times))
    return pd.concat(parts)
