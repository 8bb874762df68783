"""A cohort folder → a `Cohort`: validated once, every patient in or out with a reason, trusted from there on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pomp.config import CohortConfig
from pomp.data.clinical import report_odd_cells
from pomp.data.digest import digest_cohort
from pomp.data.exclusion import ExclusionLog, Step, build_log
from pomp.data.manifest import CLINICAL, MANIFEST, SLIDES, Manifest, OmicsEntry, check_manifest
from pomp.data.nobody_left import explain_nobody_left
from pomp.data.omics_table import Kind, OmicsTable
from pomp.data.outcome import LEFT_OUT, TIME_SUFFIX, explain_gap, find_marked, find_redacted
from pomp.data.permutation import permute_outcome
from pomp.data.problems import Problem, Problems, enumerate_some, list_first
from pomp.data.readers.clinical import Clinical, match_patients, read_clinical
from pomp.data.readers.omics import read_omics
from pomp.data.readers.slides import COLUMNS, read_slides
from pomp.data.slide_copies import report_copies
from pomp.data.unused_samples import read_unused
from pomp.errors import CohortError
from pomp.wording import count

__all__ = [
    "Cohort",
    "CohortCheck",
    "ExclusionLog",
    "Kind",
    "OmicsTable",
    "Problem",
    "Step",
    "check_cohort",
    "read_cohort",
]

NOTHING_TO_USE = "there is no omics table and no slide to use"

EVERYBODY = CohortConfig()
"""The default: the cohort's own endpoint, all omics types, and everybody with usable follow-up."""


@dataclass(frozen=True)
class Cohort:
    """The patients of an analysis and all that is known about them."""

    folder: Path  # absolute
    name: str
    title: str
    endpoint: str
    source: str
    licence: str
    synthetic: bool
    patients: tuple[str, ...]  # kept, sorted
    outcome: pd.DataFrame  # index: patient; time_days (float), event (bool); others' with config.permutation
    clinical: pd.DataFrame  # index: patient; every column of clinical.csv, as read
    omics: dict[str, OmicsTable]  # in cohort.toml's order; values of the kept patients who have the type
    slides: pd.DataFrame  # columns as `SlideRow`; kept patients only
    log: ExclusionLog
    digest: str  # of the tables' bytes, the slides' names and sizes, features and coordinates


@dataclass(frozen=True)
class CohortCheck:
    """All that is to be said about a cohort folder. `cohort` is None if there is an error among the problems."""

    cohort: Cohort | None
    problems: tuple[Problem, ...]
    log: ExclusionLog


@dataclass(frozen=True)
class _Files:
    """What was read from the folder, before anybody is left out."""

    clinical: Clinical | None
    omics: dict[str, OmicsTable]
    slides: pd.DataFrame
    torn: bool  # an omics type or the list of slides is not there: who has it cannot be told

    @property
    def modalities(self) -> dict[str, frozenset[str]]:
        """Who has each modality. Slides count where the cohort has any."""
        found = {name: frozenset(table.values.index) for name, table in self.omics.items()}
        return found if self.slides.empty else found | {"slides": frozenset(self.slides["patient"])}


def read_cohort(folder: Path, config: CohortConfig = EVERYBODY) -> Cohort:
    """The cohort in a folder.

    Raises:
        CohortError: a file is missing, a value cannot be, or nobody is left; `problems` holds every finding.
    """
    check = check_cohort(folder, config)
    if check.cohort is not None:
        return check.cohort
    lines = tuple(str(problem) for problem in check.problems if problem.severity == "error")
    shown = list_first(lines, f"`pomp cohort check {folder}`")
    raise CohortError(f"The cohort in {folder} cannot be used:\n{shown}", lines)


def check_cohort(folder: Path, config: CohortConfig = EVERYBODY, torn: bool = False) -> CohortCheck:
    """Read a cohort folder and collect every problem in one pass; bad data never raises.

    Where who has what cannot be told, because a table could not be read or there is none, the funnel ends at the
    follow-up.

    Args:
        torn: of an import: a table of its source could not be read, and cohort.toml does not name it.
    """
    problems, folder = Problems(), folder.absolute()
    manifest = check_manifest(folder, problems)
    if manifest is None:
        return CohortCheck(None, tuple(problems.found), ExclusionLog())
    endpoint = config.endpoint or manifest.endpoint
    files = _read_files(folder, manifest, config, endpoint, problems)
    files = replace(files, torn=files.torn or torn)
    log, kept, outcome = _sieve(files, endpoint, config)
    if files.clinical is not None and files.clinical.follow_up is not None:
        if not files.modalities and not files.torn:
            listed = (folder / SLIDES).is_file() or manifest.slides is not None
            advice = "see what is said of the list of slides" if listed else f"add [omics.<name>] or {SLIDES}"
            problems.error(MANIFEST, f"{NOTHING_TO_USE}: {advice}.")
        elif kept is not None and not _is_misread(endpoint, problems):
            _check_kept(log, kept, outcome, files.clinical.covariates, endpoint, config, problems)
        _report_redacted(files.clinical, kept or [], problems)
        report_odd_cells(files.clinical.covariates, CLINICAL, problems)
    if problems.errors or files.clinical is None or kept is None:
        return CohortCheck(None, tuple(problems.found), log)
    cohort = Cohort(
        folder=folder,
        name=manifest.name,
        title=manifest.title or manifest.name,
        endpoint=endpoint,
        source=manifest.source,
        licence=manifest.licence,
        synthetic=manifest.synthetic,
        patients=tuple(kept),
        outcome=_deal(outcome.loc[kept].astype({"event": bool}), config),
        clinical=files.clinical.covariates.loc[kept],
        omics={name: _restrict(table, kept) for name, table in files.omics.items()},
        slides=files.slides[files.slides["patient"].isin(kept)].reset_index(drop=True),
        log=log,
        digest=digest_cohort(folder, manifest, files.slides),
    )
    return CohortCheck(cohort, tuple(problems.found), log)


def _read_files(folder: Path, manifest: Manifest, config: CohortConfig, endpoint: str, problems: Problems) -> _Files:
    clinical = read_clinical(folder / CLINICAL, CLINICAL, endpoint, problems)
    patients = [] if clinical is None else clinical.covariates.index.to_list()
    omics, before = {}, read_unused(folder, problems)
    for name, entry in _choose_omics(manifest, config, problems).items():
        table = read_omics(folder / entry.file, entry.file, name, entry.kind, patients, problems)
        if table is not None:
            omics[name] = replace(table, unused=(*before.get(name, ()), *table.unused))
    torn = bool(set(manifest.omics if config.omics is None else config.omics) - set(omics))
    slides = pd.DataFrame(columns=COLUMNS)
    if manifest.slides is not None or (folder / SLIDES).is_file():
        listed = manifest.slides.file if manifest.slides else SLIDES
        errors = len(problems.errors)
        slides = read_slides(folder, listed, problems)
        torn |= slides.empty and len(problems.errors) > errors
        report_copies(slides, listed, problems)
        if patients and not slides.empty:
            match_patients(slides["patient"].unique(), patients, listed, problems)
    return _Files(clinical, omics, slides, torn)


def _choose_omics(manifest: Manifest, config: CohortConfig, problems: Problems) -> dict[str, OmicsEntry]:
    """The types to use, in cohort.toml's order."""
    if config.omics is None:
        return manifest.omics
    known = ", ".join(manifest.omics) or "none"
    for name in config.omics:
        if name not in manifest.omics:
            problems.error(
                MANIFEST, f"is asked for and no omics type of this cohort. Types there: {known}.", value=name
            )
    return {name: entry for name, entry in manifest.omics.items() if name in config.omics}


def _sieve(files: _Files, endpoint: str, config: CohortConfig) -> tuple[ExclusionLog, list[str] | None, pd.DataFrame]:
    """The funnel, the patients kept, and the outcome (float) of everybody in clinical.csv.

    Where who has what cannot be told, patients with follow-up are neither kept (None) nor left out.
    """
    follow_up = files.clinical.follow_up if files.clinical else None
    loaded = set(files.clinical.covariates.index if files.clinical else ()).union(*files.modalities.values())
    if follow_up is None:  # no reason would be true of a patient
        return ExclusionLog((Step("loaded", len(loaded)),)), [], pd.DataFrame(columns=["time_days", "event"])
    reasons = dict.fromkeys(loaded.difference(follow_up.index), f"no row in {CLINICAL}")
    for patient, time, event in zip(follow_up.index, follow_up["time_days"], follow_up["event"], strict=True):
        reason = explain_gap(time, event, endpoint, config.min_days)
        if reason:
            reasons[patient] = reason
    if files.clinical is not None:
        reasons |= find_marked(files.clinical.covariates)
    log, kept = build_log(loaded, reasons, files.modalities, config.complete_cases)
    if (files.torn or not files.modalities) and len(reasons) < len(loaded):
        return ExclusionLog(log.steps[:2]), None, follow_up
    return log, kept, follow_up


def _deal(outcome: pd.DataFrame, config: CohortConfig) -> pd.DataFrame:
    """The own outcome, or in a null experiment another's; who is kept is decided by the own one before."""
    return outcome if config.permutation is None else permute_outcome(outcome, config.permutation)


def _is_misread(endpoint: str, problems: Problems) -> bool:
    """Whether cells of the endpoint are errors: who is kept once they are right cannot be told."""
    columns = {endpoint, endpoint + TIME_SUFFIX}
    return any(problem.file == CLINICAL and problem.column in columns for problem in problems.errors)


def _check_kept(
    log: ExclusionLog,
    kept: list[str],
    outcome: pd.DataFrame,
    clinical: pd.DataFrame,
    endpoint: str,
    config: CohortConfig,
    problems: Problems,
) -> None:
    """Nobody is left, or nobody with an event. `outcome`, `clinical`: of everybody in clinical.csv."""
    if not kept:
        problems.error(CLINICAL, explain_nobody_left(log, clinical, outcome, endpoint, config))
    elif not outcome.loc[kept, "event"].any():
        problems.warning(
            CLINICAL, f"none of the {count(len(kept), 'patient')} kept has an event: no model can be trained."
        )


def _report_redacted(clinical: Clinical, kept: list[str], problems: Problems) -> None:
    """Patients whom TCGA withdrew: an import leaves them out, and whoever made clinical.csv by hand decides."""
    redacted = sorted(set(find_redacted(clinical.covariates)) & set(kept))
    if redacted:
        problems.warning(
            CLINICAL,
            f"TCGA has redacted {enumerate_some(redacted)}, who {'is' if len(redacted) == 1 else 'are'} kept. A column "
            f"{LEFT_OUT} with a reason in the row leaves a patient out.",
        )


def _restrict(table: OmicsTable, kept: list[str]) -> OmicsTable:
    """The kept patients that have the type; normal and unused samples stay, whosoever they are."""
    return replace(table, values=table.values.loc[table.values.index.isin(kept)])
